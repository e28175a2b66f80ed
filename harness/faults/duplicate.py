"""One event comes twice, the second right after the first; by its number, or the first that holds
`what` (text, reasoning, tool_name, tool_arguments, usage, finish)."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.faults._dialect import need
from harness.faults._edit import of_kinds, some
from harness.faults._position import event as event_end
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import rebuild, units

WIRES = None


def apply(
    exchange: Exchange, regions: Regions, *, what: str | None = None, event: int | None = None
) -> Exchange:
    need(regions, Framing.SSE, Framing.EVENTSTREAM, Framing.NDJSON)
    if event is not None:
        event_end(regions, event)
        index = event % len(regions.units)
    elif what is not None:
        index = some(of_kinds(regions, RegionKind(what)), what)[0]
    else:
        raise UsageError("one event is doubled", hint="Say what it holds, or event")
    found = units(exchange, regions)
    found.insert(index + 1, replace(found[index], before=b"", delay=0.0))
    return rebuild(exchange, found)


def slug(**given: object) -> str:
    return f"duplicate_{given['what']}" if "what" in given else f"duplicate_event_{given['event']}"
