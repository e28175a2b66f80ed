"""The anatomy of a Responses body: where on the wire each meaning stands.

The rule of this file: the reader itself says what each event meant, and here it is only looked up
in that event's bytes. So a region exists exactly where a reader delivers something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.model import (
    Event,
    EventKind,
    Exchange,
    Framing,
    Provider,
    Region,
    RegionKind,
    Regions,
    Span,
)
from harness.transports._places import events_in
from harness.transports.codex_responses.reader import TERMINAL, ResponsesReader
from harness.wire import jsontext
from harness.wire.jsontext import Path, Value
from harness.wire.sse import SseEvent

_ANYBODY = Provider(name="", transport="codex_responses", base_url="", model="")
_FIELDS = {
    EventKind.TEXT: ("delta", "text"),
    EventKind.REASONING: ("delta", "text"),
    EventKind.TOOL_NAME: ("name",),
    EventKind.TOOL_ARGUMENTS: ("delta", "arguments", "input"),
}
_WORDS = frozenset(field for fields in _FIELDS.values() for field in fields)
_KINDS = {
    EventKind.TEXT: RegionKind.TEXT,
    EventKind.REASONING: RegionKind.REASONING,
    EventKind.TOOL_NAME: RegionKind.TOOL_NAME,
    EventKind.TOOL_ARGUMENTS: RegionKind.TOOL_ARGUMENTS,
}


class _Unit(NamedTuple):
    """One event's JSON, where it stands in the body, and what it says there."""

    body: bytes
    number: int
    span: Span
    values: dict[Path, Value]

    def text(self, value: Value) -> str:
        return jsontext.decode(self.body[value.start : value.end])


def regions(exchange: Exchange) -> Regions:
    body = exchange.body
    start = body.lstrip(b" \t\r\n\xef\xbb\xbf")
    if start[:1] in (b"{", b"[", b"<") or (exchange.status or 200) >= 300:
        return _of_document(exchange, body)
    reader = ResponsesReader(_ANYBODY)
    units: list[Span] = []
    spans: list[Region] = []
    for event in events_in(body):
        units.append(event.span)
        if reader.finished:
            continue
        unit = _Unit(body, len(units) - 1, event.span, _values(body, event))
        spans += _spoken(reader.take(event), unit)
        spans += _ending(unit)
    return Regions(Framing.SSE, tuple(units), tuple(sorted(spans, key=lambda span: span.start)))


def _values(body: bytes, event: SseEvent) -> dict[Path, Value]:
    """Data that a server broke over several lines has no one place, so nothing is found there."""
    at = body.find(event.raw, event.start, event.end)
    return jsontext.index(body, at, at + len(event.raw)) if at >= 0 else {}


def _of_document(exchange: Exchange, body: bytes) -> Regions:
    whole = Span(0, len(body))
    if (exchange.status or 200) >= 300:
        region = Region(RegionKind.ERROR, *whole, 0)
        return Regions(Framing.DOCUMENT, (whole,), (region,) if body else ())
    reader = ResponsesReader(_ANYBODY)
    unit = _Unit(body, 0, whole, jsontext.index(body))
    spans = [*_spoken(reader.feed(body), unit), *_ending(unit)]
    return Regions(Framing.DOCUMENT, (whole,), tuple(sorted(spans, key=lambda span: span.start)))


def _spoken(events: list[Event], unit: _Unit) -> Iterator[Region]:
    """Each value is used once, in the order in which the reader took them."""
    left = [value for value in unit.values.values() if _holds_words(value.path)]
    for event in events:
        fields = _FIELDS.get(event.kind, ())
        text = event.text.removeprefix("\n\n") if event.kind is EventKind.REASONING else event.text
        fits = (at for at, v in enumerate(left) if v.path[-1] in fields and _ends(unit, v, text))
        at = next(fits, None)
        if at is None:
            continue
        found = left.pop(at)
        start = found.start
        if found.kind == "string":
            before = len(unit.text(found)) - len(text)
            start = jsontext.char_end(unit.body, found.start, found.end, before)
        yield Region(_KINDS[event.kind], start, found.end, unit.number, event.call, text)
        id_ = unit.values.get((*found.path[:-1], "call_id"))
        if event.kind is EventKind.TOOL_NAME and id_ is not None:
            yield _region(unit, RegionKind.TOOL_ID, id_)._replace(call=event.call)


def _holds_words(path: Path) -> bool:
    """Only an item or a delta: a reply's echo of its request holds names and texts too."""
    if not path or path[-1] not in _WORDS:
        return False
    return len(path) == 1 or path[0] in ("item", "output") or path[:2] == ("response", "output")


def _ends(unit: _Unit, value: Value, text: str) -> bool:
    return value.kind == "object" or (value.kind == "string" and unit.text(value).endswith(text))


def _ending(unit: _Unit) -> Iterator[Region]:
    """State, usage, finish and terminator, from whichever event holds them."""
    kind = unit.values.get(("type",))
    said = unit.text(kind) if kind is not None and kind.kind == "string" else ""
    for path, value in unit.values.items():
        if path[-1:] == ("encrypted_content",) and said not in TERMINAL | {
            "response.output_item.added"
        }:
            yield _region(unit, RegionKind.SIGNATURE, value)
    if said == "error":
        yield Region(RegionKind.ERROR, *unit.span, unit.number)
    top: Path = ("response",) if said in TERMINAL else ()
    if said and not top:
        return
    usage, status = unit.values.get((*top, "usage")), unit.values.get((*top, "status"))
    if usage is not None and usage.kind == "object":
        yield _region(unit, RegionKind.USAGE, usage)
    if status is not None and status.kind == "string":
        yield _region(unit, RegionKind.FINISH, status)
    if said == "response.failed":
        yield Region(RegionKind.ERROR, *unit.span, unit.number)
    if said:
        yield Region(RegionKind.TERMINATOR, *unit.span, unit.number)


def _region(unit: _Unit, kind: RegionKind, value: Value) -> Region:
    text = unit.text(value) if value.kind == "string" else ""
    return Region(kind, value.start, value.end, unit.number, None, text)
