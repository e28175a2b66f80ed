"""A reply whose wire ended early says so: an error, an incomplete finish reason, or a warning."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = "WHATWG and every vendor's protocol name a terminator; a reply without it is not whole."
COMPLETE_REASONS = {"stop", "tool_calls", "content_filter"}


def check(trace: Trace, turn: int) -> Iterator[str]:
    outcome = trace.reports[turn].outcome
    response = outcome.response
    if outcome.kind != OutcomeKind.COMPLETE or response is None:
        return
    if response.finish_reason in COMPLETE_REASONS and "⚠" not in (response.content or ""):
        yield f"the stream was cut, and the reply was reported complete ({response.finish_reason})"
