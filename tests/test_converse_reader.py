"""The Converse reader on what no sample holds: hostile frames, odd endings, whole replies."""

import json

import pytest
from block_wires import any_json, deltas, read
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import (
    Ending,
    Exchange,
    FailureKind,
    FinishReason,
    OutcomeKind,
    Piece,
    Provider,
    RegionKind,
    Request,
)
from harness.transports.bedrock_converse import TRANSPORT
from harness.wire import eventstream

BACKEND = Provider(name="x", transport="bedrock_converse", base_url="http://x", model="m")
START = ("messageStart", {"role": "assistant"})
CALL = (
    "contentBlockStart",
    {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t1", "name": "f"}}},
)
META = ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}})


def delta(index, **said):
    return ("contentBlockDelta", {"contentBlockIndex": index, "delta": said})


def closed(index):
    return ("contentBlockStop", {"contentBlockIndex": index})


def stop(reason="end_turn"):
    return ("messageStop", {"stopReason": reason})


def frame(name, data):
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return eventstream.encode(headers, json.dumps(data).encode())


def body(*events):
    return b"".join(frame(*event) for event in events)


def outcome(*events, how=Ending.COMPLETE, raw=b"", status=200, headers=()):
    _, reader = read(TRANSPORT.reader(BACKEND, status, headers), [body(*events), raw], how)
    return reader.outcome


ARGUMENTS = delta(0, toolUse={"input": '{"a":1}'})


@pytest.mark.parametrize("how", list(Ending))
@pytest.mark.parametrize("events", [[START, CALL, ARGUMENTS], [START, CALL, ARGUMENTS, closed(0)]])
def test_a_stream_without_message_stop_is_never_a_stop(events, how):
    """Q4: the call is dropped and named, and there is no finish."""
    said = outcome(*events, how=how)
    assert said.kind is OutcomeKind.INTERRUPTED
    assert said.response.finish_reason is None
    assert said.response.tool_calls is None
    assert said.dropped == ("f",)


def test_broken_arguments_are_no_empty_object():
    """Q4: a tool_use stop with unreadable arguments drops the call and ends as length."""
    said = outcome(
        START, CALL, delta(0, toolUse={"input": '{"a": foo'}), closed(0), stop("tool_use"), META
    )
    assert said.response.tool_calls is None
    assert said.response.finish_reason is FinishReason.LENGTH
    assert said.dropped == ("f",)


@pytest.mark.parametrize("how", list(Ending))
def test_message_stop_makes_the_reply_whole(how):
    """Without metadata the reply is complete, and the missing usage is said."""
    said = outcome(START, CALL, ARGUMENTS, closed(0), stop("tool_use"), how=how)
    assert said.kind is OutcomeKind.COMPLETE
    assert said.response.tool_calls[0].arguments == '{"a":1}'
    assert said.response.usage is None
    assert said.warnings == ("the reply ended without metadata: usage is unknown",)


def test_damage_behind_message_stop_costs_the_usage_only():
    """A bad checksum of the metadata frame does not take back a reply that was whole."""
    broken = bytearray(frame(*META))
    broken[-1] ^= 1
    said = outcome(START, delta(0, text="ok"), closed(0), stop(), raw=bytes(broken))
    assert said.kind is OutcomeKind.COMPLETE
    assert said.response.content == "ok"
    assert said.warnings


def test_an_exception_behind_message_stop_is_still_a_failure():
    """What the server reports as failed is failed."""
    headers = {":exception-type": "throttlingException", ":message-type": "exception"}
    raw = eventstream.encode(headers, b'{"message":"slow down"}')
    said = outcome(START, delta(0, text="ok"), stop(), raw=raw)
    assert said.failure.kind is FailureKind.RATE_LIMIT
    assert said.failure.type == "throttlingException"


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("guardrail_intervened", FinishReason.CONTENT_FILTER),
        ("content_filtered", FinishReason.CONTENT_FILTER),
        ("malformed_model_output", FinishReason.ERROR),
        ("malformed_tool_use", FinishReason.ERROR),
        ("something_new", FinishReason.UNKNOWN),
        (None, FinishReason.UNKNOWN),
    ],
)
def test_stop_reasons(raw, meaning):
    """B03, with the newer reasons as errors (Q7) and the unknown ones unknown."""
    assert TRANSPORT.map_finish_reason(raw) is meaning


@pytest.mark.parametrize("streamed", [False, True])
def test_reasoning_has_the_same_meaning_streamed_and_whole(streamed):
    """H10: the whole reply says reasoningText.text, the stream says text; both are reasoning."""
    thought = {"reasoningText": {"text": "Hm.", "signature": "sig"}}
    if streamed:
        said = outcome(
            START,
            delta(0, reasoningContent={"text": "H"}),
            delta(0, reasoningContent={"text": "m."}),
            delta(0, reasoningContent={"signature": "sig"}),
            closed(0),
            delta(1, text="ok"),
            stop(),
            META,
        )
    else:
        content = [{"reasoningContent": thought}, {"text": "ok"}]
        whole = {"output": {"message": {"content": content}}, "stopReason": "end_turn", **META[1]}
        said = outcome(raw=json.dumps(whole).encode())
    assert said.response.reasoning == "Hm."
    assert said.response.reasoning_details == [{"reasoningContent": thought}]
    assert said.response.usage.total_tokens == 5


