"""The Messages reader on what no sample holds: loose servers, hostile bytes, odd endings."""

import json

import pytest
from block_wires import any_json, deltas, read
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import (
    Ending,
    EventKind,
    Exchange,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    OutcomeKind,
    Piece,
    Provider,
    Request,
)
from harness.transports.anthropic_messages import TRANSPORT
from harness.wire import sse

BACKEND = Provider(name="x", transport="anthropic_messages", base_url="http://x", model="m")
START = {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}
STOP = {"type": "message_stop"}


def delta(index, **said):
    return {"type": "content_block_delta", "index": index, "delta": said}


def opened(index, **block):
    return {"type": "content_block_start", "index": index, "content_block": block}


def closed(index):
    return {"type": "content_block_stop", "index": index}


def ended(reason="end_turn", **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def body(*events):
    return b"".join(sse.encode(json.dumps(event), event=event["type"]) for event in events)


def outcome(*events, how=Ending.COMPLETE, raw=b""):
    _, reader = read(TRANSPORT.reader(BACKEND), [body(*events), raw], how)
    return reader.outcome


TOOL = {"type": "tool_use", "id": "t1", "name": "read_file", "input": {}}
HALF = [
    START,
    opened(0, **TOOL),
    delta(0, type="input_json_delta", partial_json='{"path": "/tmp/zz", "content": "abc'),
]
WHOLE = [
    START,
    opened(0, **TOOL),
    delta(0, type="input_json_delta", partial_json='{"path":"/x"}'),
    closed(0),
]


@pytest.mark.parametrize("how", list(Ending))
@pytest.mark.parametrize("events", [HALF, WHOLE, [*WHOLE, ended("tool_use")]])
def test_a_call_of_an_unfinished_message_is_dropped_and_named(events, how):
    """Q1: also a closed block is no call before message_stop said that the message is whole."""
    said = outcome(*events, how=how)
    assert said.kind is OutcomeKind.INTERRUPTED
    assert said.response.tool_calls is None
    assert said.response.finish_reason is None
    assert said.dropped == ("read_file",)


def test_text_that_was_cut_is_interrupted():
    """Q2: a clean end of the body without message_stop is no stop, and the text is kept."""
    text = [START, opened(0, type="text", text=""), delta(0, type="text_delta", text="Hi")]
    said = outcome(*text, how=Ending.EOF)
    assert (said.kind, said.response.content) == (OutcomeKind.INTERRUPTED, "Hi")
    assert said.response.finish_reason is None


def test_input_inside_the_opening_is_the_call():
    """A server may send the whole input when it opens the block, and no delta at all."""
    block = {**TOOL, "input": {"path": "/x"}}
    said = outcome(START, opened(0, **block), closed(0), ended("tool_use"), STOP)
    assert said.response.tool_calls[0].arguments == '{"path":"/x"}'


def test_blocks_that_share_an_index_stay_apart():
    """Two tool_use blocks that are both numbered 0 are two calls."""
    events = []
    for name in ("one", "two"):
        events += [
            opened(0, **{**TOOL, "id": name, "name": name}),
            delta(0, type="input_json_delta", partial_json=f'{{"n":"{name}"}}'),
            closed(0),
        ]
    said = outcome(START, *events, ended("tool_use"), STOP)
    assert [(c.id, c.arguments) for c in said.response.tool_calls] == [
        ("one", '{"n":"one"}'),
        ("two", '{"n":"two"}'),
    ]


@pytest.mark.parametrize("reason", ["end_turn", "tool_use"])
def test_unrepairable_arguments_end_as_length(reason):
    """A finished message whose call cannot be read is visibly truncated, and offers nothing."""
    said = outcome(*HALF, closed(0), ended(reason), STOP)
    assert said.kind is OutcomeKind.COMPLETE
    assert said.response.tool_calls is None
    assert said.response.finish_reason is FinishReason.LENGTH
    assert said.dropped == ("read_file",)


def test_an_empty_input_at_the_token_limit_is_not_an_empty_object():
    """max_tokens may have cut before the first fragment: such a call is dropped."""
    said = outcome(START, opened(0, **TOOL), closed(0), ended("max_tokens"), STOP)
    assert said.response.tool_calls is None
    assert said.dropped == ("read_file",)


def test_a_whole_call_before_the_cut_one_survives_the_token_limit():
    """Only the last block can have been cut by the limit."""
    second = [
        opened(1, **{**TOOL, "id": "t2"}),
        delta(1, type="input_json_delta", partial_json='{"pa'),
        closed(1),
    ]
    said = outcome(*WHOLE, *second, ended("max_tokens"), STOP)
    assert [call.id for call in said.response.tool_calls] == ["t1"]
    assert said.dropped == ("read_file",)


def test_a_plain_stop_with_calls_means_tool_calls():
    """end_turn beside a whole call is tool_calls."""
    assert outcome(*WHOLE, ended(), STOP).response.finish_reason is FinishReason.TOOL_CALLS


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("refusal", FinishReason.CONTENT_FILTER),
        ("pause_turn", FinishReason.PAUSE),
        ("something_new", FinishReason.UNKNOWN),
        (None, FinishReason.UNKNOWN),
        (24, FinishReason.UNKNOWN),
    ],
)
def test_stop_reasons(raw, meaning):
    """B01, with pause and unknown kept apart from stop."""
    assert TRANSPORT.map_finish_reason(raw) is meaning


