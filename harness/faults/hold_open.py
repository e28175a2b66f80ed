"""Everything is said, terminator and all, and then the server neither closes nor ends the body."""

from __future__ import annotations

from dataclasses import replace

from harness.faults._edit import seen
from harness.model import Ending, Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions) -> Exchange:
    headers = tuple(h for h in exchange.headers if h[0].lower() != "content-length")
    return seen(exchange, replace(exchange, headers=headers, ending=Ending.STALL))
