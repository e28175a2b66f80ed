"""An exchange as the bytes of an HTTP/1.1 connection: what both doors play.

The rule of this file: one piece is one HTTP chunk (or, without chunking, one write), and the
framing follows the exchange's own headers:

| the exchange has                       | framing, and after the last piece            |
| -------------------------------------- | -------------------------------------------- |
| no status                              | the pieces are raw bytes in place of an answer |
| 1xx, 204, 304, or the answer to a HEAD | no body                                      |
| transfer-encoding: chunked             | chunked (a content-length beside it is dropped) |
| content-length                         | as declared, also when it is wrong           |
| connection: close, or HTTP/1.0         | until the connection closes                  |
| none of these                          | chunked, and the header is added             |
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from harness.model import Ending, Exchange, Headers

READ_SIZE = 65536
_FRAMING = 10  # what the framing of one chunk adds at most: its length in hex, two line ends


class Body(Enum):
    NONE = "none"
    CHUNKED = "chunked"
    LENGTH = "content-length"
    CLOSE = "until close"
    RAW = "raw"


Step = tuple[float, bytes]  # when, in seconds after the request was read, and what
Read = tuple[float, bytes | tuple[bytes, ...]]  # the same, or whole chunks without their framing


class Plan(NamedTuple):
    """Everything one exchange writes, and whether the connection then lives on."""

    steps: list[Step]
    ending: Ending
    keep_alive: bool


class Reads(NamedTuple):
    """The same as what a client reads."""

    steps: list[Read]
    ending: Ending
    keep_alive: bool


def plan(exchange: Exchange, method: str = "POST") -> Plan:
    """One write a piece, for a socket."""
    body = _body(exchange, method)
    steps = list(_head(exchange, body))
    for due, data in _pieces(exchange, body):
        steps.append((due, frame((data,)) if body is Body.CHUNKED else data))
    return Plan([*steps, *_tail(exchange, body)], *_after(exchange, body))


def reads(exchange: Exchange, method: str = "POST") -> Reads:
    """The same bytes for a client in this process, chunks joined where joining shows nothing.

    Chunks that are due at the same time come out of a client's parser one by one even when they
    arrive together, so one read brings several; it is never larger than a client's buffer, for
    that would cut a chunk in two."""
    body = _body(exchange, method)
    steps: list[Read] = [*_head(exchange, body)]
    pieces = _pieces(exchange, body)
    steps += _joined(pieces) if body is Body.CHUNKED else pieces
    return Reads([*steps, *_tail(exchange, body)], *_after(exchange, body))


def frame(chunks: Iterable[bytes]) -> bytes:
    return b"".join([b"%x\r\n%b\r\n" % (len(data), data) for data in chunks])


def _head(exchange: Exchange, body: Body) -> Iterator[Step]:
    if exchange.status is not None:
        yield exchange.head_delay, _status_and_headers(exchange, body)


def _pieces(exchange: Exchange, body: Body) -> Iterator[Step]:
    due = exchange.head_delay
    for data, delay in exchange.pieces if body is not Body.NONE else ():
        due += delay
        if data:  # an empty chunk would be the terminator
            yield due, data


def _tail(exchange: Exchange, body: Body) -> Iterator[Step]:
    if body is Body.CHUNKED and exchange.ending is Ending.COMPLETE:
        yield sum((delay for _, delay in exchange.pieces), exchange.head_delay), b"0\r\n\r\n"


def _after(exchange: Exchange, body: Body) -> tuple[Ending, bool]:
    ending = Ending.EOF if exchange.ending is Ending.CLIENT_CLOSED else exchange.ending
    return ending, _keeps_alive(exchange, body, ending)


def _joined(pieces: Iterable[Step]) -> Iterator[Read]:
    group: list[bytes] = []
    at, size = 0.0, 0
    for due, data in pieces:
        length = len(data) + _FRAMING
        if group and (due != at or size + length > READ_SIZE):
            yield at, tuple(group)
            group, size = [], 0
        if length > READ_SIZE:
            yield due, frame((data,))
            continue
        at = due
        size += length
        group.append(data)
    if group:
        yield at, tuple(group)


def _body(exchange: Exchange, method: str) -> Body:
    if exchange.status is None:
        return Body.RAW
    if method == "HEAD" or exchange.status in (204, 304) or exchange.status < 200:
        return Body.NONE
    coding = exchange.header("transfer-encoding")
    if coding is not None and coding.lower().rpartition(",")[2].strip() == "chunked":
        return Body.CHUNKED
    if exchange.header("content-length") is not None:
        return Body.LENGTH
    if _closes(exchange) or exchange.http_version == "HTTP/1.0":
        return Body.CLOSE
    return Body.CHUNKED


def _closes(exchange: Exchange) -> bool:
    said = (exchange.header("connection") or "").lower().split(",")
    return "close" in map(str.strip, said)


def _chunked(headers: Headers) -> Headers:
    kept = tuple(pair for pair in headers if pair[0].lower() != "content-length")
    if any(name.lower() == "transfer-encoding" for name, _ in kept):
        return kept
    return (*kept, ("transfer-encoding", "chunked"))


def _status_and_headers(exchange: Exchange, body: Body) -> bytes:
    headers = _chunked(exchange.headers) if body is Body.CHUNKED else exchange.headers
    # Both doors speak HTTP/1.1; an exchange recorded over HTTP/2 is played as its meaning.
    version = exchange.http_version if exchange.http_version == "HTTP/1.0" else "HTTP/1.1"
    lines = [f"{version} {exchange.status} {exchange.reason}"]
    lines += [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join(lines) + "\r\n\r\n"
    # How the captured bytes became text; a file by hand may hold any character, halves of them too.
    for coding, errors in (("latin-1", "strict"), ("utf-8", "surrogateescape")):
        with contextlib.suppress(UnicodeEncodeError):
            return text.encode(coding, errors)
    return text.encode("utf-8", "surrogatepass")


def _keeps_alive(exchange: Exchange, body: Body, ending: Ending) -> bool:
    if ending is not Ending.COMPLETE or _closes(exchange) or exchange.http_version == "HTTP/1.0":
        return False
    if body is Body.LENGTH:
        # A wrong length leaves both sides out of step: a server can only hang up.
        declared = (exchange.header("content-length") or "").strip()
        return declared == str(sum(len(piece.data) for piece in exchange.pieces))
    return body in (Body.NONE, Body.CHUNKED)
