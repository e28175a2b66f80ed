"""AWS binary event stream, application/vnd.amazon.eventstream: frames in, frames out.

Both checksums are verified before anything that they cover is believed, and a last frame that did
not come whole is reported by `end`. What a frame means is the business of whoever speaks on it.
"""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

from harness.errors import ChecksumError, FramingError, LimitError, WireError
from harness.model import Span
from harness.wire.growing import Growing
from harness.wire.jsontext import loads
from harness.wire.pending import Pending

LIMIT = 24 * 1024 * 1024  # of one payload
HEADERS_LIMIT = 128 * 1024
_PRELUDE = struct.Struct(">III")
_OVERHEAD = 16
_CACHED = 512  # servers repeat a few short header blocks; only those are worth remembering


class Byte(int):
    """A header value of 8 bits. These types are ints that remember their width on the wire."""


class Short(int):
    """16 bits."""


class Integer(int):
    """32 bits."""


class Long(int):
    """64 bits."""


class Timestamp(int):
    """64 bits: milliseconds since the epoch."""


HeaderValue = bool | int | bytes | str | uuid.UUID
_NUMBERS: dict[int, tuple[type[int], struct.Struct]] = {
    2: (Byte, struct.Struct(">b")),
    3: (Short, struct.Struct(">h")),
    4: (Integer, struct.Struct(">i")),
    5: (Long, struct.Struct(">q")),
    8: (Timestamp, struct.Struct(">q")),
}


class Frame(NamedTuple):
    """One message whose checksums are right, and where each of its parts stood."""

    headers: dict[str, HeaderValue]
    payload: bytes
    start: int
    payload_start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def prelude_span(self) -> Span:
        """Both lengths and their checksum."""
        return Span(self.start, self.start + 12)

    @property
    def headers_span(self) -> Span:
        return Span(self.start + 12, self.payload_start)

    @property
    def payload_span(self) -> Span:
        return Span(self.payload_start, self.end - 4)

    @property
    def crc_span(self) -> Span:
        return Span(self.end - 4, self.end)

    def json(self) -> Any:
        return loads(self.payload)


class EventStreamDecoder:
    """Feed pieces of any size; frames come out with their last byte. `limit` bounds one payload."""

    __slots__ = ("_error", "_need", "_offset", "_pending", "limit")

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._pending = Growing()
        self._offset = 0  # where the frame under way began
        self._need = 12  # so much of it must be there before anything can be said
        self._error: WireError | None = None

    def fork(self) -> EventStreamDecoder:
        fork = EventStreamDecoder.__new__(EventStreamDecoder)
        fork.limit, fork._offset, fork._need = self.limit, self._offset, self._need
        fork._error, fork._pending = self._error, self._pending.fork()
        return fork

    def feed(self, data: bytes) -> list[Frame]:
        if self._error is not None:
            raise self._error
        frames: list[Frame] = []
        if self._pending or len(data) < self._need:
            self._pending.append(data)
            if len(self._pending) < self._need:
                return frames
            data = self._pending.take()
        base, at = self._offset, 0
        try:
            while len(data) - at >= self._need:
                if self._need == 12:
                    self._need = self._length(data, at)
                    continue
                frames.append(_frame(data, at, at + self._need, base))
                at += self._need
                self._need, self._offset = 12, base + at
        except WireError as error:
            self._error = error
            if not frames:
                raise
        self._pending.append(data[at:])
        return frames

    def end(self) -> Pending | None:
        if self._error is not None:
            raise self._error
        return Pending(self._pending, self._offset) if self._pending else None

    def _length(self, data: bytes, at: int) -> int:
        total, headers, crc = _PRELUDE.unpack_from(data, at)
        if crc32(data[at : at + 8]) != crc:
            raise _mismatch("prelude", self._offset, crc, crc32(data[at : at + 8]))
        if total < headers + _OVERHEAD:
            raise FramingError(
                "a frame is too short for its headers",
                offset=self._offset,
                found=f"{total} bytes in all, {headers} of headers",
            )
        if headers > HEADERS_LIMIT or total - headers - _OVERHEAD > self.limit:
            raise LimitError(
                f"a frame exceeds {HEADERS_LIMIT} bytes of headers or {self.limit} of payload",
                offset=self._offset,
                found=f"{headers} and {total - headers - _OVERHEAD}",
            )
        return int(total)


