"""What the invariants stand on: paths, JSON values, and what counts as delivered."""

import json
from dataclasses import replace

import pytest
from miniatures.every import MINIATURES
from miniatures.traces import (
    USAGE,
    calling,
    dying,
    events,
    failing,
    outcome,
    refreshed,
    request,
    response,
    retried,
    two_turns,
    whole,
)

from harness.errors import UsageError
from harness.invariants import INVARIANTS
from harness.invariants._credential import credential_of, tokens_in
from harness.invariants._json import MISSING, same, value_of, within
from harness.invariants._path import find
from harness.invariants._wire import attempts_on, delivered, is_whole, may_run, requests_on
from harness.model import (
    Ending,
    Event,
    EventKind,
    Exchange,
    Failure,
    FailureKind,
    OutcomeKind,
    Piece,
    RegionKind,
    Request,
    Sent,
)

BODY = {
    "model": "m",
    "a.b": 1,
    "messages": [{"role": "user", "content": "hi"}, {"role": "tool", "content": [{"text": "x"}]}],
    "none": None,
}

PATHS = {
    "model": ["m"],
    '"a.b"': [1],
    "messages[0].role": ["user"],
    "messages[-1].content[0].text": ["x"],
    "messages[*].role": ["user", "tool"],
    "messages[7].role": [],
    "messages.role": [],
    "none": [None],
    "nothing": [],
    "**.text": ["x"],
    "header:AUTHORIZATION": ["Bearer sk-old-0001"],
    "header:x-none": [],
    "method": ["POST"],
    "body:model": ["m"],
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_finds_every_value(path):
    """A null that was sent is found; what was not sent is not."""
    assert find(replace(request(), body=json.dumps(BODY).encode()), path) == PATHS[path]


def test_a_body_that_is_no_json_has_nothing_at_any_path():
    """Also when it is hostile."""
    for body in (b"", b"\xff", b"[" * 100_000, b'{"a": NaN}'):
        assert find(Request("POST", "http://x", (), body), "a") == []


def test_a_path_that_cannot_be_read_is_said():
    """With an example of one that can."""
    with pytest.raises(UsageError) as caught:
        find(replace(request(), body=b"{}"), "a[x]")
    assert "tools[0]" in caught.value.hint


def test_json_values_are_compared_as_json():
    """Order and spacing say nothing, and true is not one."""
    assert same(value_of('{"a": 1, "b": [true]}'), value_of('{"b":[true],"a":1.0}'))
    for one, other in [("true", "1"), ("null", "0"), ("[1]", "[1, 2]"), ('"1"', "1"), ("{}", "[]")]:
        assert not same(value_of(one), value_of(other))
    assert value_of("{") is value_of("NaN") is value_of(None) is MISSING


def test_deep_values_are_walked_without_recursion():
    """A hostile reply nests as deep as it likes."""
    deep = []
    for _ in range(50_000):
        deep = [deep]
    assert same(deep, deep)
    assert sum(1 for _ in within(deep)) == 50_001
    assert not any(same(value, "x") for value in within(deep))


def test_only_whole_events_are_delivered():
    """Half of an event is none, whatever its regions say."""
    trace = whole()
    exchange = trace.case.tape[0]
    first, second, *_ = exchange.pieces
    for length, text in ((len(second.data), "I will look."), (len(second.data) - 1, "I will ")):
        left = replace(exchange, pieces=(first, Piece(second.data[:length])))
        got = delivered(replace(trace, case=replace(trace.case, tape=(left,))), 0)
        assert got.text(RegionKind.TEXT) == text


def test_what_counts_as_cut():
    """A reply without its end, however the connection ended; an error or a whole reply is not."""
    assert not delivered(whole(), 0).cut
    assert not delivered(failing(), 0).cut
    for ending in Ending:
        assert delivered(dying(ending=ending), 0).cut
    held = whole()
    stalled = replace(held.case.tape[0], ending=Ending.STALL)
    assert not delivered(replace(held, case=replace(held.case, tape=(stalled,))), 0).cut
    nothing = Exchange(Request("POST", "http://x"), status=None, ending=Ending.RESET)
    assert delivered(replace(held, case=replace(held.case, tape=(nothing,))), 0).cut


@pytest.mark.parametrize("keep", range(3, 9))
def test_a_call_is_whole_from_the_event_that_completes_it(keep):
    """Its arguments are a JSON object then, and before then they are not."""
    wire = delivered(dying(keep), 0)
    whole_ones = [call.names[0] for call in wire.calls if is_whole(call, wire)]
    assert whole_ones == ["get_weather", "get_time"][: (keep >= 5) + (keep >= 8)]


def test_a_call_may_run_only_as_it_was_sent():
    """The name, and the arguments to the value."""
    trace = calling()
    assert may_run(trace, 0, "get_weather", '{"city":"Oslo"}')
    for name, arguments in [
        ("get_weather", "{}"),
        ("get_weather", '{"city": "Osl"}'),
        ("get_weather", '{"city": "Oslo"'),
        ("get_time", '{"city": "Oslo"}'),
        (None, '{"city": "Oslo"}'),
    ]:
        assert not may_run(trace, 0, name, arguments)


def test_a_refused_connection_is_an_attempt_without_a_request():
    """It counts, and nothing is asked of its body."""
    trace = whole()
    refusal = Exchange(Request("POST", "http://x"), status=None, connected=False)
    case = replace(
        trace.case, tape=(*trace.case.tape, refusal), regions=(*trace.case.regions, None)
    )
    sent = (Sent(Request("POST", "http://x/v1"), exchange=1), *trace.sent)
    trace = replace(trace, case=case, sent=sent)
    assert (len(attempts_on(trace, 0)), len(requests_on(trace, 0))) == (2, 1)
    assert list(INVARIANTS.get("body_is_unchanged")(trace, 0)) == []


def test_a_signature_is_known_by_its_key():
    """A signature differs every time; the key that made it does not."""
    start = (
        "AWS4-HMAC-SHA256 Credential=AK/2026/us/bedrock/aws4_request, SignedHeaders=h, Signature="
    )
    one, two = (Request("POST", "x", (("Authorization", start + end),)) for end in "ab")
    assert credential_of(one) == credential_of(two) != credential_of(request())
    assert tokens_in(Exchange(request(), pieces=(Piece(b'{"access_token": "t"}'),))) == ("t",)
    assert tokens_in(Exchange(request(), pieces=(Piece(b"<html>"),))) == ()


@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: f"{one.invariant}-{one.name}")
def test_a_target_that_reports_no_events_is_judged_by_its_outcome(miniature):
    """What a target cannot report is not held against it, unless it declares that it does."""
    trace = events(miniature.good(), ())
    facts = {**trace.case.facts, "features": ()}
    trace = replace(trace, case=replace(trace.case, facts=facts))
    assert list(INVARIANTS.get(miniature.invariant)(trace, 0, **miniature.args)) == []


