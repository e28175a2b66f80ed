"""The reply means what was said: text, calls, finish reason, reasoning and usage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.errors import UsageError
from harness.invariants._json import same, value_of
from harness.invariants._usage import wrong
from harness.invariants._wire import has_no, offered_calls, report_of, same_finish, without_call
from harness.model import Level, NormalizedResponse, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = (
    "Plain loss or change of data: WIRE's meaning of one reply is one, however the bytes "
    "are cut (WHATWG HTML 9.2.6), streamed or whole, over any wire; each vendor's "
    "streaming guide says that deltas add up to the final object."
)


PARTS = ("content", "calls", "ids", "finish", "reasoning", "usage")


def check(
    trace: Trace, turn: int, value: Sequence[str] = PARTS, without: Sequence[str] = ()
) -> Iterator[str]:
    """`value` names the parts that are compared, `without` those that are not."""
    report = report_of(trace, turn)
    meaning = trace.case.turns[turn].meaning
    if report is None or meaning is None:
        return
    outcome = report.outcome
    if outcome.kind != OutcomeKind.COMPLETE or outcome.response is None:
        said = f": {outcome.failure.message}" if outcome.failure else ""
        yield f"a whole reply was sent, and the outcome is {outcome.kind}{said}"
        return
    got = replace(outcome.response, tool_calls=offered_calls(trace, turn))
    for part in value:
        if part not in PARTS:
            raise UsageError(f"{part!r} is no part of a reply", hint=f"It has {', '.join(PARTS)}")
        if part in without or has_no(trace, part):
            continue
        if part == "usage":
            for name, count, sent in wrong(trace, got.usage, meaning.usage):
                yield f"{name} is {count}, and {sent} was sent"
        elif part == "finish":
            if not same_finish(trace, got.finish_reason, meaning.finish_reason):
                told, meant = got.finish_reason, meaning.finish_reason
                yield f"the finish reason is {told}, and {meant} was sent"
        else:
            why = without_call(report) if part == "calls" else ""
            yield from (said + why for said in _COMPARE[part](got, meaning))


def _content(got: NormalizedResponse, meant: NormalizedResponse) -> Iterator[str]:
    if (got.content or "") != (meant.content or ""):
        yield f"the text is {got.content!r}, and {meant.content!r} was said"


def _calls(got: NormalizedResponse, meant: NormalizedResponse) -> Iterator[str]:
    ours, theirs = _plain(got), _plain(meant)
    if not same(ours, theirs):
        yield f"the calls are {ours!r}, and {theirs!r} were sent"


def _plain(response: NormalizedResponse) -> list[Any]:
    return [[call.name, value_of(call.arguments or "{}")] for call in response.tool_calls or ()]


def _ids(got: NormalizedResponse, meant: NormalizedResponse) -> Iterator[str]:
    pairs = zip(got.tool_calls or (), meant.tool_calls or (), strict=False)
    for ours, theirs in pairs:
        if theirs.id is not None and ours.id != theirs.id:
            yield f"the call of {theirs.name} has id {ours.id!r}, and {theirs.id!r} was sent"


def _reasoning(got: NormalizedResponse, meant: NormalizedResponse) -> Iterator[str]:
    if (got.reasoning or "") != (meant.reasoning or ""):
        yield f"the reasoning is {got.reasoning!r}, and {meant.reasoning!r} was sent"


_COMPARE = {
    "content": _content,
    "calls": _calls,
    "ids": _ids,
    "reasoning": _reasoning,
}
