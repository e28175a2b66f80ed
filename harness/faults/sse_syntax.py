"""The same events in other words of the event-stream grammar: a right reader sees no difference.

`style` is crlf, cr, bom, comments, no_space, multi_line (a JSON text broken over data lines),
event_names (`event: message` on unnamed events), no_event_names, ids (id and retry lines), padded
(spaces after the JSON), blank (empty lines between), empty_event (a block that has no data).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import need
from harness.faults._edit import measured
from harness.model import Exchange, Framing, Piece, Regions
from harness.wire.reframe import Unit, rebuild, units
from harness.wire.sse import BOM

WIRES = frozenset({"chat", "messages", "responses", "jwt"})


def apply(exchange: Exchange, regions: Regions, *, style: str) -> Exchange:
    need(regions, Framing.SSE)
    if style not in _STYLES:
        raise UsageError(f"{style!r} is no style", hint=f"Styles are: {', '.join(_STYLES)}")
    found = units(exchange, regions)
    whole = rebuild(exchange, found)
    pieces = tuple(
        Piece(_STYLES[style](unit, piece.data, number), piece.delay)
        for number, (unit, piece) in enumerate(zip(found, whole.pieces, strict=True))
    )
    if b"".join(piece.data for piece in pieces) == exchange.body:
        raise NotApplicable(f"this answer is {style} already, or has nothing to change")
    return replace(exchange, headers=measured(exchange.headers, pieces), pieces=pieces)


def _ends(end: bytes) -> Callable[[Unit, bytes, int], bytes]:
    return lambda unit, raw, number: re.sub(rb"\r\n|\r|\n", end, raw)


def _bom(unit: Unit, raw: bytes, number: int) -> bytes:
    return BOM + raw if number == 0 and not raw.startswith(BOM) else raw


def _comments(unit: Unit, raw: bytes, number: int) -> bytes:
    return b": keep-alive\n\n:\n" + raw


def _no_space(unit: Unit, raw: bytes, number: int) -> bytes:
    return re.sub(rb"(?m)^(data|event|id): ", rb"\1:", raw)


def _multi_line(unit: Unit, raw: bytes, number: int) -> bytes:
    """Broken after the first comma that stands before a key: white space to JSON."""
    return re.sub(rb'(?m)^(data: ?\{.*?[^\\]),(?=\s*"[a-z_]+":)', rb"\1,\ndata: ", raw, count=1)


def _event_names(unit: Unit, raw: bytes, number: int) -> bytes:
    named = re.search(rb"(?m)^event:", raw) or not re.search(rb"(?m)^data:", raw)
    return raw if named else re.sub(rb"(?m)^data:", b"event: message\ndata:", raw, count=1)


def _no_event_names(unit: Unit, raw: bytes, number: int) -> bytes:
    return re.sub(rb"(?m)^event:[^\r\n]*(\r\n|\r|\n)", b"", raw)


def _ids(unit: Unit, raw: bytes, number: int) -> bytes:
    return b"id: %d\nretry: 3000\n" % number + raw


def _padded(unit: Unit, raw: bytes, number: int) -> bytes:
    return re.sub(rb"(?m)^(data: ?\{[^\r\n]*\})", rb"\1  ", raw)


def _blank(unit: Unit, raw: bytes, number: int) -> bytes:
    return b"\n\n" + raw


def _empty_event(unit: Unit, raw: bytes, number: int) -> bytes:
    return b"event: nothing\n\n" + raw


_STYLES: dict[str, Callable[[Unit, bytes, int], bytes]] = {
    "crlf": _ends(b"\r\n"),
    "cr": _ends(b"\r"),
    "bom": _bom,
    "comments": _comments,
    "no_space": _no_space,
    "multi_line": _multi_line,
    "event_names": _event_names,
    "no_event_names": _no_event_names,
    "ids": _ids,
    "padded": _padded,
    "blank": _blank,
    "empty_event": _empty_event,
}
