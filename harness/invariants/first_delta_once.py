"""The first delta is signalled once, and before anything is shown."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent C01: the consumer stops its spinner at this signal."


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    kinds = [event.kind for event in report.events]
    count = kinds.count(EventKind.FIRST_DELTA)
    declared = "first_delta" in trace.case.facts.get("features", ())
    if count > 1:
        yield f"the first delta was signalled {count} times"
    elif EventKind.TEXT in kinds and count and _late(kinds):
        yield "text was shown before the first delta was signalled"
    elif declared and EventKind.TEXT in kinds and not count:
        yield "text was shown, and the first delta was never signalled"


def _late(kinds: list[EventKind]) -> bool:
    return kinds.index(EventKind.TEXT) < kinds.index(EventKind.FIRST_DELTA)
