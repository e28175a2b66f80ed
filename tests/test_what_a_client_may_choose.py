"""Where two ways to report one reply are both right, none is red."""

from dataclasses import replace

import pytest
from miniatures.traces import CET, OSLO, calling, failing, outcome, request, response, whole

from harness.invariants import INVARIANTS
from harness.model import FinishReason, Sent, ToolCall

STOP, CALLS = FinishReason.STOP, FinishReason.TOOL_CALLS
JUDGES = ["means", "finish_reason_is", "finish_agrees_with_calls"]


def on(wire, trace):
    return replace(trace, case=replace(trace.case, wire=wire))


def judged(name, trace, **args):
    return list(INVARIANTS.get(name)(trace, 0, **args))


@pytest.mark.parametrize("name", JUDGES)
def test_completed_may_be_told_as_a_stop_beside_calls(name):
    """A Responses reply with calls has no other status; a chat reply has a word for them."""
    stopped = response(calling(), finish_reason=STOP)
    assert judged(name, on("responses", stopped)) == []
    assert judged(name, stopped)


@pytest.mark.parametrize("name", JUDGES)
def test_calls_are_not_told_where_none_are(name):
    """What may stand for it goes one way only."""
    assert judged(name, on("responses", response(whole(), finish_reason=CALLS)))


def test_a_reason_may_be_one_of_several():
    """Null among them is none, as a reply has that is not over."""
    trace = response(whole(), finish_reason=FinishReason.UNKNOWN)
    assert judged("finish_reason_is", trace, value=["pause", "unknown"]) == []
    none = response(whole(), finish_reason=None)
    assert judged("finish_reason_is", none, value=["pause", None]) == []
    assert judged("finish_reason_is", none, value=["pause", "unknown"]) == [
        "the reply finished with no reason, and pause or unknown was sent"
    ]


def broken_off(told):
    """The limit fell into the second call, and this is told of it; only the first one was meant."""
    name, ident, _ = CET
    trace = whole(calls=(OSLO, (name, ident, ('{"tz": ',))), finish="length")
    (turn,) = trace.case.turns
    first = turn.meaning.tool_calls[:1]
    turn = replace(turn, meaning=replace(turn.meaning, tool_calls=first))
    trace = replace(trace, case=replace(trace.case, turns=(turn,)))
    return response(trace, tool_calls=(*first, ToolCall(ident, name, told)))


@pytest.mark.parametrize("name", ["means", "arguments_are_exact"])
def test_half_a_call_may_be_handed_on_as_it_came(name):
    """Nobody can run it; one that was closed for it can be run, and was never sent."""
    assert judged(name, broken_off('{"tz": ')) == []
    assert judged(name, broken_off('{"tz": null}'))
    assert judged(name, broken_off('{"zone": '))


def test_a_blob_may_be_kept_as_its_bytes():
    """Base64 is its form on the wire of Converse; what another wire signs is a text as it is."""
    trace = response(whole(), provider_data={"blocks": ["EmwKAhgB"]})
    sent = {"value": ["RW13S0FoZ0I="]}
    assert judged("signatures_are_kept", on("converse", trace), **sent) == []
    assert judged("signatures_are_kept", trace, **sent)
    lost = response(whole(), provider_data={"blocks": ["EmwKAhgBx"]})
    assert judged("signatures_are_kept", on("converse", lost), **sent)


def test_our_own_answer_to_a_request_too_many_is_no_error_of_the_server():
    """The client that asked again is told so by `no_unexpected_request` alone."""
    trace = failing(401)
    failure = replace(trace.reports[0].outcome.failure, status=400)
    trace = outcome(trace, failure=failure)
    assert judged("original_error_surfaces", trace)
    again = replace(trace, sent=(*trace.sent, Sent(request())))
    assert judged("original_error_surfaces", again) == []
