"""Nothing but pings comes for a while: comments, or the protocol's own ping event.

They stand after the first `after` (text by default), or before everything if there is none, one
every so many seconds. `then` is resume (the answer goes on), or how the connection ends instead.
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.faults._dialect import MESSAGES, RESPONSES, dialect_of, need
from harness.faults._edit import first_unit, made, of_kinds, raw_unit
from harness.model import Ending, Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import Unit, rebuild, units

WIRES = frozenset({"chat", "messages", "responses", "jwt"})


def apply(  # noqa: PLR0913  a scenario's own words
    exchange: Exchange,
    regions: Regions,
    *,
    pings: int = 5,
    seconds: float = 10.0,
    after: str = "text",
    then: str = "resume",
) -> Exchange:
    need(regions, Framing.SSE)
    if pings < 1:
        raise UsageError(f"{pings} pings keep nothing alive", hint="Say how many, from 1")
    found = units(exchange, regions)
    at = next((index + 1 for index in of_kinds(regions, RegionKind(after))), 0)
    like = first_unit(found)
    kept = [replace(_ping(like, exchange, regions), delay=seconds) for _ in range(pings)]
    if then == "resume":
        return rebuild(exchange, [*found[:at], *kept, *found[at:]])
    return replace(rebuild(exchange, [*found[:at], *kept]), ending=Ending(then))


def _ping(like: Unit, exchange: Exchange, regions: Regions) -> Unit:
    wire = dialect_of(exchange, regions)
    if wire == MESSAGES:
        return made(like, {"type": "ping"}, "ping")
    if wire == RESPONSES:
        return made(like, {"type": "keepalive"}, "keepalive")
    return raw_unit(like, b": keep-alive\n\n")