def test_what_the_sdk_returns_is_normalized_too():
    """H13: boto3's own dict, with bytes where the wire has base64."""
    content = [{"reasoningContent": {"redactedContent": b"redacted"}}, {"text": "ok"}]
    raw = {"output": {"message": {"content": content}}, "stopReason": "end_turn"}
    said = TRANSPORT.normalize_response(raw, BACKEND)
    assert said.reasoning_details == [{"reasoningContent": {"redactedContent": "cmVkYWN0ZWQ="}}]
    assert TRANSPORT.normalize_response(said, BACKEND) is said
    assert TRANSPORT.validate_response(raw)
    assert not TRANSPORT.validate_response({"output": None})


def test_cited_text_is_text():
    """citationsContent of a whole reply, and citation deltas of a streamed one."""
    cited = {"content": [{"text": "It is so."}], "citations": [{"title": "Book"}]}
    whole = {
        "output": {"message": {"content": [{"citationsContent": cited}]}},
        "stopReason": "end_turn",
    }
    said = outcome(raw=json.dumps(whole).encode()).response
    assert (said.content, said.data("citations")) == ("It is so.", [{"title": "Book"}])
    exchange = Exchange(Request("POST", "/"), pieces=(Piece(json.dumps(whole).encode()),))
    assert TRANSPORT.regions(exchange).text(RegionKind.TEXT) == "It is so."
    events = [START, delta(0, text="It is so."), delta(0, citation={"title": "Book"}), stop(), META]
    streamed = outcome(*events)
    assert streamed.response.content == "It is so."
    assert streamed.response.data("citations") == [{"title": "Book"}]


def test_text_in_a_block_of_a_call_is_no_argument():
    """A delta of another type than its block's begins a new block."""
    said = outcome(START, CALL, ARGUMENTS, delta(0, text="so"), stop("tool_use"), META)
    assert said.response.tool_calls[0].arguments == '{"a":1}'
    assert said.response.content == "so"


def test_what_is_no_input_costs_the_call():
    """A toolUse delta of a wrong type may have held its arguments: `{}` is not what was said."""
    said = outcome(START, CALL, delta(0, toolUse="x"), closed(0), stop("tool_use"), META)
    assert said.response.tool_calls is None
    assert len(said.dropped) == 1


def test_metadata_before_its_turn_is_read():
    """Then nobody is told that the usage is unknown."""
    said = outcome(START, delta(0, text="so"), META, stop())
    assert said.response.usage is not None
    assert not said.warnings


def test_the_service_envelope_under_200_is_an_error():
    """An unknown operation is answered 200 with the exception inside."""
    raw = b'{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"}}'
    assert outcome(raw=raw).failure.type == "UnknownOperationException"


@pytest.mark.parametrize(
    "raw",
    [
        b"<html>",
        b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff" * 2,
        b"\x00" * 40,
    ],
)
def test_other_bodies_end_typed(raw):
    """Pages, frames without headers and zeros: never complete, never an exception."""
    assert outcome(raw=raw).kind is not OutcomeKind.COMPLETE


WORDS = (
    "contentBlockIndex",
    "start",
    "delta",
    "toolUse",
    "toolUseId",
    "name",
    "input",
    "text",
    "reasoningContent",
    "redactedContent",
    "signature",
    "citation",
    "usage",
)
NAMES = st.sampled_from(
    [
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "future",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(NAMES, any_json(*WORDS)), max_size=8), st.sampled_from(list(Ending)))
def test_hostile_values_end_typed(events, how):
    """Any JSON in any event: reader and regions raise nothing."""
    raw = body(*events)
    _, reader = read(TRANSPORT.reader(BACKEND), [raw], how)
    assert reader.outcome.kind in OutcomeKind
    exchange = Exchange(Request("POST", "http://x/"), pieces=(Piece(raw),))
    assert len(TRANSPORT.regions(exchange).units) == len(events)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_hostile_bytes_end_typed(raw):
    """Any bytes: nothing is raised."""
    assert outcome(raw=raw).kind in OutcomeKind


def test_events_name_their_call_and_frame():
    """Name and arguments carry the call's number, id and the bytes that caused them."""
    events, _ = read(TRANSPORT.reader(BACKEND), [body(START, CALL, ARGUMENTS, stop(), META)])
    name, arguments = (e for e in events if e.kind in ("tool_name", "tool_arguments"))
    assert (name.call, name.id, name.name) == (0, "t1", "f")
    assert arguments.text == '{"a":1}'
    assert name.span.end == arguments.span.start
    assert deltas(events)["finish"] == [FinishReason.TOOL_CALLS]
