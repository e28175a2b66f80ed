"""An event that names bytes of the body names the frame that caused it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, report_of, requests_on
from harness.model import EventKind, Framing, Level, Span, Trace

LEVEL = Level.SHOULD
WHY = (
    "WHATWG HTML 9.2.6 and the event stream's prelude say where each event begins and ends; a "
    "report that points elsewhere sends whoever looks for a fault to the wrong place. That places "
    "are told at all is asked only of a target that declares `spans`."
)

DELTAS = {EventKind.TEXT, EventKind.REASONING, EventKind.TOOL_NAME, EventKind.TOOL_ARGUMENTS}


def check(trace: Trace, turn: int) -> Iterator[str]:
    """What was held back until the end of the stream has no place of its own."""
    report, wire = report_of(trace, turn), delivered(trace, turn)
    if report is None or wire.exchange is None or wire.regions is None:
        return
    if len(requests_on(trace, turn)) > 1 or wire.exchange.header("content-encoding"):
        return  # the events of several answers, or bytes that the client has never seen
    units = {span for unit in wire.regions.units for span in _alike(unit, wire.exchange.body)}
    placed = [event for event in report.events if event.span is not None]
    for event in placed:
        if event.span not in units and wire.regions.framing != Framing.DOCUMENT:
            yield f"{event.kind} {event.text!r} names bytes {event.span}, which are no frame"
            return
    declared = "spans" in trace.case.facts.get("features", ())
    if not declared or wire.regions.framing == Framing.DOCUMENT:
        return
    held = False
    for event in report.events:
        if event.kind in DELTAS and event.span is None:
            held = True
        elif event.kind in DELTAS and held:
            yield f"{event.kind} {event.text!r} follows an event of the stream that has no place"
            return
    kinds = [event.kind for event in report.events]
    ticks = [at for at, kind in enumerate(kinds) if kind == EventKind.ACTIVITY]
    if not placed and ticks and DELTAS & set(kinds[: ticks[-1]]):
        yield "the reply was told while it came, and no event says which bytes caused it"


def _alike(unit: Span, body: bytes) -> Iterator[Span]:
    """A blank line of CR and LF completes its event with the CR already."""
    yield unit
    if body[unit.end - 2 : unit.end] == b"\r\n":
        yield Span(unit.start, unit.end - 1)
