"""The anatomy of a Messages body: which bytes say what. Calls are numbered as the reader does."""

from __future__ import annotations

from typing import Any

from harness.model import Exchange, JsonObject, RegionKind, Regions, Span
from harness.transports._places import Anatomy, events_in, in_event, object_of, whole
from harness.wire import jsontext
from harness.wire.jsontext import Path

K = RegionKind

_DELTAS = {
    "text_delta": (K.TEXT, "text"),
    "thinking_delta": (K.REASONING, "thinking"),
    "signature_delta": (K.SIGNATURE, "signature"),
}


def regions(exchange: Exchange) -> Regions:
    return _Walk(exchange.body).regions()


class _Walk(Anatomy):
    documents = (b"{", b"[")

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._call_at: dict[int, int | None] = {}
        self._latest = 0
        self._calls = 0
        self._blocks = 0

    def stream(self) -> None:
        for event in events_in(self.body):
            data = object_of(event.raw)
            self.enter(event.span, in_event(self.body, event))
            kind = data.get("type") or event.event
            if kind == "message_stop":
                self.add_unit(K.TERMINATOR)
                return
            if isinstance(kind, str):
                self._event(kind, data)

    def _event(self, kind: str, data: JsonObject) -> None:
        index = data.get("index")
        if kind == "message_start":
            self.add(K.USAGE, ("message", "usage"))
        elif kind == "content_block_start":
            self._latest = index if isinstance(index, int) else self._blocks
            self._open(self._latest, data.get("content_block"), ("content_block",))
        elif kind == "content_block_delta":
            self._delta(index if isinstance(index, int) else self._latest, data.get("delta"))
        elif kind == "message_delta":
            self.add(K.FINISH, ("delta", "stop_reason"))
            self.add(K.USAGE, ("usage",))
        elif kind == "error" or "error" in data:
            self.add(K.ERROR, ("error",))

    def _delta(self, index: int, delta: Any) -> None:
        kind = delta.get("type") if isinstance(delta, dict) else None
        if isinstance(kind, str) and kind in _DELTAS:
            what, key = _DELTAS[kind]
            self.add(what, ("delta", key))
        elif kind == "input_json_delta" and self._call_at.get(index) is not None:
            self.add(K.TOOL_ARGUMENTS, ("delta", "partial_json"), self._call_at[index])

    def _open(self, index: int, block: Any, at: Path, *, whole: bool = False) -> None:
        kind = block.get("type") if isinstance(block, dict) else None
        self._blocks += 1
        self._call_at[index] = None
        if kind == "text":
            self.add(K.TEXT, (*at, "text"))
        elif kind == "thinking":
            self.add(K.REASONING, (*at, "thinking"))
            self.add(K.SIGNATURE, (*at, "signature"))
        elif kind == "redacted_thinking":
            self.add(K.SIGNATURE, (*at, "data"))
        elif kind == "tool_use":
            call = self._call_at[index] = self._calls
            self._calls += 1
            self.add(K.TOOL_ID, (*at, "id"), call)
            self.add(K.TOOL_NAME, (*at, "name"), call)
            if whole or block.get("input"):
                self.add(K.TOOL_ARGUMENTS, (*at, "input"), call)

    def document(self) -> None:
        data = object_of(whole(self.body))
        self.enter(Span(0, len(self.body)), jsontext.index(self.body))
        content = data.get("content")
        for index, block in enumerate(content if isinstance(content, list) else ()):
            self._open(index, block, ("content", index), whole=True)
        self.add(K.FINISH, ("stop_reason",))
        self.add(K.USAGE, ("usage",))
        self.add(K.ERROR, ("error",))
