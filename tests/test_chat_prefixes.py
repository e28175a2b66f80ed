"""Every prefix of every sample stream, at every byte: typed, visible, and cheap to judge."""

import sys

import pytest
from wire_samples import SERVER, names, response

from harness.model import (
    Ending,
    Event,
    Exchange,
    FailureKind,
    OutcomeKind,
    Piece,
    RegionKind,
    Request,
)
from harness.transports import TRANSPORTS

WIRES = {
    "chat_completions": names("openai-chat", "compat", "groq-chat", "mistral-chat"),
    "gateway": names("jwt-gateway"),
}
CASES = [(wire, name) for wire, listed in WIRES.items() for name in listed]
TEXT = b'"content":"word\\n "'
THOUGHT = b'"reasoning_content":"so "'
DETAIL = b'"reasoning_details":[{"type":"reasoning.text","text":"so "}]'
TOOL = b'"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]'
ENDS = {RegionKind.FINISH, RegionKind.TERMINATOR}


def end_of_reply(transport, name, body):
    """The byte that completes the event in which the wire ends its reply; None if it never does."""
    regions = transport.regions(Exchange(Request("POST", "/"), 200, pieces=(Piece(body),)))
    if regions.framing == "document":
        return len(body.rstrip())
    last = [region.unit for region in regions.spans if region.kind in ENDS]
    return regions.units[min(last)].end if last else None


def check_prefix(outcome, at, end):
    if outcome.kind is OutcomeKind.COMPLETE:
        assert end is not None
        assert at >= end - 1, f"complete at byte {at}, before the reply's end at {end}"
        assert outcome.response.finish_reason is not None
    elif outcome.kind is OutcomeKind.INTERRUPTED:
        assert outcome.response.finish_reason is None
        assert outcome.response.tool_calls is None
    else:
        assert outcome.kind is OutcomeKind.ERROR
        assert outcome.response is None
        assert isinstance(outcome.failure.kind, FailureKind)
        assert outcome.failure.message


@pytest.mark.parametrize(("wire", "name"), CASES)
def test_no_prefix_is_a_clean_end_before_the_terminator(wire, name):
    """Nor does one offer a call that may be partial; the reader is forked, never restarted."""
    transport = TRANSPORTS.get(wire)
    status, headers, body = response(name)
    end = end_of_reply(transport, name, body)
    reader = transport.reader(SERVER, status, headers)
    for at in range(len(body) + 1):
        for how in (Ending.COMPLETE, Ending.RESET):
            twin = reader.fork()
            assert all(isinstance(event, Event) for event in twin.end(how))
            if status < 400:
                check_prefix(twin.outcome, at, end)
            else:
                assert twin.outcome.kind is OutcomeKind.ERROR
                assert twin.outcome.failure.status == status
        reader.feed(body[at : at + 1])
    reader.end()
    whole = transport.reader(SERVER, status, headers)
    whole.feed(body)
    whole.end()
    assert reader.outcome == whole.outcome


def calls_made(work):
    """How many functions a piece of work calls, those of C included: its cost, without a clock."""
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("delta", [TEXT, THOUGHT, DETAIL, TOOL])
def test_judging_every_prefix_is_linear(delta):
    """A stream of twice the length costs twice as much to fork, end and judge after every event."""
    transport = TRANSPORTS.get("chat_completions")
    chunk = b'data: {"choices":[{"index":0,"delta":{%s},"finish_reason":null}]}\n\n' % delta

    def judge(count):
        reader = transport.reader(SERVER)
        for _ in range(count):
            reader.feed(chunk)
            twin = reader.fork()
            twin.end(Ending.RESET)
            assert twin.outcome.kind is OutcomeKind.INTERRUPTED

    judge(5)
    assert calls_made(lambda: judge(200)) <= 2.2 * calls_made(lambda: judge(100))


@pytest.mark.parametrize("how", list(Ending))
def test_an_ending_after_the_finish_reason_keeps_the_reply(how):
    """What the model said is whole once it said why it stopped; usage may be missing, and is."""
    body = (
        b'data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":null}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    )
    reader = TRANSPORTS.get("chat_completions").reader(SERVER)
    reader.feed(body)
    reader.end(how)
    assert reader.outcome.kind is OutcomeKind.COMPLETE
    assert reader.outcome.response.content == "hi"
    assert bool(reader.outcome.warnings) is (how is not Ending.COMPLETE)
