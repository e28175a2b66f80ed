"""A reply ends exactly once, with a finish or a failure, and nothing is said after it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import EventKind, Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = (
    "One terminal event per reply: Anthropic message_stop, Responses response.completed / "
    "incomplete / failed, Bedrock messageStop, "
    "https://platform.openai.com/docs/api-reference/responses-streaming. A second end "
    "runs a turn twice."
)


SAID = {
    EventKind.TEXT,
    EventKind.REASONING,
    EventKind.TOOL_NAME,
    EventKind.TOOL_ARGUMENTS,
}
ENDS = {EventKind.FINISH, EventKind.FAILURE}


def check(trace: Trace, turn: int) -> Iterator[str]:
    """A target that reports no end at all is judged by its outcome alone."""
    report = report_of(trace, turn)
    if report is None:
        return
    ends = [i for i, event in enumerate(report.events) if event.kind in ENDS]
    if len(ends) > 1:
        yield f"the reply ended {len(ends)} times"
    elif ends and any(event.kind in SAID for event in report.events[ends[0] :]):
        yield "something was said after the reply had ended"
    declared = "finish" in trace.case.facts.get("features", ())
    if not ends and declared and report.outcome.kind == OutcomeKind.COMPLETE:
        yield "the reply is complete, and its end was never reported"