@pytest.mark.parametrize("name", INVARIANTS.names())
def test_no_invariant_crashes_on_a_bare_trace(name):
    """No request, no regions, no meaning: nothing to judge, or a sentence; never an exception."""
    good = whole()
    bare = [
        replace(good, sent=()),
        replace(good, case=replace(good.case, regions=(None,))),
        replace(good, case=replace(good.case, turns=(replace(good.case.turns[0], meaning=None),))),
        replace(failing(), sent=()),
    ]
    for trace in bare:
        told = list(INVARIANTS.get(name)(trace, 0))
        assert all(isinstance(sentence, str) for sentence in told)


def _raising(events=()):
    """The wire dies after some text; the client raises, and returns no part of the reply."""
    good = dying(4, text=("One ", "two "), thought=("Hm. ", "So. "))
    raised = outcome(good, kind=OutcomeKind.ERROR, response=None, dropped=())
    return replace(raised, reports=(replace(raised.reports[0], events=tuple(events)),))


@pytest.mark.parametrize("name", ["text_is_kept", "reasoning_is_kept", "truncation_is_visible"])
def test_a_client_that_raises_and_streams_nothing_has_told_of_the_loss(name):
    """No specification has it return a part of a reply; what it did stream must be right."""
    assert list(INVARIANTS.get(name)(_raising(), 0)) == []
    wrong = [Event(EventKind.TEXT, "Else"), Event(EventKind.REASONING, "Else")]
    judged = list(INVARIANTS.get(name)(_raising(wrong), 0))
    assert bool(judged) is (name != "truncation_is_visible")


def test_a_wait_that_an_official_sdk_cuts_short_is_nobodys_fault():
    """They honour a minute at most; a scenario may ask for more."""
    trace = retried(429, (("retry-after", "4000"),), wait=8.0)
    check = INVARIANTS.get("retry_after_is_honoured")
    assert list(check(trace, 0)) == []
    assert list(check(trace, 0, 4000))


