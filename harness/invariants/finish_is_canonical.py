"""The finish reason is one of the canonical ones; only an interrupted reply has none."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import has_no, report_of
from harness.model import FinishReason, Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = (
    "OpenAI API reference: finish_reason is required of every finished choice, as are "
    "Anthropic's stop_reason and Bedrock's stopReason; callers branch on stop, "
    "tool_calls, length, content_filter, pause, error, unknown."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    reason = report.outcome.response.finish_reason
    if reason is None:
        if report.outcome.kind == OutcomeKind.COMPLETE and not has_no(trace, "finish"):
            yield "the reply is complete, and has no finish reason"
    elif reason not in set(FinishReason):
        yield f"{reason!r} is no canonical finish reason"
