"""An exchange as a person wants to see it: what was asked, what came when, and how it ended.

Times are seconds since the request. An event stands at the time of the piece that completed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from harness.cassette.framing import is_framed
from harness.cassette.source import visible
from harness.cassette.suspicion import SECRET_HEADERS, is_hidden
from harness.cassette.value import Cassette, Note
from harness.errors import WireError
from harness.model import Ending, Exchange, Headers
from harness.wire.coding import decoder
from harness.wire.eventstream import EventStreamDecoder, Frame
from harness.wire.sse import MESSAGE, SseDecoder, SseEvent

WIDTH = 160
_ENDED = {
    Ending.COMPLETE: "complete",
    Ending.EOF: "closed early",
    Ending.RESET: "reset",
    Ending.STALL: "stalled: nothing more came, and nobody closed",
    Ending.CLIENT_CLOSED: "the client left first",
}


def show_all(cassette: Cassette, *, full: bool = False) -> Iterator[str]:
    """Provenance, then every exchange."""
    told = " ".join(f"{key}={value}" for key, value in cassette.provenance.items())
    yield visible(f"provenance: {told or '(none)'}") + "\n"
    for number, pair in enumerate(zip(cassette.exchanges, cassette.notes, strict=True)):
        yield "\n" + show(*pair, number=number, full=full)


def show(
    exchange: Exchange, note: Note | None = None, *, number: int = 0, full: bool = False
) -> str:
    """`full` cuts no line and leaves no body out."""
    width = None if full else WIDTH
    request = exchange.request
    asked = visible(f"#{number} {request.method} {request.url}")
    lines = [asked, *_headers(">", request.headers)]
    lines += [f"  > {_cut(line, width)}" for line in _body_lines(request.body, full=full)]
    if exchange.status is None:
        died = "before a status" if exchange.connected else "before the request could be sent"
        end = f"  ! {_ENDED[exchange.ending]} {died}, after {exchange.head_delay:.3f} s"
        return "\n".join([*lines, end]) + "\n"
    head = f"  < {exchange.status} {exchange.reason} {exchange.http_version}"
    head = visible(head)
    lines += [f"{head} at {exchange.head_delay:.3f} s", *_headers("<", exchange.headers)]
    if note is not None and note.decoded:
        lines.append(f"  (stored without its {note.decoded} coding)")
    lines += [f"  {at:>8} {_cut(text, width)}" for at, text in _events(exchange, full=full)]
    total = exchange.head_delay + sum(piece.delay for piece in exchange.pieces)
    cut = f"{len(exchange.pieces)} pieces" if len(exchange.pieces) != 1 else "1 piece"
    if note is not None and not note.pieces_known:
        cut = "pieces unknown"
    lines.append(
        f"  = {_ENDED[exchange.ending]} at {total:.3f} s: {len(exchange.body)} bytes, {cut}"
    )
    return "\n".join(lines) + "\n"


def _headers(mark: str, headers: Headers) -> Iterator[str]:
    for name, value in headers:
        hidden = name.lower() in SECRET_HEADERS and not is_hidden(value)
        yield visible(f"  {mark} {name}: {'(hidden)' if hidden else value}")


def _cut(line: str, width: int | None) -> str:
    """No longer than `width`, and nothing in it that a terminal would obey."""
    line = visible(line)
    if width is None or len(line) <= width:
        return line
    return f"{line[:width]}... ({len(line)} characters)"


def _body_lines(body: bytes, *, full: bool) -> list[str]:
    """JSON laid out, other text as it is, bytes by their number."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return [f"({len(body)} bytes)"]
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2 if full else None, ensure_ascii=False)
    return text.splitlines()


def _events(exchange: Exchange, *, full: bool) -> Iterator[tuple[str, str]]:
    """What came, each with its time; what cannot be decoded is told as that."""
    kind = exchange.header("content-type") or ""
    plain: list[tuple[float, bytes]] = []
    try:
        plain = _decoded(exchange)
        if is_framed(exchange.headers, exchange.body):
            yield from _framed(plain, EventStreamDecoder(), _frame_text)
        elif kind.startswith("text/event-stream") or _is_sse(plain):
            yield from _framed(plain, SseDecoder(), _sse_text)
        else:
            for line in _body_lines(b"".join(data for _, data in plain), full=full):
                yield "", line
    except WireError as error:
        yield "!", str(error)


def _is_sse(plain: list[tuple[float, bytes]]) -> bool:
    """Streams whose content-type was not recorded."""
    return bool(plain) and plain[0][1].lstrip().startswith((b"data:", b"event:", b": "))


def _decoded(exchange: Exchange) -> list[tuple[float, bytes]]:
    """The pieces without their content coding, each with its time."""
    codings = decoder(exchange.header("content-encoding") or "")
    at, plain = exchange.head_delay, []
    for piece in exchange.pieces:
        at += piece.delay
        plain.append((at, codings.feed(piece.data)))
    return plain


def _framed(plain: list[tuple[float, bytes]], framing: Any, told: Any) -> Iterator[tuple[str, str]]:
    for at, data in plain:
        for event in framing.feed(data):
            yield f"{at:.3f}", told(event)
    pending = framing.end()
    if pending is not None:
        raw = b"".join(data for _, data in plain)[pending.start : pending.end]
        yield "!", f"{len(raw)} bytes of an unfinished event: {raw[:60]!r}"


def _sse_text(event: SseEvent) -> str:
    data = event.data.replace("\n", "\\n")
    return data if event.event == MESSAGE else f"{event.event} {data}"


def _frame_text(frame: Frame) -> str:
    kind = frame.headers.get(":event-type") or frame.headers.get(":exception-type") or ""
    return f"{kind!s} {frame.payload.decode('utf-8', 'replace')}"
