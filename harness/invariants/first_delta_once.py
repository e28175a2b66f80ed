"""The first delta is signalled once, and before anything is shown."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent C01: the consumer stops its spinner at this signal. Judged only of a "
    "target that signals it, or declares `first_delta`."
)


DELTAS = {
    EventKind.TEXT,
    EventKind.REASONING,
    EventKind.TOOL_NAME,
    EventKind.TOOL_ARGUMENTS,
}


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    kinds = [event.kind for event in report.events]
    count = kinds.count(EventKind.FIRST_DELTA)
    declared = "first_delta" in trace.case.facts.get("features", ())
    if count > 1:
        yield f"the first delta was signalled {count} times"
    shown = next((at for at, kind in enumerate(kinds) if kind in DELTAS), None)
    if shown is None:
        return
    if count and shown < kinds.index(EventKind.FIRST_DELTA):
        yield f"{kinds[shown]} was shown before the first delta was signalled"
    elif declared and not count:
        yield f"{kinds[shown]} was shown, and the first delta was never signalled"