def test_usage_is_merged_and_never_summed():
    """The last non-null value of each field wins; the cache counts as input."""
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 4, "output_tokens": 1}}}
    last = ended(output_tokens=9, input_tokens=None, cache_read_input_tokens=10)
    usage = outcome(start, ended(output_tokens=5), last, STOP).response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (14, 9, 23)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (10, None)


def test_server_tools_are_kept_and_never_offered():
    """A server_tool_use goes back verbatim, and is no call of the client."""
    call = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    result = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []}
    said = outcome(
        START,
        opened(0, **call),
        delta(0, type="input_json_delta", partial_json='{"query":"x"}'),
        closed(0),
        opened(1, **result),
        closed(1),
        opened(2, type="text", text=""),
        delta(2, type="text_delta", text="It is so."),
        delta(2, type="citations_delta", citation={"type": "char_location", "cited_text": "so"}),
        closed(2),
        ended(),
        STOP,
    )
    assert said.response.tool_calls is None
    assert said.response.finish_reason is FinishReason.STOP
    assert said.response.anthropic_content_blocks == [
        {**call, "input": {"query": "x"}},
        result,
        {
            "type": "text",
            "text": "It is so.",
            "citations": [{"type": "char_location", "cited_text": "so"}],
        },
    ]


def test_what_is_unknown_is_passed_over_with_a_warning():
    """New events, blocks and deltas cost nothing but a warning."""
    said = outcome(
        START,
        {"type": "sparkle", "x": 1},
        opened(0, type="hologram", shape="cube"),
        delta(0, type="hologram_delta", angle=3),
        closed(0),
        opened(1, type="text", text="ok"),
        ended(),
        STOP,
    )
    assert said.response.content == "ok"
    assert len(said.warnings) == 2


def test_an_unreadable_event_costs_the_calls_it_may_have_belonged_to():
    """Later events still count, but a call with a possible hole is not offered."""
    hole = b"event: content_block_delta\ndata: {not json}\n\n"
    reader = TRANSPORT.reader(BACKEND)
    rest = body(closed(0), opened(1, type="text", text="after"), ended("tool_use"), STOP)
    _, reader = read(reader, [body(*WHOLE[:-1]), hole, rest])
    assert reader.outcome.response.tool_calls is None
    assert reader.outcome.response.content == "after"
    assert reader.outcome.dropped == ("read_file",)


