"""How a body was cut, as text: `312@350 280@21.4 64*30@20 17`.

One word a run: bytes, then `*count` if several pieces in a row are equal, then `@milliseconds` of
delay before each of them. `events` (or `events@20`) stands for one piece an event: cut after every
blank line, or after every frame of an AWS event stream. Both ways are exact: what `write` says,
`read` gives back, to the last bit of a delay.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import groupby, pairwise

from harness.model import Piece

EVENTS = "events"
_RUN = re.compile(r"(\d+)(?:\*(\d+))?(?:@(\d+(?:\.\d+)?))?\Z", re.ASCII)
_UNIFORM = re.compile(r"events(?:@(\d+(?:\.\d+)?))?\Z", re.ASCII)
_DELAY = re.compile(r"(\d+(?:\.\d+)?)ms\Z", re.ASCII)
_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_MOST_EMPTY = 100_000  # pieces without bytes, which a body does not bound


def read(text: str, body: bytes, *, framed: bool = False) -> tuple[Piece, ...]:
    """Raises ValueError, with a sentence, where the text is no notation or does not fit."""
    uniform = _UNIFORM.match(text)
    if uniform:
        delay = _seconds(uniform[1])
        return tuple(Piece(part, delay) for part in events_of(body, framed=framed))
    pieces: list[Piece] = []
    start = empty = 0
    for word in text.split():
        run = _RUN.match(word)
        if run is None:
            raise ValueError(f"{word!r} is no run of pieces (size*count@milliseconds)")
        size, count, delay = int(run[1]), int(run[2] or 1), _seconds(run[3])
        empty += 0 if size else count
        if start + size * count > len(body):
            raise ValueError(_wrong_sum(text, body))
        if empty > _MOST_EMPTY:
            raise ValueError(f"more than {_MOST_EMPTY} pieces are empty")
        for _ in range(count):
            pieces.append(Piece(body[start : start + size], delay))
            start += size
    if start != len(body):
        raise ValueError(_wrong_sum(text, body))
    return tuple(pieces)


def _wrong_sum(text: str, body: bytes) -> str:
    runs = [_RUN.match(word) for word in text.split()]
    total = sum(int(run[1]) * int(run[2] or 1) for run in runs if run)
    return f"the pieces are {total} bytes, the body has {len(body)}"


def write(pieces: tuple[Piece, ...], body: bytes, *, framed: bool = False) -> str | int:
    """The shortest of the ways to say it; a single undelayed piece is just its size."""
    delays = {piece.delay for piece in pieces}
    even = len(delays) == 1 and len(pieces) > 1
    if even and [piece.data for piece in pieces] == events_of(body, framed=framed):
        return EVENTS + _at(delays.pop())
    if len(pieces) == 1 and not pieces[0].delay:
        return len(body)
    runs = groupby((len(piece.data), piece.delay) for piece in pieces)
    return " ".join(_run(size, sum(1 for _ in same), delay) for (size, delay), same in runs)


def _run(size: int, count: int, delay: float) -> str:
    return f"{size}*{count}{_at(delay)}" if count > 1 else f"{size}{_at(delay)}"


def _at(delay: float) -> str:
    return f"@{milliseconds(delay)}" if delay else ""


def _seconds(text: str | None) -> float:
    seconds = float(f"{text}e-3") if text else 0.0
    if math.isinf(seconds):
        raise ValueError("a delay is no time that ever ends")
    return seconds


def milliseconds(seconds: float) -> str:
    """Exactly: the decimal point of the shortest decimal that is this float, moved by three."""
    exact = Decimal(repr(float(seconds))).scaleb(3)
    if not exact.is_finite() or exact < 0:
        raise ValueError(f"a delay of {seconds!r} seconds cannot be written")
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_delay(text: str) -> float:
    """`350ms` in seconds."""
    delay = _DELAY.match(text)
    if delay is None:
        raise ValueError(f"{text!r} is no delay, such as 350ms")
    return _seconds(delay[1])


def write_delay(seconds: float) -> str:
    return f"{milliseconds(seconds)}ms"


def events_of(body: bytes, *, framed: bool = False) -> list[bytes]:
    """The body cut after each event; what is left after the last one is a piece of its own."""
    cuts = _frame_ends(body) if framed else [blank.end() for blank in _BLANK_LINE.finditer(body)]
    edges = [0, *cuts, len(body)]
    return [body[a:b] for a, b in pairwise(edges) if a < b]


def _frame_ends(body: bytes) -> list[int]:
    """By the length that each frame declares; bytes that are no frame stay together."""
    ends, start = [], 0
    while len(body) - start >= 16:
        length = int.from_bytes(body[start : start + 4], "big")
        if not 16 <= length <= len(body) - start:
            break
        start += length
        ends.append(start)
    return ends
