"""While bytes come in, the target shows that it is alive: a tick for each frame or piece."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent C19: a watchdog kills a stream that is alive when ticks are missing. "
    "Judged only of a target that declares `activity`: then it is that target's own "
    "contract."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Of a target that declares the feature. It ticks by frames or by reads, as it likes: at least
    the fewer, at most both."""
    report = report_of(trace, turn)
    wire = delivered(trace, turn)
    if report is None or wire.exchange is None or wire.regions is None:
        return
    ticks = sum(1 for event in report.events if event.kind == EventKind.ACTIVITY)
    if "activity" not in trace.case.facts.get("features", ()):
        return
    units, pieces = len(wire.regions.units), len(wire.exchange.pieces)
    if not min(units, pieces) <= ticks <= units + pieces:
        yield f"{units} frames came in {pieces} pieces, and the target ticked {ticks} times"
