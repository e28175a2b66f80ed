"""The error that the caller sees is the server's own, with its status."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on, delivered, report_of
from harness.model import Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = "litellm 1.80: a 422 became a 400; hermes-agent D01, N05: the original error propagates."


def check(
    trace: Trace, turn: int, value: int | None = None, message: str | None = None
) -> Iterator[str]:
    """`value` is the status, if it is not that of the turn's last answer."""
    report = report_of(trace, turn)
    if report is None:
        return
    exchange = delivered(trace, turn).exchange
    wanted = value if value is not None else exchange.status if exchange else None
    failure = report.outcome.failure
    if report.outcome.kind == OutcomeKind.COMPLETE or failure is None:
        kind = report.outcome.kind
        yield f"the server answered {wanted}, and the outcome is {kind} without an error"
        return
    last = attempts_on(trace, turn)[-1:]
    if last and last[0].exchange is None:
        return  # the answer to a request that nothing expects is ours, and that is told by itself
    if failure.status != wanted:
        yield f"the error has status {failure.status}, and the server answered {wanted}"
    if message is not None and message not in failure.message:
        yield f"the error says {failure.message!r}, and the server said {message!r}"
