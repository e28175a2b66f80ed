"""The finish reason is the one that was sent."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import has_no, instead, report_of
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "OpenAI API reference finish_reason, Anthropic stop_reason, Bedrock stopReason, "
    "Responses status: the vendor's own field, by the tables hermes-agent B01, B03, B04."
)


def check(trace: Trace, turn: int, value: str | None = None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    wanted = value if value is not None else meaning.finish_reason if meaning else None
    response = report.outcome.response
    got = response.finish_reason if response else None
    if response is not None and has_no(trace, "finish"):
        return
    if got != wanted:
        said = f"the reply finished with {_said(got)}, and {_said(wanted)} was sent"
        yield said + instead(report)


def _said(reason: str | None) -> str:
    return "no reason" if reason is None else str(reason)
