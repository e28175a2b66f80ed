"""Chunks known by their bytes: the chat reader's short way means what its careful way means."""

import json
from dataclasses import replace
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import SERVER, read_bytes, said

from harness.model import EventKind, OutcomeKind
from harness.transports import TRANSPORTS
from harness.transports.chat_completions import reader as reading
from harness.transports.chat_completions.template import NONE, alone, learn

CHAT = TRANSPORTS.get("chat_completions")
PROFILES = ("cumulative_arguments", "think_tag_in_prompt", "think_tags_are_text", "eof_is_end")
PLAIN = ["a", " word", "", "\n", "end.\n", "\n\n ", "  ", "`", "[DONE]", "data: ", "é👋", "\t"]
ODD = [
    "<",
    "<think>",
    "</think>",
    'q"',
    "\\",
    "\u2028",
    "\ud83d",
    "\ude00",
    '"content":"x"',
    '"}\n\n',
]
WORDS = st.sampled_from(PLAIN + ODD)
ARGUMENTS = st.sampled_from(['{"a":', "1", "}", "{}", '"x\\n"', "", "\ud83d", '"arguments":""'])


def chunk(delta=None, finish=None, **more):
    choice = {"index": more.pop("index", 0), "delta": delta or {}, "finish_reason": finish}
    return {"id": "c", "model": "m", "choices": [choice], "usage": None, **more}


def call(arguments, index=0, **more):
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments}, **more}]}


def stream(*chunks, separators=(",", ":"), field=b"data: ", blank=b"\n\n", ascii_only=False):
    texts = [json.dumps(one, separators=separators, ensure_ascii=ascii_only) for one in chunks]
    parts = [field + text.encode("utf-8", "surrogatepass") + blank for text in texts]
    return b"".join(parts) + b"data: [DONE]\n\n"


def carefully(body, **how):
    """The same, with no template ever learnt."""
    with patch.object(reading, "learn", lambda *given: NONE):
        return read_bytes(CHAT, [body], **how)


@st.composite
def runs(draw):
    """A few chunks of one shape with other words."""
    shape = draw(st.sampled_from(["content", "reasoning_content", "reasoning", "call", "more"]))
    words = draw(st.lists(ARGUMENTS if shape == "call" else WORDS, min_size=1, max_size=5))
    index = draw(st.sampled_from([0, 0, 1, None]))
    more = draw(
        st.sampled_from(
            [{}, {"model": "n"}, {"error": None}, {"usage": {"total_tokens": 3}}, {"index": 1}]
            + [{"pad": pad} for pad in ("", "x", "xy1", "x y", 'x"', "é", "x}")]
        )
    )
    beside = draw(st.sampled_from([{}, {"role": "assistant"}, {"refusal": None}, {"content": ""}]))
    if shape == "call":
        named = {"id": draw(st.sampled_from(["c0", "c1", "", None]))}
        first = call("", index, **named)
        first["tool_calls"][0]["function"]["name"] = draw(st.sampled_from(["f", "g", ""]))
        again = named if draw(st.booleans()) else {}
        deltas = [first, *(call(word, index, **again) for word in words)]
    elif shape == "more":
        deltas = [{"content": word, "reasoning": word} for word in words]
    else:
        deltas = [{**beside, shape: word} for word in words]
    return [chunk(delta, **more) for delta in deltas]


STREAMS = st.lists(runs(), min_size=1, max_size=6).map(lambda found: sum(found, []))  # noqa: RUF017
FRAMES = st.fixed_dictionaries(
    {
        "separators": st.sampled_from([(",", ":"), (", ", ": ")]),
        "field": st.sampled_from(
            [b"data: ", b"data: ", b"data:", b": c\ndata: ", b"id: 1\ndata: "]
        ),
        "blank": st.sampled_from([b"\n\n", b"\n\n", b"\r\n\r\n", b"\n\n\n"]),
        "ascii_only": st.booleans(),
    }
)


@given(
    chunks=STREAMS,
    frame=FRAMES,
    profile=st.sampled_from([None, None, *PROFILES]),
    finish=st.sampled_from(["stop", "tool_calls", None]),
    data=st.data(),
)
@settings(max_examples=300, deadline=None)
def test_the_short_way_means_what_the_careful_way_means(chunks, frame, profile, finish, data):
    """Every outcome and every event, with its span, however the bytes are cut."""
    body = stream(*chunks, chunk({}, finish), **frame)
    how = {"server": replace(SERVER, profiles=frozenset([profile] if profile else []))}
    expected = carefully(body, **how)
    edges = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=9)) | {0, len(body)})
    by_event = [part + b"\n\n" for part in body.split(b"\n\n")[:-1]]
    for cuts in ([body], by_event, [body[start:end] for start, end in pairwise(edges)]):
        assert read_bytes(CHAT, cuts, **how) == expected


