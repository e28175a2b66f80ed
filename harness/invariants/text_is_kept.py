"""What had arrived of the text before the wire failed is in the reply, or was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.invariants._wire import delivered, raised, report_of
from harness.model import EventKind, Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = "Plain loss of data; hermes-agent D09, D11: delivered text is kept when a stream dies."


_THOUGHT = re.compile(
    r"<(think|thinking|reasoning|thought|REASONING_SCRATCHPAD)>.*?(</\1>|\Z)",
    re.DOTALL | re.IGNORECASE,
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    """A client that streams nothing, and raises for want of the rest, has told of the loss."""
    report = report_of(trace, turn)
    if report is None:
        return
    wire = delivered(trace, turn).text(RegionKind.TEXT)
    wanted = _THOUGHT.sub("", wire).strip()
    response = report.outcome.response
    content = ((response.content if response else None) or "").strip()
    shown = "".join(e.text for e in report.events if e.kind == EventKind.TEXT).strip()
    if raised(report) and not shown:
        return
    if not content.startswith(wanted) and not shown.startswith(wanted):
        yield f"{wanted!r} arrived on the wire, and the reply has {content or shown!r}"
