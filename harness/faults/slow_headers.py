"""The status line is long in coming: so many seconds after the request."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.model import Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions, *, seconds: float = 30.0) -> Exchange:
    if seconds <= 0:
        raise UsageError(f"{seconds} seconds are no wait", hint="Say a number above 0")
    return replace(exchange, head_delay=exchange.head_delay + float(seconds))