KINDS = {
    "text": lambda n: {"content": f" word {n}"},
    "lines": lambda n: {"content": f"line {n}\n"},
    "escaped": lambda n: {"content": f'"é" {n}\\ \t'},
    "beside a role": lambda n: {"role": "assistant", "content": f" word {n}", "tool_calls": None},
    "reasoning": lambda n: {"reasoning_content": f" thought {n}", "content": None},
    "calls": lambda n: call(f'"{n}"', n // 100, id=f"c{n // 100}"),
}


@pytest.mark.parametrize("spaces", [False, True])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_stream_is_hardly_parsed(kind, padded, spaces):
    """All but the first of their kind fit a template, in pieces of any size."""
    pads = [{"obfuscation": "x" * (n % 7)} if padded else {} for n in range(200)]
    chunks = [chunk(KINDS[kind](n), **pads[n]) for n in range(200)]
    body = stream(*chunks, chunk({}, "stop"), separators=(", ", ": ") if spaces else (",", ":"))
    parsed = []
    event = reading.ChatReader._event

    def counted(self, sse, events):
        parsed.append(sse)
        event(self, sse, events)

    for size in (len(body), 1000, 50):
        parsed.clear()
        with patch.object(reading.ChatReader, "_event", counted):
            cuts = [body[at : at + size] for at in range(0, len(body), size)]
            outcome, events = read_bytes(CHAT, cuts)
        assert len(parsed) <= 10
        assert outcome == carefully(body)[0]
        assert len(events) >= 200


def template_of(raw):
    value = json.loads(raw)
    place = alone(value)
    return NONE if place is None else learn(raw.encode(), value, place, b"data: ")


RAW = '{"choices":[{"delta":{"content":"a"}}]%s}'


@pytest.mark.parametrize(
    "more",
    [
        ',"x":{"content":"a"}',  # which of the two are the words?
        ',"x":"content"',
        ',"x":"\\u0061"',  # a name may be written with escapes
        ',"\\u0063ontent":"a"',
        ',"usage":{"total_tokens":1}',
        ',"x_groq":{}',
        ',\n"x":1',
    ],
)
def test_what_is_not_proven_is_no_template(more):
    """Another name alike, escapes outside of the words, a line end, more than words."""
    assert template_of(RAW % "").prefix
    assert template_of(RAW % more) is NONE


@pytest.mark.parametrize(
    "delta",
    [
        '{"content":"a","reasoning":"b"}',
        '{"content":["a"]}',
        '{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{"}}]}',
        '{"tool_calls":[{"index":0,"function":{"arguments":"{"},"extra_content":{"x":1}}]}',
        '{"tool_calls":[{"function":{"arguments":"{"}},{"function":{"arguments":"{"}}]}',
        '{"refusal":"a"}',
        '{"content":""}',
        "[]",
    ],
)
def test_a_chunk_that_says_more_than_words_is_not_alone(delta):
    """What begins a call, says two things or keeps state is read with care each time."""
    assert alone({"choices": [{"delta": json.loads(delta)}]}) is None


@pytest.mark.parametrize("name", ["model", "usage", "error", "base_resp", "x_groq"])
def test_what_is_read_is_no_padding(name):
    """A last name that means something is compared, not skipped."""
    pads = [{name: value} for value in ("aa", "bb", "cc")]
    bodies = [chunk({"content": "a"}) for _ in pads]
    for one, pad in zip(bodies, pads, strict=True):
        one.pop(name, None)
        one.update(pad)
    body = stream(*bodies, chunk({}, "stop"))
    assert read_bytes(CHAT, [body]) == carefully(body)


@pytest.mark.parametrize("pad", [b'x"}', b"x", b'","error":"boom', b"\\", b'"', b"\xff", b"a\rb"])
def test_padding_is_letters_and_figures(pad):
    """Anything else in its place is read with care: it may end the string and say more."""
    good = stream(*(chunk({"content": "a"}, pad="x" * n) for n in range(4)))
    body = good.replace(b'"xxx"}', b'"' + pad + b'"}')
    assert body != good or pad == b"xxx"
    assert read_bytes(CHAT, [body]) == carefully(body)


def test_an_event_beyond_the_limit_is_a_failure_also_where_it_fits():
    """The decoder's limit is everybody's, whatever the size of the pieces."""
    plain = stream(*(chunk({"content": f"w{n}"}) for n in range(3))).removesuffix(
        b"data: [DONE]\n\n"
    )
    body = plain + stream(chunk({"content": "x" * 300}), chunk({}, "stop"))

    class Small(reading.SseDecoder):
        def __init__(self):
            super().__init__(limit=256)

    with (
        patch.object(reading, "SseDecoder", Small),
        patch.object(reading, "_MOST", 128),
        patch.object(reading, "_HELD", 64),
    ):
        for cuts in ([body], [body[at : at + 40] for at in range(0, len(body), 40)]):
            outcome, events = read_bytes(CHAT, cuts)
            assert outcome.kind is OutcomeKind.ERROR
            assert said(events, EventKind.TEXT) == "w0w1w2"
