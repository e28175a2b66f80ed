"""A body as units that a fault may rewrite, drop, repeat or reorder, and those as a body again.

A unit that nobody touched comes back byte for byte. What stands between the events of a stream
(comments, blank lines) belongs to the unit after it; what stands after the last one is a last unit
marked `loose`, which carries no event.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import FramingError, WireError
from harness.model import Exchange, Framing, Piece, Regions
from harness.wire import eventstream
from harness.wire.jsontext import dumps, loads
from harness.wire.sse import MESSAGE, SseDecoder

_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_LENGTH = re.compile(r"[0-9]{1,18}\Z")  # Python refuses to read thousands of digits
_JSON_LINE = re.compile(rb"\A(.*?)(\r?\n|\r|)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unit:
    """One event, frame, line or document: `raw` as it stands on the wire, `data` its payload.

    `name` is the event's, of SSE (never empty) and of an event stream (its `:event-type`, or its
    exception or error); `before` is what stood between it and the unit before. `delay` is the time
    between the pieces in which the two units began.
    """

    framing: Framing
    raw: bytes
    data: bytes = b""
    name: str = ""
    headers: Mapping[str, eventstream.HeaderValue] = field(default_factory=dict)
    before: bytes = b""
    delay: float = 0.0
    loose: bool = False

    def json(self) -> Any:
        return loads(self.data)

    def with_json(self, value: Any) -> Unit:
        return self.with_data(dumps(value))

    def with_data(self, data: bytes) -> Unit:
        """The same unit around another payload, framed anew: checksums and line ends are right."""
        return replace(self, data=data, raw=_REFRAME[self.framing](self, data))

    def with_name(self, name: str) -> Unit:
        """The same payload under another event name, where the framing names its events."""
        if self.framing is Framing.SSE:
            return replace(self, name=name, raw=_sse(self, self.data, name))
        if self.framing is Framing.EVENTSTREAM:
            key = next((key for key in _NAMES if key in self.headers), ":event-type")
            return self.with_headers({**self.headers, key: name})
        raise FramingError(f"a unit of {self.framing} has no name")

    def with_headers(self, headers: Mapping[str, eventstream.HeaderValue]) -> Unit:
        """An event stream's frame under other headers."""
        if self.framing is not Framing.EVENTSTREAM:
            raise FramingError(f"a unit of {self.framing} has no headers")
        raw = eventstream.encode(headers, self.data)
        return replace(self, headers=headers, name=_name(headers), raw=raw)


_NAMES = (":event-type", ":exception-type", ":error-code")


def units(exchange: Exchange, regions: Regions) -> list[Unit]:
    """The units of an exchange's body: as many and in the order of `regions.units`, and perhaps a
    loose one after them."""
    body = exchange.body
    delays = _Delays(exchange.pieces)
    found: list[Unit] = []
    position = 0
    for span in regions.units:
        before, raw = body[position : span.start], body[span.start : span.end]
        delay = delays.until(span.start)
        found.append(replace(_read(regions.framing, raw), before=before, delay=delay))
        position = max(position, span.end)
    if body[position:]:
        delay = delays.until(position)
        found.append(Unit(regions.framing, body[position:], delay=delay, loose=True))
    return found


def rebuild(exchange: Exchange, units: Iterable[Unit]) -> Exchange:
    """The exchange with these units for a body: one piece each, after the unit's own delay. A
    content-length stays as right or wrong as it was."""
    pieces = tuple(Piece(unit.before + unit.raw, unit.delay) for unit in units)
    grown = sum(len(piece.data) for piece in pieces) - len(exchange.body)
    headers = tuple(
        (name, str(max(0, int(value) + grown)))
        if name.lower() == "content-length" and _LENGTH.match(value)
        else (name, value)
        for name, value in exchange.headers
    )
    return replace(exchange, pieces=pieces, headers=headers)


class _Delays:
    """How long it took from the piece asked for last to the one in which an offset lies."""

    def __init__(self, pieces: tuple[Piece, ...]) -> None:
        self._pieces = iter(pieces)
        self._reached = 0

    def until(self, offset: int) -> float:
        waited = 0.0
        while self._reached <= offset and (piece := next(self._pieces, None)) is not None:
            self._reached += len(piece.data)
            waited += piece.delay
        return waited


def _read(framing: Framing, raw: bytes) -> Unit:
    """A unit from its bytes; one that its framing cannot read has them all for its payload."""
    if framing is Framing.SSE:
        return _read_sse(raw)
    if framing is Framing.EVENTSTREAM:
        return _read_frame(raw)
    line = _JSON_LINE.match(raw) if framing is Framing.NDJSON else None
    return Unit(framing, raw, line[1] if line else raw)


def _read_sse(raw: bytes) -> Unit:
    decoder = SseDecoder(max(len(raw), 1))
    events = decoder.feed(b"\n" + raw)  # not at the start of a stream: a byte order mark is data
    event = events[0] if events else decoder.end()
    if event is None:
        return Unit(Framing.SSE, raw, b"", MESSAGE)
    return Unit(Framing.SSE, raw, event.raw, event.event)


def _read_frame(raw: bytes) -> Unit:
    try:
        frames = eventstream.EventStreamDecoder(max(len(raw), 1)).feed(raw)
    except WireError:
        frames = []
    if not frames:
        return Unit(Framing.EVENTSTREAM, raw, raw)
    headers = frames[0].headers
    return Unit(Framing.EVENTSTREAM, raw, frames[0].payload, _name(headers), headers)


def _name(headers: Mapping[str, eventstream.HeaderValue]) -> str:
    return next((str(headers[key]) for key in _NAMES if key in headers), "")


def _sse(unit: Unit, data: bytes, name: str | None = None) -> bytes:
    """The block with other data or another name: its other lines and its line ends stay."""
    lines = [line for line in _LINES.findall(unit.raw) if line]
    ends = {_end_of(line) for line in lines} - {b""}
    end = b"\r\n" if b"\r\n" in ends else b"\r" if ends == {b"\r"} else b"\n"
    if b"\r" in ends and end != b"\r":  # a CR must not come to stand before another line's LF
        lines = [line.rstrip(b"\r\n") + (end if _end_of(line) else b"") for line in lines]
    rewritten = _data_lines(data, end)
    if name is not None:
        rewritten = b"event: " + name.encode("utf-8", "replace") + end + rewritten
    kept: list[bytes] = []
    for line in lines:
        kind = line.rstrip(b"\r\n").partition(b":")[0]
        if kind == b"data" or (kind == b"event" and name is not None):
            kept.append(rewritten)
            rewritten = b""
        else:
            kept.append(line)
    body = b"".join(kept)
    return body if not rewritten else rewritten + (body or end)


def _data_lines(data: bytes, end: bytes) -> bytes:
    parts = re.split(rb"\r\n|\r|\n", data)
    return b"".join(b"data: " + part + end for part in parts)


def _end_of(line: bytes) -> bytes:
    return line[len(line.rstrip(b"\r\n")) :]


def _line(unit: Unit, data: bytes) -> bytes:
    return data + _end_of(unit.raw)


_REFRAME: dict[Framing, Callable[[Unit, bytes], bytes]] = {
    Framing.SSE: _sse,
    Framing.EVENTSTREAM: lambda unit, data: eventstream.encode(unit.headers, data),
    Framing.NDJSON: _line,
    Framing.DOCUMENT: lambda unit, data: data,
}
