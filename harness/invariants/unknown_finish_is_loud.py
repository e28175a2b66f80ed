"""A finish reason that nobody knows is reported as unknown, never as a stop."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import FinishReason, Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = (
    "Vendors add reasons (Bedrock malformed_tool_use, Anthropic pause_turn); read as stop "
    "they end work unseen: https://docs.anthropic.com/en/api/handling-stop-reasons; "
    "hermes-agent A09."
)


QUIET = {
    FinishReason.STOP,
    FinishReason.TOOL_CALLS,
    FinishReason.LENGTH,
    FinishReason.CONTENT_FILTER,
}


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    reason = report.outcome.response.finish_reason
    if report.outcome.kind == OutcomeKind.COMPLETE and reason in QUIET:
        yield f"the wire gave a reason that nobody knows, and the reply says {reason}"
