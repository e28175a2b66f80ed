"""Nobody listens: the connection is refused before a request can be sent."""

from __future__ import annotations

from dataclasses import replace

from harness.faults._edit import seen
from harness.model import Ending, Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions) -> Exchange:
    refused = Exchange(exchange.request, None, ending=Ending.RESET, connected=False)
    return seen(exchange, replace(refused, http_version=exchange.http_version))
