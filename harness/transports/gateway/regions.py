"""The anatomy of a gateway's body. Its end is `is_final: true`: that word is the finish."""

from __future__ import annotations

from harness.model import Exchange, JsonObject, Region, RegionKind, Regions, Span
from harness.transports._arguments import as_text
from harness.transports._places import Anatomy, events_in, in_event, object_of, whole
from harness.wire import jsontext

K = RegionKind


def regions(exchange: Exchange) -> Regions:
    return _Walk(exchange.body).regions()


class _Walk(Anatomy):
    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._seen: set[str] = set()
        self._calls = 0

    def stream(self) -> None:
        for event in events_in(self.body):
            if event.raw.strip() == b"[DONE]":
                self.enter(event.span, {})
                self.add_unit(K.TERMINATOR)
                return
            self.enter(event.span, in_event(self.body, event))
            self._chunk(object_of(event.raw))

    def document(self) -> None:
        self.enter(Span(0, len(self.body)), jsontext.index(self.body))
        chunk = object_of(whole(self.body))
        self._chunk(chunk)
        if chunk and "error" not in chunk and "detail" not in chunk:
            self.add_unit(K.TERMINATOR)

    def _chunk(self, chunk: JsonObject) -> None:
        if "error" in chunk:
            self.add_unit(K.ERROR)
            return
        self.add(K.TEXT, ("content",))
        entries = chunk.get("tool_calls")
        for position, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and as_text(entry) not in self._seen:
                self._seen |= {as_text(entry)} if entry.get("id") else set()
                for kind, key in (
                    (K.TOOL_ID, "id"),
                    (K.TOOL_NAME, "name"),
                    (K.TOOL_ARGUMENTS, "arguments"),
                ):
                    self.add(kind, ("tool_calls", position, key), self._calls)
                self._calls += 1
        self.add(K.USAGE, ("usage",))
        final = self.places.get(("is_final",))
        if final is not None and chunk.get("is_final") is True:
            unit = len(self.units) - 1
            self.spans.append(Region(K.FINISH, final.start, final.end, unit, None, "true"))
