"""Two events that follow each other change places: the one of that number, and the one after it; or
usage and finish, where they are two events."""

from __future__ import annotations

from harness.errors import NotApplicable
from harness.faults._dialect import need
from harness.faults._edit import of_kinds, some
from harness.faults._position import event as event_end
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import rebuild, units

WIRES = None


def apply(exchange: Exchange, regions: Regions, *, event: int | None = None) -> Exchange:
    need(regions, Framing.SSE, Framing.EVENTSTREAM, Framing.NDJSON)
    found = units(exchange, regions)
    if event is not None:
        event_end(regions, event + 1)
        one, other = event, event + 1
    else:
        one = some(of_kinds(regions, RegionKind.FINISH), "finish reason")[-1]
        other = some(of_kinds(regions, RegionKind.USAGE), "usage")[-1]
    if one == other or other >= len(regions.units):
        raise NotApplicable("there are no two events to change places")
    found[one], found[other] = found[other], found[one]
    return rebuild(exchange, found)


def slug(**given: object) -> str:
    return f"reorder_event_{given['event']}" if "event" in given else "reorder_usage_and_finish"
