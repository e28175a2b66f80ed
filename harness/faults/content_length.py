"""The content-length is wrong by so many bytes: more are promised than come, or fewer."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import NotApplicable
from harness.model import Exchange, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions, *, by: int = 10) -> Exchange:
    length = len(exchange.body) + by
    if length < 0 or by == 0:
        raise NotApplicable(f"a body of {len(exchange.body)} bytes cannot be wrong by {by}")
    kept = tuple(
        (name, value)
        for name, value in exchange.headers
        if name.lower() not in {"content-length", "transfer-encoding"}
    )
    return replace(exchange, headers=(*kept, ("content-length", str(length))))


def slug(**given: object) -> str:
    by = int(str(given.get("by", 10)))
    return f"content_length_{'long' if by > 0 else 'short'}_{abs(by)}"
