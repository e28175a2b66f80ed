"""An error that the peer sends inside its stream reaches the caller, with its type."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import Failure, Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = "langchain #39039: a Responses error event was swallowed and half a text returned as success."


def check(
    trace: Trace, turn: int, value: str | None = None, status: int | None = None
) -> Iterator[str]:
    """`value` is the vendor's type, our kind, or a part of the message."""
    report = report_of(trace, turn)
    if report is None:
        return
    failure = report.outcome.failure
    if report.outcome.kind == OutcomeKind.COMPLETE or failure is None:
        yield f"the peer sent an error, and the outcome is {report.outcome.kind} without one"
        return
    if value is not None and not any(value in told for told in _told(failure)):
        yield f"the error is {failure.type or failure.kind!s} ({failure.message!r}), not {value!r}"
    if status is not None and failure.status != status:
        yield f"the error has status {failure.status}, and {status} was sent"


def _told(failure: Failure) -> tuple[str, ...]:
    return (failure.type, str(failure.kind), failure.message)
