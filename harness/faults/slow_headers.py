"""The status line is long in coming: so many seconds after the request."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions, *, seconds: float = 30.0) -> Exchange:
    return replace(exchange, head_delay=exchange.head_delay + float(seconds))