@pytest.mark.parametrize(
    ("input_", "arguments"), [({"a": 1}, '{"a":1}'), ([1], None), (7, None), (None, "{}")]
)
def test_input_that_is_no_fragment_is_never_an_empty_object(input_, arguments):
    """Whole arguments in the place of a piece of their text are read, and what is none is named."""
    said = delta(0, type="input_json_delta", partial_json=input_)
    _, reader = read(
        TRANSPORT.reader(BACKEND),
        [body(START, opened(0, **TOOL), said, closed(0), ended("tool_use"), STOP)],
    )
    calls = reader.outcome.response.tool_calls or ()
    assert [call.arguments for call in calls] == ([arguments] if arguments else [])
    assert bool(reader.outcome.dropped) is not bool(arguments)


def test_many_kinds_of_surprises_are_told_in_few_words():
    """A stream that has a new one in every event costs no more for that."""
    unknown = [{"type": f"new_{number}"} for number in range(1000)]
    _, reader = read(TRANSPORT.reader(BACKEND), [body(START, *unknown, ended("end_turn"), STOP)])
    assert "new_0" in reader.outcome.warnings[0]
    assert len(reader.outcome.warnings) < 100


def test_half_a_pair_at_the_end_is_no_secret():
    """In a text that nothing follows it stands as U+FFFD, and in a name too."""
    text, call = {"type": "text", "text": "a\ud83d"}, {"type": "tool_use", "name": "f\ud83d"}
    whole = {"type": "message", "content": [text, call | {"id": "\ud83d", "input": {}}]}
    raw = json.dumps(whole | {"stop_reason": "tool_use"}).encode()
    events, reader = read(TRANSPORT.reader(BACKEND), [raw])
    reply = reader.outcome.response
    assert reply.content == "a\ufffd"
    assert (reply.tool_calls[0].name, reply.tool_calls[0].id) == ("f\ufffd", "\ufffd")
    assert "".join(event.text for event in events if event.kind is EventKind.TEXT) == "a\ufffd"


def test_an_error_event_is_a_failure_under_status_200():
    """The type decides, not the status; what was said before is in the events."""
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events, reader = read(
        TRANSPORT.reader(BACKEND), [body(START, opened(0, type="text", text="Part"), error, STOP)]
    )
    assert reader.outcome.kind is OutcomeKind.ERROR
    assert reader.outcome.failure.kind is FailureKind.OVERLOADED
    assert reader.outcome.failure.transient
    assert deltas(events)["text"] == "Part"


@pytest.mark.parametrize("pings", [0, 3])
def test_a_reply_without_a_single_event_is_empty(pings):
    """D21: nothing, or only pings, is a failure that may be retried."""
    said = outcome(*[{"type": "ping"}] * pings)
    assert said.failure.kind is FailureKind.EMPTY_STREAM
    assert said.failure.transient


def test_after_the_terminator_nothing_counts():
    """Bytes behind message_stop are ignored, and so is a reset."""
    said = outcome(
        *WHOLE,
        ended("tool_use"),
        STOP,
        how=Ending.RESET,
        raw=body(opened(9, type="text", text="x")),
    )
    assert said.kind is OutcomeKind.COMPLETE
    assert said.response.content is None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"<html>login</html>", OutcomeKind.ERROR),
        (b"[1, 2]", OutcomeKind.ERROR),
        (b'{"hello": 1}', OutcomeKind.ERROR),
        (b'{"type":"error","error":{"type":"api_error","message":"no"}}', OutcomeKind.ERROR),
        (b'{"type":"message","content":[{"type":"te', OutcomeKind.INTERRUPTED),
        (b'{"type":"message","content":[' + b"[" * 100_000, OutcomeKind.INTERRUPTED),
        (b"{" + b'"a":{' * 5000 + b"}" * 5001, OutcomeKind.ERROR),
    ],
)
def test_other_bodies_end_typed(raw, kind):
    """Pages, other JSON, half JSON and deep JSON end in a typed outcome."""
    assert outcome(raw=raw).kind is kind


