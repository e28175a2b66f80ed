"""One event, or one meaning, never comes: an event by its number, the terminator, the finish
reason, or the usage; or the events in which any other meaning stands.

A finish reason is nulled where its event says more than that; usage is taken out of every event.
"""

from __future__ import annotations

from typing import Any

from harness.errors import UsageError
from harness.faults._dialect import need
from harness.faults._edit import edit, of_kinds, some, walk
from harness.faults._position import event as event_end
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import rebuild, units

WIRES = None
FINISHES = ("finish_reason", "stop_reason", "stopReason")


def apply(
    exchange: Exchange, regions: Regions, *, what: str | None = None, event: int | None = None
) -> Exchange:
    if (what is None) is (event is None):
        raise UsageError(
            "one thing is dropped", hint="Say what (terminator, finish, usage) or event"
        )
    if what == "usage":
        return edit(exchange, regions, _without_usage, what="usage")
    if what == "finish":
        return edit(exchange, regions, _without_finish, what="a finish reason of its own")
    need(regions, Framing.SSE, Framing.EVENTSTREAM, Framing.NDJSON)
    if event is not None:
        event_end(regions, event)
        gone = {event % len(regions.units)}
    elif what == "terminator":
        gone = set(some(of_kinds(regions, RegionKind.TERMINATOR), "terminator"))
    else:
        gone = set(some(of_kinds(regions, RegionKind(str(what))), str(what)))
    found = units(exchange, regions)
    return rebuild(exchange, [unit for index, unit in enumerate(found) if index not in gone])


def _without_usage(value: Any) -> None:
    for one in walk(value):
        one.pop("usage", None)


def _without_finish(value: Any) -> None:
    """The gateway's own sign of the end is a flag."""
    for one in walk(value):
        for name in FINISHES:
            if one.get(name) is not None:
                one[name] = None
        if one.get("is_final") is True:
            one["is_final"] = False


def slug(**given: object) -> str:
    return f"drop_{given['what']}" if "what" in given else f"drop_event_{given['event']}"
