"""Text that was shown is never taken back, nor shown a second time."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import WARNING, report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent D09: a retry after shown text duplicates it; a reader sees each delta once,"
    " in order."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    shown = "".join(e.text for e in report.events if e.kind == EventKind.TEXT)
    content = report.outcome.response.content or ""
    if shown and not content.startswith(shown) and WARNING not in shown:
        yield f"{shown!r} was shown, and the reply then said {content!r}"