WORDS = (
    "type",
    "index",
    "delta",
    "content_block",
    "message",
    "usage",
    "error",
    "text",
    "id",
    "name",
    "input",
    "partial_json",
    "content",
    "stop_reason",
    "signature",
)
NAMES = st.sampled_from(
    [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
        "ping",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, any_json(*WORDS)), max_size=8), st.sampled_from(list(Ending)))
def test_hostile_values_end_typed(events, how):
    """Any JSON in any event: nothing is raised, and regions neither."""
    raw = b"".join(
        sse.encode(
            json.dumps({**value, "type": name} if isinstance(value, dict) else value), event=name
        )
        for name, value in events
    )
    _, reader = read(TRANSPORT.reader(BACKEND), [raw], how)
    assert reader.outcome.kind in OutcomeKind
    exchange = Exchange(Request("POST", "http://x/"), pieces=(Piece(raw),))
    assert len(TRANSPORT.regions(exchange).units) <= max(1, len(events))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_bytes_end_typed(raw):
    """Any bytes: nothing is raised."""
    assert outcome(raw=raw).kind in OutcomeKind


def test_half_a_surrogate_pair_in_each_fragment_is_one_character():
    """A pair that is cut between two deltas is joined, in the events as in the reply."""
    said = b"".join(
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"' + half + b'"}}\n\n'
        for half in (rb"a\ud83d", rb"\udc4bb\ud83d")
    )
    pieces = [body(START, opened(0, type="text", text="")), said, body(closed(0), ended(), STOP)]
    events, reader = read(TRANSPORT.reader(BACKEND), pieces)
    assert reader.outcome.response.content == "a\N{WAVING HAND SIGN}b\ufffd"
    assert deltas(events)["text"] == reader.outcome.response.content


def test_think_tags_in_text_stay_text():
    """This wire has blocks for reasoning, so tags in a text block are what the model wrote."""
    said = outcome(START, opened(0, type="text", text="<think>x</think>y"), ended(), STOP)
    assert said.response.content == "<think>x</think>y"


def test_a_message_as_parsed_json_is_normalized_like_a_streamed_one():
    """Streamed equals whole; and what is normalized already stays as it is."""
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        {"type": "text", "text": "One."},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
    ]
    usage = {"input_tokens": 3, "output_tokens": 2}
    raw = {"content": content, "stop_reason": "tool_use", "usage": usage}
    streamed = outcome(
        START,
        opened(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="Hm."),
        delta(0, type="signature_delta", signature="sig"),
        closed(0),
        opened(1, type="text", text=""),
        delta(1, type="text_delta", text="One."),
        closed(1),
        opened(2, type="tool_use", id="t1", name="f", input={}),
        delta(2, type="input_json_delta", partial_json='{"a":1}'),
        closed(2),
        ended("tool_use", output_tokens=2),
        STOP,
    )
    whole = TRANSPORT.normalize_response(raw, BACKEND)
    assert whole == streamed.response
    assert whole.anthropic_content_blocks == content
    assert TRANSPORT.normalize_response(whole, BACKEND) is whole


@pytest.mark.parametrize(
    ("raw", "valid"),
    [
        ({"content": [], "stop_reason": "end_turn"}, True),
        ({"content": [], "stop_reason": "refusal"}, True),
        ({"content": [], "stop_reason": "tool_use"}, False),
        ({"content": []}, False),
        ({"content": [{"type": "text", "text": "x"}]}, True),
        ({"content": None}, False),
        (None, False),
        (NormalizedResponse(content="x"), True),
        (NormalizedResponse(), False),
    ],
)
def test_what_counts_as_a_response(raw, valid):
    """G26: nothing is an answer only where the vendor says why."""
    assert TRANSPORT.validate_response(raw) is valid


def test_cache_statistics():
    """G33: reads and creations by name; none at all is None."""
    usage = {"cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}
    stats = TRANSPORT.extract_cache_stats({"usage": usage})
    assert (stats.cached_tokens, stats.creation_tokens) == (5, 2)
    assert TRANSPORT.extract_cache_stats({"usage": {"cache_read_input_tokens": 0}}) is None
    assert TRANSPORT.extract_cache_stats({}) is None
