"""Whether the headers that frame a body are true to it.

In a file of ours (`metadata.harness`) everything means what it says. Elsewhere these headers are
known to be unreliable, because recorders decode and filters rewrite: a content-length or
content-encoding that contradicts the stored body is put right, and noted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from zlib import crc32

from harness.model import Exchange, Headers, find_header

_FRAMED = "application/vnd.amazon.eventstream"
_GZIP = {"gzip", "x-gzip"}
_NO_CODING = {"", "identity", "none", "utf-8"}


def is_framed(found: Headers, body: bytes) -> bool:
    """Whether a body is an AWS event stream: by its type, or, where filters took that away, by the
    checksum of its first frame's prelude."""
    kind = find_header(found, "content-type")
    if kind is not None:
        return kind.startswith(_FRAMED)
    return len(body) >= 16 and crc32(body[:8]) == int.from_bytes(body[8:12], "big")


def contradiction(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Where a complete answer's framing headers are not true to its body, by header name."""
    found, body, status = exchange.headers, exchange.body, exchange.status
    for name, text in found:
        low = name.lower()
        if low == "content-encoding" and body and _is_plain(body, text):
            yield name, f"{name} says {text}, the body is plain"
        bodiless = exchange.request.method.upper() == "HEAD" or status in {204, 304}
        if low == "content-length" and not bodiless and text != str(len(body)):
            yield name, f"{name} says {text}, the body has {len(body)} bytes"


def mended(
    found: Headers, body: bytes, method: str, status: int
) -> tuple[Headers, str, Mapping[str, tuple[str, ...]]]:
    """The headers true to the body; the coding that is no longer there; what else was wrong."""
    names = {name.lower() for name, _ in found}
    decoded, repaired = "", {}
    if body and "content-encoding" in names:
        codings = [text for name, text in found if name.lower() == "content-encoding"]
        if _is_plain(body, ", ".join(codings)):
            decoded = ", ".join(codings)
            found = tuple(pair for pair in found if pair[0].lower() != "content-encoding")
    if "content-length" in names and method.upper() != "HEAD" and status not in {204, 304}:
        lengths = tuple(text for name, text in found if name.lower() == "content-length")
        if lengths != (str(len(body)),):
            repaired["content-length"] = lengths
            found = _with_length(found, str(len(body)))
    return found, decoded, repaired


def _with_length(found: Headers, length: str) -> Headers:
    """One content-length, where the first one stood."""
    first = next(n for n, (name, _) in enumerate(found) if name.lower() == "content-length")
    return tuple(
        (name, length if number == first else text)
        for number, (name, text) in enumerate(found)
        if number == first or name.lower() != "content-length"
    )


def _is_plain(body: bytes, coding: str) -> bool:
    """Whether the coding that the header names is not (any longer) on the body."""
    if coding.lower() in _GZIP:
        return not body.startswith(b"\x1f\x8b")
    if coding.lower() in _NO_CODING:
        return False
    try:
        return b"\0" not in body and bool(body.decode())
    except UnicodeDecodeError:
        return False
