"""What the events say of the end, the cost and the calls is what the reply says of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._usage import wrong
from harness.invariants._wire import report_of, requests_on
from harness.model import Event, EventKind, Level, NormalizedResponse, Outcome, OutcomeKind, Trace

LEVEL = Level.SHOULD
WHY = (
    "https://platform.openai.com/docs/api-reference/responses-streaming and "
    "https://docs.anthropic.com/en/docs/build-with-claude/streaming: events add up to the final "
    "object, so that of two accounts that differ one is wrong. That an end is told at all is asked "
    "only of a target that declares `finish`: then it is that target's own contract."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Only what is reported is compared, and only where one request was answered: of several, the
    events may tell more than the reply that stood."""
    report = report_of(trace, turn)
    if report is None or len(requests_on(trace, turn)) > 1:
        return
    outcome, response = report.outcome, report.outcome.response
    declared = "finish" in trace.case.facts.get("features", ())
    yield from _ends(report.events, outcome, declared=declared)
    yield from _failures(report.events, outcome)
    if response is not None:
        whole = declared and outcome.kind == OutcomeKind.COMPLETE
        yield from _usage(trace, report.events, response, declared=whole)
        yield from _calls(report.events, response)
        if whole and trace.case.turns[turn].ask.stream:
            yield from _told(report.events, response)


def _of(events: Sequence[Event], kind: EventKind) -> list[Event]:
    return [event for event in events if event.kind == kind]


def _ends(events: Sequence[Event], outcome: Outcome, *, declared: bool) -> Iterator[str]:
    reason = outcome.response.finish_reason if outcome.response else None
    for event in _of(events, EventKind.FINISH):
        if outcome.kind == OutcomeKind.COMPLETE and event.finish != reason:
            yield f"the events end with {event.finish}, and the reply with {reason}"
        if declared and event.text != (event.finish or ""):
            yield f"the end {event.finish} is told in the word {event.text!r}"
    kinds = {event.kind for event in events}
    if declared and outcome.kind == OutcomeKind.COMPLETE and EventKind.FINISH not in kinds:
        yield "the reply is complete, and no event told its end"
    told = {EventKind.FAILURE, EventKind.TEXT, EventKind.REASONING, EventKind.TOOL_NAME} & kinds
    if declared and outcome.kind == OutcomeKind.ERROR and told and EventKind.FAILURE not in told:
        yield "the reply failed after it had begun, and no event told of it"


def _failures(events: Sequence[Event], outcome: Outcome) -> Iterator[str]:
    for event in _of(events, EventKind.FAILURE):
        if outcome.failure is None:
            yield f"an event told the failure {event.text!r}, and the outcome has none"
        elif event.failure not in (None, outcome.failure):
            yield f"an event told {event.failure!r}, and the outcome {outcome.failure!r}"
        elif event.text and event.text != outcome.failure.message:
            yield f"the failure {outcome.failure.message!r} is told in the words {event.text!r}"


def _usage(
    trace: Trace, events: Sequence[Event], response: NormalizedResponse, *, declared: bool
) -> Iterator[str]:
    told = [event.usage for event in _of(events, EventKind.USAGE) if event.usage is not None]
    if told:
        for name, got, counted in wrong(trace, told[-1], response.usage):
            yield f"the last event of usage says {name} {got}, and the reply {counted}"
    elif declared and response.usage is not None:
        yield "the reply has a usage, and no event told it"


def _told(events: Sequence[Event], response: NormalizedResponse) -> Iterator[str]:
    """Of a target that tells its end: then it tells all that comes before it, too. That a refusal
    is to be the text is known at the end only."""
    kinds = {event.kind for event in events}
    refused = response.content == response.data("refusal")
    for what, said, kind in (
        ("text", response.content if not refused else None, EventKind.TEXT),
        ("reasoning", response.reasoning, EventKind.REASONING),
        ("calls", response.tool_calls, EventKind.TOOL_NAME),
    ):
        if said and kind not in kinds:
            yield f"the reply has {what}, and no event told it"


def _calls(events: Sequence[Event], response: NormalizedResponse) -> Iterator[str]:
    named = {event.call: event for event in _of(events, EventKind.TOOL_NAME)}
    for event in _of(events, EventKind.TOOL_ARGUMENTS):
        start = named.get(event.call)
        if start is None and event.call is not None and event.name:
            yield f"arguments of {event.name} came, and its name was never told"
        elif start is not None and event.name and start.name != event.name:
            yield f"arguments of call {event.call} are told for {event.name}, named {start.name}"
    calls = response.tool_calls or ()
    if len(named) != len(calls):
        return  # a dropped call has events and stands in no reply: others judge what is dropped
    for event, call in zip(named.values(), calls, strict=True):
        if event.name and event.name != call.name:
            yield f"an event names the call {event.name}, and the reply {call.name}"
        if event.id and event.id != call.id:
            yield f"an event calls {call.name} by id {event.id!r}, and the reply by {call.id!r}"
