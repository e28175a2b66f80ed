"""Content codings, streamed: gzip, deflate (with a zlib header or raw), br and zstd.

A decoder never gives more than its limit, however small the input. br and zstd need a package that
is not installed by default; without it their decoder is refused by name.
"""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any, Protocol

from harness.errors import CodingError, LimitError, WireError
from harness.model import Headers
from harness.wire.growing import Growing

LIMIT = 64 * 1024 * 1024
_MOST_CODINGS = 4
_OVERHEAD = 1024  # coded input may be this much more than twice the limit
_ZSTD_WINDOW = 8 * 1024 * 1024  # what HTTP allows
_ZSTD_SLICE = 64  # so much input makes at most some 2 MB of output


class _Inflater(Protocol):
    """One member of a coding. `inflate` returns what the bytes give, or a little more than `room`
    if that is too much; once `finished`, `unused` are the bytes after the member's end."""

    finished: bool
    unused: bytes

    def inflate(self, data: bytes, room: int) -> bytes: ...


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inner = zlib.decompressobj(window)
        self.finished, self.unused = False, b""

    def inflate(self, data: bytes, room: int) -> bytes:
        try:
            out = self._inner.decompress(data, room + 1)
        except zlib.error as error:
            raise CodingError(f"damaged: {error}") from error
        self.finished, self.unused = self._inner.eof, self._inner.unused_data
        return out


