"""The same bytes in other pieces: nothing may change.

`how` is one_byte, random (by the seed), whole, per_line, per_event, or inside_code_points: cut in
the middle of every character that has more than one byte.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.errors import NotApplicable, UsageError
from harness.faults._edit import seen
from harness.model import Exchange, Piece, Regions

WIRES = None
LONGEST = 97
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")
HOW = ("one_byte", "random", "whole", "per_line", "per_event", "inside_code_points")


def apply(exchange: Exchange, regions: Regions, *, seed: int = 0, how: str = "random") -> Exchange:
    """The whole answer takes as long as it did: its delays are put before the first piece."""
    body = exchange.body
    waited = sum(piece.delay for piece in exchange.pieces)
    parts = [body[a:b] for a, b in _spans(len(body), _bounds(body, regions, how, seed))]
    pieces = [Piece(part) for part in parts]
    if pieces:
        pieces[0] = Piece(parts[0], waited)
    return seen(exchange, replace(exchange, pieces=tuple(pieces)))


def _bounds(body: bytes, regions: Regions, how: str, seed: int) -> Iterable[int]:
    if how == "one_byte":
        return range(1, len(body))
    if how == "random":
        return _random(len(body), seed)
    if how == "whole":
        return ()
    if how == "per_line":
        return (match.end() for match in re.finditer(rb"\r\n|\r|\n", body))
    if how == "per_event":
        return (unit.end for unit in regions.units)
    if how == "inside_code_points":
        found = [match.start() + 1 for match in _MULTIBYTE.finditer(body)]
        if not found:
            raise NotApplicable("every character of this answer is one byte")
        return found
    raise UsageError(f"{how!r} is no way to cut pieces", hint=f"Ways are: {', '.join(HOW)}")


def _random(length: int, seed: int) -> Iterator[int]:
    chance = random.Random(seed)  # noqa: S311  repeatable, and nothing secret
    at = chance.randint(1, LONGEST)
    while at < length:
        yield at
        at += chance.randint(1, LONGEST)


def _spans(length: int, bounds: Iterable[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for bound in bounds:
        if start < bound < length:
            yield start, bound
            start = bound
    if start < length:
        yield start, length
