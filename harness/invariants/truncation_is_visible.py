"""A reply whose wire ended early says so: an error, an incomplete finish reason, or a warning."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import WARNING, delivered, report_of
from harness.model import Level, OutcomeKind, RegionKind, Trace

LEVEL = Level.MUST
WHY = (
    "Every protocol names its own end (WHATWG, Anthropic message_stop, Bedrock messageStop); "
    "a reply without it is not whole. hermes-agent #12072."
)


COMPLETE_REASONS = {"stop", "tool_calls", "content_filter"}


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    wire = delivered(trace, turn)
    if report is None or not wire.cut:
        return
    outcome, response = report.outcome, report.outcome.response
    if outcome.kind != OutcomeKind.COMPLETE or outcome.failure is not None:
        return
    content = (response.content if response else None) or ""
    reason = response.finish_reason if response else None
    if WARNING in content or (reason is not None and reason not in COMPLETE_REASONS):
        return
    ended = wire.has(RegionKind.TERMINATOR)
    what = "the stream ended without a finish reason" if ended else "the stream was cut"
    yield f"{what}, and the reply was reported complete ({reason or 'no reason'})"