class _Deflate:
    """`deflate` should have a zlib header; servers that leave it out are told by two bytes."""

    def __init__(self) -> None:
        self._head = b""
        self._inner: _Zlib | None = None
        self.finished, self.unused = False, b""

    def inflate(self, data: bytes, room: int) -> bytes:
        if self._inner is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data = self._head
            wrapped = data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._inner = _Zlib(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        out = self._inner.inflate(data, room)
        self.finished, self.unused = self._inner.finished, self._inner.unused
        return out


class _Brotli:
    def __init__(self) -> None:
        self._module = _package("brotli", "br")
        self._inner = self._module.Decompressor()
        self.finished, self.unused = False, b""

    def inflate(self, data: bytes, room: int) -> bytes:
        parts: list[bytes] = []
        try:
            while True:
                part = self._inner.process(data, output_buffer_limit=room + 1)
                parts.append(part)
                room -= len(part)
                data = b""
                if room < 0 or self._inner.can_accept_more_data():
                    break
        except self._module.error as error:
            raise CodingError(f"damaged: {error}") from error
        self.finished = self._inner.is_finished()
        return b"".join(parts)


class _Zstd:
    def __init__(self) -> None:
        self._module = _package("zstandard", "zstd")
        self._inner = self._module.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        self.finished, self.unused = False, b""

    def inflate(self, data: bytes, room: int) -> bytes:
        parts: list[bytes] = []
        for at in range(0, len(data), _ZSTD_SLICE):
            try:
                parts.append(self._inner.decompress(data[at : at + _ZSTD_SLICE]))
            except self._module.ZstdError as error:
                raise CodingError(f"damaged: {error}") from error
            room -= len(parts[-1])
            if self._inner.eof:
                self.finished = True
                self.unused = self._inner.unused_data + data[at + _ZSTD_SLICE :]
                break
            if room < 0:
                break
        return b"".join(parts)


def _package(module: str, coding: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise CodingError(
            f"content coding {coding!r} needs the package {module!r}",
            hint="Install provider-harness[codings]",
        ) from None


# how to open a member, and whether another may follow it
_CODINGS: dict[str, tuple[Callable[[], _Inflater], bool]] = {
    "gzip": (lambda: _Zlib(zlib.MAX_WBITS | 16), True),
    "deflate": (_Deflate, False),
    "br": (_Brotli, False),
    "zstd": (_Zstd, True),
}
_ALIASES = {"x-gzip": "gzip", "identity": "", "none": "", "utf-8": ""}


class Decoder:
    """One coding. Forks share what has come; one that is fed on decodes that again first."""

    def __init__(self, name: str, limit: int = LIMIT) -> None:
        self.name, self.limit = name, limit
        self._open, self._repeats = _CODINGS[name]
        self._inflater: _Inflater | None = self._open()
        self._seen = Growing()  # the coded bytes: what a fork or a salvage starts from
        self._given = 0
        self._whole = True
        self._error: WireError | None = None

    def fork(self) -> Decoder:
        fork = Decoder.__new__(Decoder)
        fork.name, fork.limit = self.name, self.limit
        fork._open, fork._repeats, fork._inflater = self._open, self._repeats, None
        fork._given, fork._whole, fork._error = self._given, self._whole, self._error
        fork._seen = self._seen.fork()
        return fork

    def feed(self, data: bytes) -> bytes:
        if self._error is not None:
            raise self._error
        if not data:
            return b""
        if self._inflater is None:
            self._again()
        most = 2 * self.limit + _OVERHEAD - len(self._seen)
        over = len(data) > most
        data = data[:most]
        try:
            out = self._inflate(data)
        except CodingError:
            out = self._salvage(data)
        room = self.limit - self._given
        if len(out) > room or (over and self._error is None):
            self._error = LimitError(f"a {self.name} body holds more than {self.limit} bytes")
            out = out[:room]
        self._seen.append(data)
        self._given += len(out)
        if self._error is not None and not out:
            raise self._error
        return out

    def end(self) -> bool:
        """Whether the body came whole: by its coding's own end, or by being empty."""
        if self._error is not None:
            raise self._error
        return self._whole

    def _inflate(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        room = self.limit - self._given
        while data and room >= 0:
            assert self._inflater is not None
            if self._inflater.finished:
                if not self._repeats:
                    raise CodingError("bytes after the end of the coded body")
                self._inflater = self._open()
            parts.append(self._inflater.inflate(data, room))
            room -= len(parts[-1])
            data = self._inflater.unused
            self._whole = self._inflater.finished
        return b"".join(parts)

    def _again(self) -> None:
        """The state after everything seen so far, which was decoded without fault before."""
        self._inflater, self._given = self._open(), 0
        self._given = len(self._inflate(bytes(self._seen)))

    def _salvage(self, data: bytes) -> bytes:
        """What a piece gives before the byte that breaks it, found in ever smaller steps; the error
        waits for the next call."""
        given, good = self._given, 0
        parts: list[bytes] = []
        for step in (65536, 256, 1):
            self._again()
            parts = [self._inflate(data[:good])]
            self._given += len(parts[0])
            try:
                while good < len(data):
                    parts.append(self._inflate(data[good : good + step]))
                    self._given += len(parts[-1])
                    good += step
            except CodingError as error:
                offset = len(self._seen) + good
                self._error = CodingError(f"{self.name}: {error.what}", offset=offset)
        self._given = given
        return b"".join(parts)


class Codings:
    """All codings of a body, the last applied first. Without any, bytes pass as they are."""

    def __init__(self, names: list[str], limit: int = LIMIT) -> None:
        self._chain = [Decoder(name, limit) for name in reversed(names)]

    def fork(self) -> Codings:
        fork = Codings([])
        fork._chain = [decoder.fork() for decoder in self._chain]
        return fork

    def feed(self, data: bytes) -> bytes:
        for decoder in self._chain:
            data = decoder.feed(data)
        return data

    def end(self) -> bool:
        whole = [decoder.end() for decoder in self._chain]
        return all(whole)


def names(value: str) -> list[str]:
    """The codings of a content-encoding header, in the order in which they were applied."""
    found = []
    for part in value.split(","):
        name = part.strip().lower()
        name = _ALIASES.get(name, name)
        if name and name not in _CODINGS:
            raise CodingError(
                f"no content coding {name!r}", hint=f"Known are {', '.join(_CODINGS)}"
            )
        found += [name] if name else []
    if len(found) > _MOST_CODINGS:
        raise CodingError(f"more than {_MOST_CODINGS} content codings", found=repr(value[:80]))
    return found


def decoder(value: str, limit: int = LIMIT) -> Codings:
    """A decoder for what a content-encoding header says."""
    return Codings(names(value), limit)


def decode_body(
    headers: Headers, body: bytes, *, limit: int = LIMIT, partial: bool = False
) -> bytes:
    """A body without its content codings. One that was cut is a CodingError, unless `partial`."""
    value = ",".join(text for name, text in headers if name.lower() == "content-encoding")
    codings = decoder(value, limit)
    plain = codings.feed(body)
    if not codings.end() and not partial:
        raise CodingError(
            f"a {value} body was cut", offset=len(body), hint="Its beginning can still be decoded"
        )
    return plain


def encode(value: str, body: bytes) -> bytes:
    """The body in the codings of a content-encoding header."""
    for name in names(value):
        if name == "gzip":
            packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
            body = packer.compress(body) + packer.flush()
        elif name == "deflate":
            body = zlib.compress(body)
        elif name == "br":
            body = _package("brotli", name).compress(body)
        else:
            body = _package("zstandard", name).ZstdCompressor().compress(body)
    return body
