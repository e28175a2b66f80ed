"""What a reader passes over or drops it says: as many warnings as there were reasons for one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "hermes-agent D11: a call was dropped without a word, and the model was blamed; WHATWG HTML "
    "9.2.6 passes over what it does not know in silence, so that only a warning can tell. Judged "
    "only of a target that declares `warns`: then it is that target's own contract."
)


def check(trace: Trace, turn: int, value: int = 0) -> Iterator[str]:
    """`value` is how many are due. Words are for people: only their number is compared, and that
    each that came as an event stands in the outcome too."""
    report = report_of(trace, turn)
    if report is None or "warns" not in trace.case.facts.get("features", ()):
        return
    warnings = report.outcome.warnings
    if len(warnings) != value:
        yield f"{value} warnings are due, and {list(warnings)} were given"
    for event in report.events:
        if event.kind == EventKind.WARNING and event.text not in warnings:
            yield f"an event warned of {event.text!r}, and the outcome does not"