def test_attempts_that_never_connected_sent_no_body():
    """A refused connection has no body to compare, whatever the player wrote down for it."""
    trace = retried(503)
    refused = replace(trace.case.tape[0], status=None, connected=False)
    case = replace(trace.case, tape=(refused, *trace.case.tape[1:]))
    blank = replace(trace.sent[0], request=replace(trace.sent[0].request, body=b""))
    trace = replace(trace, case=case, sent=(blank, *trace.sent[1:]))
    assert list(INVARIANTS.get("body_is_unchanged")(trace, 0)) == []


@pytest.mark.parametrize("name", INVARIANTS.names())
def test_a_turn_that_never_came_is_judged_without_a_crash(name):
    """A target that declined the turn before has no report of it."""
    trace = replace(two_turns(), reports=two_turns().reports[:1])
    list(INVARIANTS.get(name)(trace, 1))


def test_a_key_that_stands_in_no_header_is_not_one_that_was_refused():
    """Two attempts without any header are not the same key twice."""
    trace = refreshed()
    bare = [replace(one, request=replace(one.request, headers=())) for one in trace.sent]
    assert list(INVARIANTS.get("new_credential_is_used")(replace(trace, sent=tuple(bare)), 0)) == []


@pytest.mark.parametrize("name", ["text_is_exact", "finish_reason_is", "arguments_are_exact"])
def test_what_is_missing_is_told_with_the_error_in_its_place(name):
    """An empty text is not what happened: the client's exception is, cut where it is a page."""
    failure = Failure(FailureKind.UNKNOWN, "no role for choice 0" + "." * 500, "Error")
    trace = outcome(calling(), kind=OutcomeKind.ERROR, response=None, failure=failure)
    (sentence,) = INVARIANTS.get(name)(trace, 0)
    assert "(the outcome is error: no role for choice 0..." in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("name", ["text_is_exact", "finish_reason_is"])
def test_what_is_missing_from_a_part_of_a_reply_is_told_with_what_broke_it_off(name):
    """On one line, however many the client's own message has."""
    failure = Failure(FailureKind.UNKNOWN, "odd delta.\n\n{'citation': 1}", "ValueError")
    trace = response(calling(), content=None, finish_reason=None)
    trace = outcome(trace, kind=OutcomeKind.INTERRUPTED, failure=failure)
    (sentence,) = INVARIANTS.get(name)(trace, 0)
    assert sentence.endswith(" (the outcome is interrupted: odd delta. {'citation': 1})")


@pytest.mark.parametrize("name", ["means", "arguments_are_exact"])
def test_a_call_that_is_missing_is_told_with_what_the_target_dropped(name):
    """The client has seen it: what it made of it is not that nothing came."""
    trace = outcome(response(calling(), tool_calls=None), dropped=("get_weather",))
    sentence, *_ = INVARIANTS.get(name)(trace, 0)
    assert sentence.endswith(" (dropped, it says: get_weather)")


def test_an_end_without_a_reason_is_not_called_a_cut():
    """The terminator came: the sentence says what did not."""
    trace = whole()
    (regions,) = trace.case.regions
    spans = tuple(span for span in regions.spans if span.kind is not RegionKind.FINISH)
    case = replace(trace.case, regions=(replace(regions, spans=spans),))
    (sentence,) = INVARIANTS.get("truncation_is_visible")(replace(trace, case=case), 0)
    assert sentence == (
        "the stream ended without a finish reason, and the reply was reported complete (stop)"
    )


@pytest.mark.parametrize("name", ["means", "usage_is_exact"])
def test_a_total_that_is_the_sum_of_what_is_told_is_told(name):
    """A client without a place for the total loses nothing; one without the parts does."""

    def judged(told, **counts):
        return list(INVARIANTS.get(name)(response(calling(), usage=told), 0, **counts))

    told = replace(USAGE, total_tokens=None)
    assert judged(told) == []
    assert any("total_tokens is 19" in said for said in judged(replace(USAGE, total_tokens=19)))
    assert any("total_tokens is None" in said for said in judged(replace(told, output_tokens=None)))
    if name == "usage_is_exact":
        assert judged(told, total_tokens=18) == []
        assert judged(told, total_tokens=19) == ["total_tokens is None, and 19 is right"]
