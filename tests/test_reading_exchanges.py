"""One exchange read: who reads it, what is said of it, and that nothing in it can raise."""

import gzip
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engine.reading import read_exchange, transport_named
from harness.errors import UsageError
from harness.model import Ending, Exchange, Piece, Request
from tests.responses import added, arguments, call, done, ended, exchange, message, stream, whole
from tests.responses import text as text_delta

URL = "https://api.openai.com/v1/responses"
KEYS = [
    "cassette",
    "exchange",
    "transport",
    "provider",
    "status",
    "streamed",
    "outcome",
    "response",
    "error",
    "warnings",
]
RESPONSE_KEYS = [
    "content",
    "reasoning",
    "tool_calls",
    "finish_reason",
    "raw_finish_reason",
    "usage",
]
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 12,
}


def said(found, **how):
    return read_exchange(found, **how).json("tape.yaml", 3)


def test_a_whole_reply_has_every_key_in_its_place():
    """The object's keys and their order are a promise to other programs."""
    body = whole(message("Hi"), call("f", ""), usage=USAGE)
    found = said(exchange(body, url=URL))
    assert list(found) == [key for key in KEYS if key in found]
    assert found.pop("provider", None) in ("openai", "openai_codex", None)
    assert found == {
        "cassette": "tape.yaml",
        "exchange": 3,
        "transport": "codex_responses",
        "status": 200,
        "streamed": False,
        "outcome": "complete",
        "response": {
            "content": "Hi",
            "reasoning": "",
            "tool_calls": [{"id": "call_1", "name": "f", "arguments": "{}"}],
            "finish_reason": "tool_calls",
            "raw_finish_reason": "completed",
            "usage": {
                "input_tokens": 9,
                "output_tokens": 3,
                "total_tokens": 12,
                "cache_read_tokens": 4,
                "cache_write_tokens": None,
                "reasoning_tokens": 1,
            },
        },
        "warnings": [],
    }
    assert list(found["response"]) == RESPONSE_KEYS


def test_an_interrupted_reply_keeps_what_came_and_names_what_is_missing():
    """Finish is null, the partial call absent, its name in the warnings."""
    body = stream(
        text_delta(0, "Par"), added(1, **call("write_file", "")), arguments(1, '{"path": "/x')
    )
    found = said(replace(exchange(body), ending=Ending.RESET))
    assert found["outcome"] == "interrupted"
    assert found["streamed"] is True
    assert found["response"]["content"] == "Par"
    assert found["response"]["finish_reason"] is None
    assert found["response"]["tool_calls"] == []
    assert any("write_file" in warning for warning in found["warnings"])
    assert "error" not in found


def test_an_error_has_no_response():
    """Status, the vendor's word and its message."""
    body = json.dumps({"error": {"message": "no", "type": "tokens", "code": "x"}}).encode()
    found = said(exchange(body, 429))
    assert found["outcome"] == "error"
    assert found["response"] is None
    assert found["error"] == {"type": "tokens", "message": "no", "status": 429}


def test_an_error_inside_a_stream_has_no_status_of_its_own():
    """The exchange's status stays what it was."""
    found = said(exchange(stream({"type": "error", "code": "server_error", "message": "no"})))
    assert found["status"] == 200
    assert found["error"] == {"type": "server_error", "message": "no", "status": None}


def test_arguments_are_the_wires_even_where_a_reader_mended_them():
    """Spaces and a trailing comma stay; an object becomes compact JSON."""
    loose, given_object = '{"a": 1,}', {"b": [1, 2]}
    found = said(exchange(whole(call("f", loose), call("g", given_object, "call_2"))))
    wires = [each["arguments"] for each in found["response"]["tool_calls"]]
    assert wires == [loose, '{"b":[1,2]}']


FOREIGN = {
    "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent": "Gemini",
    "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent?alt=sse": "Gemini",
    "https://api.openai.com/v1/embeddings": "embeddings",
    "https://api.openai.com/v1/completions": "legacy text completions",
    "https://api.anthropic.com/v1/complete": "legacy text completions",
    "https://api.anthropic.com/v1/messages/count_tokens": "count of tokens",
    "http://127.0.0.1:11434/api/chat": "Ollama",
    "https://api.cohere.com/v2/chat": "Cohere",
    "https://bedrock-runtime.eu-west-1.amazonaws.com/model/nova%3A0/invoke": "Invoke",
    "https://api.openai.com/v1/models": "list of models",
    "https://example.com/": "no LLM call that we know",
}


