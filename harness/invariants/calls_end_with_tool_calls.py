"""A reply with calls says tool_calls, also on a wire that has one word for every good end."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import FinishReason, Level, OutcomeKind, Trace

LEVEL = Level.SHOULD
WHY = (
    "An agent that goes by the finish reason ends its turn at a stop, and runs no tool: ollama "
    "#8640. Responses itself says `completed` of text and of calls alike, so it is no MUST there."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    response = report.outcome.response
    if report.outcome.kind != OutcomeKind.COMPLETE or not response.tool_calls:
        return
    if response.finish_reason == FinishReason.STOP:
        yield f"the reply says stop beside {len(response.tool_calls)} calls"
