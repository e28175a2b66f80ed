"""Where the values of a JSON event stand in the body around it, by their paths.

An event's data may be spread over several `data:` lines. A JSON string never holds a line end, so
each one lies inside one line: its place in the data is shifted by where that line stands.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from bisect import bisect_right

from harness.errors import WireError
from harness.model import Framing, JsonObject, Region, RegionKind, Regions, Span
from harness.transports._whole import BLANK, Brackets
from harness.wire import jsontext
from harness.wire.jsontext import Path, Value
from harness.wire.sse import SseEvent, split

Places = dict[Path, Value]

_DATA_LINE = re.compile(rb"(?:^|(?<=[\r\n]))data(?:: ?([^\r\n]*)|(?=[\r\n]|$))")


def in_event(body: bytes, event: SseEvent) -> Places:
    found = _DATA_LINE.finditer(body, event.start, event.end)
    starts, shifts, at = [], [], 0
    for match in found:
        starts.append(at)
        where = match.start(1) if match[1] is not None else match.end()
        shifts.append(where - at)
        at += len(match[1] or b"") + 1
    if not starts:
        return {}

    def shift(offset: int) -> int:
        return offset + shifts[bisect_right(starts, offset) - 1]

    return {
        path: Value(path, shift(value.start), shift(value.end), value.kind)
        for path, value in jsontext.index(event.raw).items()
    }


def events_in(body: bytes) -> list[SseEvent]:
    try:
        return split(body)
    except WireError:
        return []


def whole(body: bytes) -> bytes:
    """The document that a body begins with: readers look no further."""
    brackets = Brackets()
    brackets.feed(body)
    return body[: brackets.end]


def object_of(raw: bytes) -> JsonObject:
    """An event's JSON, empty where it is none."""
    try:
        data = jsontext.loads(raw)
    except WireError:
        return {}
    return data if isinstance(data, dict) else {}


class Anatomy(ABC):
    """Gathers regions, unit by unit: a unit is an event, a frame, or a whole document."""

    framing = Framing.SSE  # of what is no document
    documents: tuple[bytes, ...] = (b"{", b"[", b"<")  # how they begin

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.places: Places = {}
        self.units: list[Span] = []
        self.spans: list[Region] = []

    @abstractmethod
    def document(self) -> None: ...

    @abstractmethod
    def stream(self) -> None: ...

    def regions(self) -> Regions:
        framing = self.framing
        if self.body.lstrip(BLANK)[:1] in self.documents:
            framing = Framing.DOCUMENT
            self.document()
        else:
            self.stream()
        return Regions(framing, tuple(self.units), tuple(self.spans))

    def enter(self, span: Span, places: Places) -> None:
        self.units.append(span)
        self.places = places

    def add(self, kind: RegionKind, path: Path, call: int | None = None) -> None:
        """The value at the path, if there is one that says anything."""
        value = self.places.get(path)
        if value is None or value.start == value.end or value.kind == "literal":
            return
        payload = self.body[value.start : value.end]
        text = (
            jsontext.decode(payload) if value.kind == "string" else payload.decode(errors="replace")
        )
        self.spans.append(Region(kind, value.start, value.end, len(self.units) - 1, call, text))

    def add_unit(self, kind: RegionKind) -> None:
        """The whole unit, as its own region."""
        span = self.units[-1]
        self.spans.append(Region(kind, span.start, span.end, len(self.units) - 1))
