"""A 200 that is no reply (an error body, a page, nothing at all) is an error."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import Level, OutcomeKind, Trace

LEVEL = Level.MUST
WHY = "openai-agents 0.3.0, OpenRouter, MiniMax: HTTP 200 with an error body became an empty reply."


def check(trace: Trace, turn: int, value: str | None = None) -> Iterator[str]:
    """`value` is a text that may be read all the same: who hands on all of it has lost nothing."""
    report = report_of(trace, turn)
    if report is None:
        return
    outcome = report.outcome
    if value is not None and outcome.response and outcome.response.content == value:
        return
    if outcome.kind == OutcomeKind.COMPLETE:
        yield "what came was no reply, and it was taken for one"
    elif outcome.kind == OutcomeKind.INTERRUPTED and outcome.failure is None:
        yield "what came was no reply, and the outcome names no failure"
