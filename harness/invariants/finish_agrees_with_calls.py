"""The reply says tool_calls exactly when it has calls, where its wire has a word for that."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of, same_finish
from harness.model import FinishReason, Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = (
    "Anthropic stop_reason tool_use, Bedrock stopReason tool_use and OpenAI finish_reason "
    "tool_calls each mean that calls follow; ollama #8640: a stop beside calls, which "
    "were never run; hermes-agent B03."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    outcome, response = report.outcome, report.outcome.response
    if outcome.kind != OutcomeKind.COMPLETE:
        return
    stopped = response.finish_reason == FinishReason.STOP
    if response.tool_calls and stopped and not same_finish(trace, "stop", "tool_calls"):
        yield f"the reply says stop, and has {len(response.tool_calls)} calls"
    said = response.finish_reason == FinishReason.TOOL_CALLS
    if said and not response.tool_calls and not outcome.dropped:
        yield "the reply says tool_calls, and has none"