@pytest.mark.parametrize("url", FOREIGN)
def test_a_call_that_we_do_not_read_says_why(url):
    """Unsupported is an answer, with its reason, and no error."""
    found = said(exchange(b"{}", url=url))
    assert found["outcome"] == "unsupported"
    assert found["transport"] is None
    assert found["response"] is None
    assert "error" not in found
    assert FOREIGN[url] in found["warnings"][0]


def test_a_transport_can_be_named_for_a_path_that_nobody_knows():
    """By api mode or by the wire's short name."""
    body = whole(message("Hi"))
    for name in ("codex_responses", "responses"):
        found = said(exchange(body, url="https://proxy.example/llm"), transport=name)
        assert found["response"]["content"] == "Hi"


def test_a_transport_that_does_not_exist_is_refused():
    """With the names that do."""
    with pytest.raises(UsageError, match="codex_responses"):
        transport_named("smoke_signals")


def test_a_coded_body_is_read_without_its_coding():
    """Gzip is removed, in pieces of any size."""
    plain = stream(text_delta(0, "Hi"), ended())
    packed = gzip.compress(plain)
    pieces = tuple(Piece(packed[at : at + 7]) for at in range(0, len(packed), 7))
    coded = replace(exchange(plain), headers=(("Content-Encoding", "gzip"),))
    assert said(replace(coded, pieces=pieces))["response"]["content"] == "Hi"
    assert said(coded)["error"]["type"] == "content_coding"  # a label on a body that is plain


def test_a_coded_body_that_was_cut_keeps_its_beginning():
    """Half a gzip stream is an interrupted reply."""
    plain = stream(*(text_delta(0, f"word {at} ") for at in range(2000)), ended())
    packed = gzip.compress(plain)
    half = replace(
        exchange(packed[: len(packed) // 2]),
        headers=(("content-encoding", "gzip"),),
        ending=Ending.EOF,
    )
    found = said(half)
    assert found["outcome"] == "interrupted"
    assert found["response"]["content"].startswith("word 0 word 1 ")


def test_a_coding_that_cannot_be_undone_is_an_error():
    """Never an exception."""
    odd = replace(exchange(whole()), headers=(("content-encoding", "no-such-coding"),))
    found = said(odd)
    assert (found["outcome"], found["error"]["type"]) == ("error", "content_coding")


def test_an_exchange_that_died_before_its_status_is_interrupted():
    """There is no status, and nothing came."""
    died = Exchange(Request("POST", URL), None, ending=Ending.RESET, connected=False)
    found = said(died)
    assert (found["status"], found["outcome"]) == (None, "interrupted")
    assert found["response"]["content"] == ""


def test_the_pieces_of_a_tape_change_nothing():
    """However the network cut it."""
    body = stream(done(0, **message("Hi", status="completed")), ended(usage=USAGE))
    single = tuple(Piece(body[at : at + 1]) for at in range(len(body)))
    assert said(replace(exchange(body), pieces=single)) == said(exchange(body))


PATHS = [
    "/v1/chat/completions",
    "/v1/messages",
    "/v1/responses",
    "/model/m/converse",
    "/model/m/converse-stream",
    "/model/m/invoke-with-response-stream",
    "/",
]


@given(
    st.sampled_from(PATHS),
    st.binary(max_size=60) | st.sampled_from([b"data: 1\n\n", b'{"a":[]}', b"{}", b"null"]),
    st.sampled_from([200, 400, 500, None]),
    st.sampled_from(list(Ending)),
)
def test_whatever_an_exchange_holds_is_read(path, body, status, ending):
    """Any bytes under any path are one JSON object, and never an exception."""
    odd = replace(exchange(body, status, f"https://e.com{path}"), ending=ending)
    assert json.loads(json.dumps(said(odd)))["outcome"] in {
        "complete",
        "interrupted",
        "error",
        "unsupported",
    }
