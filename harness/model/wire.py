"""What was said on the wire: requests, pieces, endings, and the anatomy of a body."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]


class Ending(StrEnum):
    """How the peer left: the one fact about a stream that its bytes cannot tell."""

    COMPLETE = "complete"
    EOF = "eof"  # closed early, without the terminator that HTTP or the protocol promised
    RESET = "reset"
    STALL = "stall"  # nothing more came, and nobody closed
    CLIENT_CLOSED = "client_closed"  # recorded only: the client left first


class Piece(NamedTuple):
    """Bytes that arrived together, and the seconds since the piece (or the head) before them."""

    data: bytes
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as one value: what a credential's flow or an error reader wants to see."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as bytes.

    `status` is None when the connection died before a status line; `connected` is then False when
    it died before the request could even be sent (refused, or a connect that never returned).
    """

    request: Request
    status: int | None = 200
    reason: str = ""
    headers: Headers = ()
    pieces: tuple[Piece, ...] = ()
    ending: Ending = Ending.COMPLETE
    head_delay: float = 0.0
    connected: bool = True
    http_version: str = "HTTP/1.1"

    @property
    def body(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces)

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


def find_header(headers: Headers, name: str) -> str | None:
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


class Framing(StrEnum):
    SSE = "sse"
    EVENTSTREAM = "eventstream"
    NDJSON = "ndjson"
    DOCUMENT = "document"  # one JSON (or any other) body, whole


class Span(NamedTuple):
    start: int
    end: int


class RegionKind(StrEnum):
    TEXT = "text"
    REASONING = "reasoning"
    SIGNATURE = "signature"
    TOOL_ID = "tool_id"
    TOOL_NAME = "tool_name"
    TOOL_ARGUMENTS = "tool_arguments"
    FINISH = "finish"
    USAGE = "usage"
    TERMINATOR = "terminator"
    ERROR = "error"


class Region(NamedTuple):
    """A span of an exchange's body that carries one meaning.

    `start:end` is the payload as it stands on the wire (inside the quotes of a JSON string, so
    still escaped); `text` is that payload decoded; `unit` is the index of the frame or event around
    it. A meaning that arrives in fragments is several regions with the same `kind` and `call`.
    """

    kind: RegionKind
    start: int
    end: int
    unit: int
    call: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Regions:
    """The anatomy of one body: its frames or events in order, and the meanings inside them."""

    framing: Framing
    units: tuple[Span, ...] = ()
    spans: tuple[Region, ...] = ()

    def of(self, kind: RegionKind | str, call: int | None = None) -> tuple[Region, ...]:
        return tuple(
            span for span in self.spans if span.kind == kind and (call is None or span.call == call)
        )

    def text(self, kind: RegionKind | str, call: int | None = None) -> str:
        return "".join(span.text for span in self.of(kind, call))
