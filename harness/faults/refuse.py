"""Nobody listens: the connection is refused before a request can be sent."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Ending, Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions) -> Exchange:
    return replace(
        exchange,
        status=None,
        reason="",
        headers=(),
        pieces=(),
        ending=Ending.RESET,
        connected=False,
    )
