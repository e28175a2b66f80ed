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

from enum import Enum
from typing import NamedTuple

from harness.model import Ending, Exchange, Headers

READ_SIZE = 65536


class Body(Enum):
    NONE = "none"
    CHUNKED = "chunked"
    LENGTH = "content-length"
    CLOSE = "until close"
    RAW = "raw"


class Step(NamedTuple):
    """Bytes to be written at once, `due` seconds after the request was read."""

    due: float
    data: bytes


class Plan(NamedTuple):
    """Everything one exchange writes, and whether the connection then lives on."""

    steps: tuple[Step, ...]
    ending: Ending
    keep_alive: bool
    body: Body


def plan(exchange: Exchange, method: str = "POST") -> Plan:
    headers = exchange.headers
    body = _body(exchange, method)
    if body is Body.CHUNKED:
        headers = _chunked(headers)
    due = exchange.head_delay
    steps: list[Step] = []
    if exchange.status is not None:
        steps.append(Step(due, _head(exchange, headers)))
    chunked = body is Body.CHUNKED
    for piece in exchange.pieces if body is not Body.NONE else ():
        due += piece.delay
        if piece.data:  # an empty chunk would be the terminator
            data = b"%x\r\n%b\r\n" % (len(piece.data), piece.data) if chunked else piece.data
            steps.append(Step(due, data))
    ending = Ending.EOF if exchange.ending is Ending.CLIENT_CLOSED else exchange.ending
    if ending is Ending.COMPLETE and chunked:
        steps.append(Step(due, b"0\r\n\r\n"))
    return Plan(tuple(steps), ending, _keeps_alive(exchange, body, ending), body)


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
    return (exchange.header("connection") or "").lower() == "close"


def _chunked(headers: Headers) -> Headers:
    kept = tuple(pair for pair in headers if pair[0].lower() != "content-length")
    if any(name.lower() == "transfer-encoding" for name, _ in kept):
        return kept
    return (*kept, ("transfer-encoding", "chunked"))


def _head(exchange: Exchange, headers: Headers) -> bytes:
    # Both doors speak HTTP/1.1; an exchange recorded over HTTP/2 is played as its meaning.
    version = exchange.http_version if exchange.http_version == "HTTP/1.0" else "HTTP/1.1"
    lines = [f"{version} {exchange.status} {exchange.reason}"]
    lines += [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join(lines) + "\r\n\r\n"
    try:
        return text.encode("latin-1")  # how the captured bytes became text
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")


def _keeps_alive(exchange: Exchange, body: Body, ending: Ending) -> bool:
    if ending is not Ending.COMPLETE or _closes(exchange) or exchange.http_version == "HTTP/1.0":
        return False
    if body is Body.LENGTH:
        # A wrong length leaves both sides out of step: a server can only hang up.
        declared = (exchange.header("content-length") or "").strip()
        return declared.isdecimal() and int(declared) == sum(
            len(piece.data) for piece in exchange.pieces
        )
    return body in (Body.NONE, Body.CHUNKED)


def reads(played: Plan) -> tuple[Step, ...]:
    """The steps as a client's reads, joined where joining shows nothing.

    Chunks that are due at the same time come out of the client's parser one by one even when they
    arrive together, so one read may bring several; it is never larger than a client's buffer, for
    that would cut a chunk in two."""
    if played.body is not Body.CHUNKED:
        return played.steps
    joined: list[Step] = []
    group: list[bytes] = []
    due, size = 0.0, 0
    for step in played.steps:
        if group and (step.due != due or size + len(step.data) > READ_SIZE):
            joined.append(Step(due, b"".join(group)))
            group, size = [], 0
        due = step.due
        group.append(step.data)
        size += len(step.data)
    if group:
        joined.append(Step(due, b"".join(group)))
    return tuple(joined)