def _frame(data: bytes, at: int, end: int, base: int) -> Frame:
    headers = int.from_bytes(data[at + 4 : at + 8], "big")
    crc = int.from_bytes(data[end - 4 : end], "big")
    found = crc32(memoryview(data)[at : end - 4])
    if crc != found:
        raise _mismatch("message", base + at, crc, found)
    middle = at + 12 + headers
    block = data[at + 12 : middle]
    try:
        parsed = dict(_cached(block)) if headers <= _CACHED else _headers(block)
    except FramingError as error:
        raise FramingError(error.what, offset=base + at + 12) from None
    return Frame(parsed, data[middle : end - 4], base + at, base + middle, base + end)


def _mismatch(what: str, offset: int, said: int, found: int) -> ChecksumError:
    return ChecksumError(
        f"the {what} checksum of the frame is wrong",
        offset=offset,
        found=f"0x{said:08x} for bytes that give 0x{found:08x}",
    )


def _headers(block: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    at = 0
    try:
        while at < len(block):
            after = at + 1 + block[at]
            name = block[at + 1 : after].decode()
            if name in headers:
                raise FramingError(f"header {name!r} stands twice in one frame")
            headers[name], at = _value(block, after + 1, block[after])
    except (IndexError, struct.error):
        raise FramingError("a header runs out of its block") from None
    except UnicodeDecodeError:
        raise FramingError("a header is no UTF-8") from None
    if at != len(block):
        raise FramingError("a header runs out of its block")
    return headers


_cached = lru_cache(maxsize=256)(_headers)


def _value(block: bytes, at: int, kind: int) -> tuple[HeaderValue, int]:
    if kind in (0, 1):
        return kind == 0, at
    if kind in _NUMBERS:
        made, layout = _NUMBERS[kind]
        return made(layout.unpack_from(block, at)[0]), at + layout.size
    if kind in (6, 7):
        size = block[at] << 8 | block[at + 1]
        raw = block[at + 2 : at + 2 + size]
        return raw if kind == 6 else raw.decode(), at + 2 + size
    if kind == 9:
        if at + 16 > len(block):
            raise FramingError("a header runs out of its block")
        return uuid.UUID(bytes=block[at : at + 16]), at + 16
    raise FramingError(f"no header type {kind}")


def encode(headers: Mapping[str, HeaderValue], payload: bytes = b"") -> bytes:
    """One frame with right checksums. A plain int takes the smaller of 32 and 64 bits."""
    block = b"".join(_encode_header(name, value) for name, value in headers.items())
    if len(block) > HEADERS_LIMIT or len(payload) > LIMIT:
        raise LimitError("a frame cannot hold this", found=f"{len(block)} and {len(payload)} bytes")
    prelude = struct.pack(">II", _OVERHEAD + len(block) + len(payload), len(block))
    frame = prelude + crc32(prelude).to_bytes(4, "big") + block + payload
    return frame + crc32(frame).to_bytes(4, "big")


def _encode_header(name: str, value: HeaderValue) -> bytes:
    raw = name.encode()
    if len(raw) > 255:
        raise FramingError("a header's name is longer than 255 bytes", found=repr(name[:40]))
    return bytes((len(raw),)) + raw + _encode_value(name, value)


def _encode_value(name: str, value: HeaderValue) -> bytes:
    if isinstance(value, bool):
        return b"\0" if value else b"\1"
    if isinstance(value, uuid.UUID):
        return b"\x09" + value.bytes
    if isinstance(value, bytes | str):
        kind, data = (6, value) if isinstance(value, bytes) else (7, value.encode())
        if len(data) > 0xFFFF:
            raise FramingError(f"header {name!r} is longer than 65535 bytes", found=str(len(data)))
        return struct.pack(">BH", kind, len(data)) + data
    fits = type(value) if type(value) is not int else Integer if -(2**31) <= value < 2**31 else Long
    for kind, (made, layout) in _NUMBERS.items():
        if made is fits:
            try:
                return bytes((kind,)) + layout.pack(value)
            except struct.error:
                break
    raise FramingError(f"no header type holds {name!r}", found=repr(value))
