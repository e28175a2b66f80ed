"""More comes after the protocol's own end: it must be ignored.

`what` is bytes, text (one more event that says something), blank (lines) or error (an event).
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import NotApplicable, UsageError
from harness.faults._edit import of_kinds, raw_unit
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import rebuild, units

WIRES = frozenset({"chat", "messages", "responses", "jwt"})
JUNK = {
    "bytes": b"\x00\xff\xfe{not json\n\n",
    "blank": b"\n\n\n",
    "error": b'data: {"error": {"message": "too late", "type": "server_error"}}\n\n',
}


def apply(exchange: Exchange, regions: Regions, *, what: str = "text") -> Exchange:
    if regions.framing is not Framing.SSE or not regions.of(RegionKind.TERMINATOR):
        raise NotApplicable("this answer has no end of its own to come after")
    found = units(exchange, regions)
    if what == "text":
        told = of_kinds(regions, RegionKind.TEXT)
        if not told:
            raise NotApplicable("this answer has no text to say again")
        more = replace(found[told[0]], before=b"", delay=0.0)
    elif what in JUNK:
        more = raw_unit(found[0], JUNK[what])
    else:
        raise UsageError(f"{what!r} is no junk", hint=f"Junk is: text, {', '.join(JUNK)}")
    return rebuild(exchange, [*found, more])
