"""A body's units rewritten as JSON and framed anew. What a change leaves alone keeps its bytes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from harness.errors import NotApplicable, WireError
from harness.model import Exchange, Framing, Headers, Piece, RegionKind, Regions
from harness.wire import eventstream
from harness.wire.reframe import Unit, rebuild, units

Change = Callable[[Any], Any]
T = TypeVar("T")


def json_of(unit: Unit) -> Any:
    """A unit's JSON as a value of one's own; None if it has none (`[DONE]`, a comment)."""
    if unit.loose:
        return None
    try:
        return unit.json()
    except WireError:
        return None


def object_in(unit: Unit) -> dict[str, Any]:
    """A unit's JSON object; an empty one if it is none."""
    value = json_of(unit)
    return value if isinstance(value, dict) else {}


def first_unit(found: list[Unit]) -> Unit:
    """The unit that new ones are made like."""
    if not found or found[0].loose:
        raise NotApplicable("this answer has no events")
    return found[0]


def edit(exchange: Exchange, regions: Regions, change: Change, *, what: str) -> Exchange:
    """Every unit's JSON changed in place by `change`; NotApplicable if none was."""
    found = units(exchange, regions)
    edited = [_edited(unit, change) for unit in found]
    if edited == found:
        raise NotApplicable(f"nothing in this answer has {what}")
    return rebuild(exchange, edited)


def _edited(unit: Unit, change: Change) -> Unit:
    value = json_of(unit)
    if value is None:
        return unit
    was = copy.deepcopy(value)
    change(value)
    return unit if value == was else unit.with_json(value)


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, outer ones first."""
    left = [value]
    while left:
        one = left.pop(0)
        if isinstance(one, dict):
            yield one
            left += list(one.values())
        elif isinstance(one, list):
            left += one


def made(like: Unit, value: Any, name: str | None = None) -> Unit:
    """A new unit in the framing of another, without what stood before it."""
    bare = replace(like, before=b"", delay=0.0)
    if like.framing is Framing.SSE:
        head = b"event: " + name.encode() + b"\n" if name else b""
        bare = replace(bare, raw=head + b"data: x\n\n", name=name or "message")
    elif like.framing is Framing.EVENTSTREAM:
        bare = bare.with_headers(_headers(name or like.name))
    return bare.with_json(value)


def _headers(name: str) -> dict[str, eventstream.HeaderValue]:
    return {
        ":event-type": name,
        ":content-type": "application/json",
        ":message-type": "event",
    }


def raw_unit(like: Unit, raw: bytes) -> Unit:
    """Bytes as they are, in a place between units."""
    return Unit(like.framing, raw, raw, loose=True)


def of_kinds(regions: Regions, *kinds: RegionKind, call: int | None = None) -> list[int]:
    """The units in which regions of these kinds stand, in order."""
    found = {span.unit for kind in kinds for span in regions.of(kind, call)}
    return sorted(found)


def seen(exchange: Exchange, made: Exchange) -> Exchange:
    """The answer that was made, unless nobody could see that anything was."""
    if made == exchange:
        raise NotApplicable("this answer comes so already")
    return made


def some(things: Iterable[T], what: str) -> list[T]:
    found = list(things)
    if not found:
        raise NotApplicable(f"this answer has no {what}")
    return found


def measured(headers: Headers, pieces: tuple[Piece, ...]) -> Headers:
    """The headers with the length that the body has, where they say one."""
    length = str(sum(len(piece.data) for piece in pieces))
    return tuple(
        (name, length if name.lower() == "content-length" else value) for name, value in headers
    )


def first_bytes(pieces: tuple[Piece, ...], count: int) -> tuple[Piece, ...]:
    """The pieces up to a byte; the one around it is cut."""
    kept: list[Piece] = []
    for piece in pieces:
        if count <= 0:
            break
        kept.append(Piece(piece.data[:count], piece.delay))
        count -= len(piece.data)
    return tuple(kept)
