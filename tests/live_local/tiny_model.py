"""A tiny model of random weights that llama-server loads, made in half a second: no download.

It says random words. One with `calls` opens a call when it is asked with tools: the bigrams newline
-> <tool_call> -> newline and </tool_call> -> end are planted in its weights, the grammar of the
server does the rest. Prefixing texts with a blank must be off, else a grammar cannot be begun.

python tests/live_local/tiny_model.py OUT [--calls] [--slow]
"""

import string
import sys
from dataclasses import dataclass

import gguf
import numpy as np

HEADS, CONTEXT = 4, 8192
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"]
UNKNOWN, BOS, _, _, END, CALL, CALLED = range(len(SPECIAL))
WORDS = """
a all and are at be big blue boat bread bright by came can cat city clear cold come day
deep do dog door down east end every far few find fire fish five for four friend from
garden gave go good green had hand has have he hill home hour house how if in into is it
its keep kind king know lake land last leaf left light like little long look made many
may mill moon more morning most much my name near new night no north not now of off old
on one open or other our out over own part path place play rain red right river road
round run said sea see seven ship short side six sky slow small snow so some song soon
south star stone street such sun take tell ten than that the their them then there they
this three time to town tree true turn two under up walk wall warm was water way we week
well went were west what wheel when where white who will wind with wood word work world
would year yes yet you young your
""".split()  # noqa: SIM905 -- words, as a text
MULTIBYTE = ["\u00e9t\u00e9", "\u4f60\u597d", "\U0001f600", "na\u00efve"]
TEMPLATE = (
    "{%- if tools %}{{ '<|im_start|>system\\nTools: <tools>' }}"
    "{%- for tool in tools %}{{ tool | tojson }}{%- endfor %}"
    '{{ \'</tools> Call one with <tool_call>\\n{"name": <function-name>, "arguments": '
    "<args-dict>}\\n</tool_call><|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['content'] %}{{ message['content'] }}{%- endif %}"
    "{%- if message['tool_calls'] %}{%- for call in message['tool_calls'] %}"
    "{{ '\\n<tool_call>\\n{\"name\": \"' + call['function']['name'] + '\", \"arguments\": ' "
    "+ (call['function']['arguments'] | tojson) + '}\\n</tool_call>' }}"
    "{%- endfor %}{%- endif %}{{ '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"
)


@dataclass(frozen=True)
class Make:
    """A slow one takes about a millisecond a token, so that it can be killed in the middle."""

    calls: bool = False
    slow: bool = False
    seed: int = 7

    @property
    def sizes(self):
        """Width, layers, inner width."""
        return (512, 6, 1536) if self.slow else (64, 2, 128)


def vocabulary():
    """(text, type, score) of each token: special ones, bytes, characters, words."""
    kinds = gguf.TokenType
    for number, text in enumerate(SPECIAL):
        kind = kinds.CONTROL if number < CALL else kinds.USER_DEFINED
        yield text, kinds.UNKNOWN if number == UNKNOWN else kind, 0.0
    for byte in range(256):
        yield f"<0x{byte:02X}>", kinds.BYTE, 0.0
    for char in string.ascii_letters + string.digits + string.punctuation + "\u2581":
        yield char, kinds.NORMAL, -1000.0
    for number, word in enumerate(dict.fromkeys(WORDS)):
        yield f"\u2581{word}", kinds.NORMAL, -1.0 - number
    for word in MULTIBYTE:
        yield word, kinds.NORMAL, -500.0


def weights(tokens, make):
    """Every tensor by its name."""
    random = np.random.default_rng(make.seed)
    width, layers, inner = make.sizes
    quiet = 0.03 if make.calls else 0.2  # what the layers add must not drown the planted bigrams

    def noise(*shape, scale):
        return (random.standard_normal(shape) * scale).astype(np.float32)

    ones = np.ones(width, np.float32)
    embedding = noise(len(tokens), width, scale=1.0)
    output = noise(len(tokens), width, scale=0.6)
    words = tokens.index("\u2581a")
    output[: len(SPECIAL) + 256] *= 0.02  # rarely a byte or a mark, unless a grammar wants it
    output[len(SPECIAL) + 256 : words] *= 0.3
    output[END] = noise(width, scale=0.45)  # it stops now and then
    newline = tokens.index("<0x0A>")
    bigrams = ((newline, CALL), (CALL, newline), (CALLED, END)) if make.calls else ()
    for before, after in bigrams:
        pull = embedding[before] / np.linalg.norm(embedding[before])
        output[after] = output[after] * 0.1 + 6 * pull
    yield "token_embd.weight", embedding
    yield "output.weight", output
    yield "output_norm.weight", ones
    for layer in range(layers):
        lead = f"blk.{layer}."
        yield lead + "attn_norm.weight", ones
        yield lead + "ffn_norm.weight", ones
        for part in ("q", "k", "v", "output"):
            yield f"{lead}attn_{part}.weight", noise(width, width, scale=quiet)
        yield lead + "ffn_gate.weight", noise(inner, width, scale=quiet)
        yield lead + "ffn_up.weight", noise(inner, width, scale=quiet)
        yield lead + "ffn_down.weight", noise(width, inner, scale=quiet)


def write(path, make):
    width, layers, inner = make.sizes
    tokens, kinds, scores = zip(*vocabulary(), strict=True)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny-random-llama")
    writer.add_vocab_size(len(tokens))
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores(list(scores))
    writer.add_token_types([int(kind) for kind in kinds])
    writer.add_bos_token_id(BOS)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in weights(list(tokens), make):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1], Make(calls="--calls" in sys.argv, slow="--slow" in sys.argv))
