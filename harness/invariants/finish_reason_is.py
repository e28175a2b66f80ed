"""The finish reason is the one that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._wire import has_no, instead, report_of, same_finish
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "OpenAI API reference finish_reason, Anthropic stop_reason, Bedrock stopReason, "
    "Responses status: the vendor's own field, by the tables hermes-agent B01, B03, B04."
)


def check(
    trace: Trace, turn: int, value: str | Sequence[str | None] | None = None
) -> Iterator[str]:
    """`value` is the one reason that is right, or a list of those that are; null in it is none."""
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    if value is None:
        right: Sequence[str | None] = [meaning.finish_reason if meaning else None]
    else:
        right = [value] if isinstance(value, str) else value
    response = report.outcome.response
    got = response.finish_reason if response else None
    if response is not None and has_no(trace, "finish"):
        return
    if not any(same_finish(trace, got, wanted) for wanted in right):
        wanted = " or ".join(_said(one) for one in right)
        yield f"the reply finished with {_said(got)}, and {wanted} was sent{instead(report)}"


def _said(reason: str | None) -> str:
    return "no reason" if reason is None else str(reason)
