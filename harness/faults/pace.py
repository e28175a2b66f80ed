"""The answer comes slowly: so many seconds before each piece, or once before one event."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.faults._edit import seen
from harness.faults._position import event as event_end
from harness.model import Exchange, Piece, Regions
from harness.wire.reframe import rebuild, units

WIRES = None


def apply(
    exchange: Exchange, regions: Regions, *, seconds: float = 1.0, event: int | None = None
) -> Exchange:
    if seconds <= 0:
        raise UsageError(f"{seconds} seconds are no wait", hint="Say a number above 0")
    if event is None:
        slowed = tuple(Piece(piece.data, piece.delay + seconds) for piece in exchange.pieces)
        return seen(exchange, replace(exchange, pieces=slowed))
    event_end(regions, event)  # refuses an event that is not there
    found = units(exchange, regions)
    number = event % len(found)
    found[number] = replace(found[number], delay=found[number].delay + seconds)
    return rebuild(exchange, found)
