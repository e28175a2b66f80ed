"""The anatomy of a Converse body, also inside its binary frames. Calls are numbered as the reader
does."""

from __future__ import annotations

from typing import Any

from harness.errors import WireError
from harness.model import Exchange, Framing, JsonObject, RegionKind, Regions, Span
from harness.transports._places import Anatomy, whole
from harness.wire import jsontext
from harness.wire.eventstream import EventStreamDecoder, Frame
from harness.wire.jsontext import Path

K = RegionKind


def regions(exchange: Exchange) -> Regions:
    return _Walk(exchange.body).regions()


class _Walk(Anatomy):
    framing = Framing.EVENTSTREAM
    documents = (b"{", b"[")

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._call_at: dict[int, int] = {}
        self._latest = 0
        self._calls = 0

    def stream(self) -> None:
        try:
            frames = EventStreamDecoder().feed(self.body)
        except WireError:
            return
        for frame in frames:
            self.enter(frame.span, jsontext.index(self.body, *frame.payload_span))
            self._frame(frame)

    def _frame(self, frame: Frame) -> None:
        name = frame.headers.get(":event-type")
        if frame.headers.get(":message-type") in ("exception", "error"):
            self.add_unit(K.ERROR)
        elif name == "contentBlockStart":
            data = _object(frame)
            start = data.get("start")
            call = start.get("toolUse") if isinstance(start, dict) else None
            index = data.get("contentBlockIndex")
            self._latest = index if isinstance(index, int) else self._latest + 1
            self._open(self._latest, call, ("start", "toolUse"))
        elif name == "contentBlockDelta":
            index = _object(frame).get("contentBlockIndex")
            index = index if isinstance(index, int) else self._latest
            self.add(K.TEXT, ("delta", "text"))
            self._reasoning(("delta", "reasoningContent"))
            if index in self._call_at:
                self.add(K.TOOL_ARGUMENTS, ("delta", "toolUse", "input"), self._call_at[index])
        elif name == "messageStop":
            self.add(K.FINISH, ("stopReason",))
            self.add_unit(K.TERMINATOR)
        elif name == "metadata":
            self.add(K.USAGE, ("usage",))

    def _open(self, index: int, call: Any, at: Path) -> None:
        self._call_at.pop(index, None)
        if isinstance(call, dict) and call.get("type") != "server_tool_use":
            self._call_at[index] = self._calls
            self.add(K.TOOL_ID, (*at, "toolUseId"), self._calls)
            self.add(K.TOOL_NAME, (*at, "name"), self._calls)
            self._calls += 1

    def _cited(self, block: Any, at: Path) -> None:
        cited = block.get("citationsContent") if isinstance(block, dict) else None
        parts = cited.get("content") if isinstance(cited, dict) else None
        for index in range(len(parts) if isinstance(parts, list) else 0):
            self.add(K.TEXT, (*at, "content", index, "text"))

    def _reasoning(self, at: Path) -> None:
        self.add(K.REASONING, (*at, "text"))
        self.add(K.SIGNATURE, (*at, "signature"))
        self.add(K.SIGNATURE, (*at, "redactedContent"))

    def document(self) -> None:
        self.enter(Span(0, len(self.body)), jsontext.index(self.body))
        root: Path = ("output", "message", "content")
        try:
            data = jsontext.loads(whole(self.body))
            content = data["output"]["message"]["content"]
        except (WireError, LookupError, TypeError):
            content = []
        for index, block in enumerate(content if isinstance(content, list) else ()):
            at = (*root, index)
            call = block.get("toolUse") if isinstance(block, dict) else None
            self.add(K.TEXT, (*at, "text"))
            self._cited(block, (*at, "citationsContent"))
            self._reasoning((*at, "reasoningContent", "reasoningText"))
            self._reasoning((*at, "reasoningContent"))
            self._open(index, call, (*at, "toolUse"))
            if index in self._call_at:
                self.add(K.TOOL_ARGUMENTS, (*at, "toolUse", "input"), self._call_at[index])
        self.add(K.FINISH, ("stopReason",))
        self.add(K.USAGE, ("usage",))
        self.add(K.ERROR, ("message",))


def _object(frame: Frame) -> JsonObject:
    try:
        data = frame.json()
    except WireError:
        return {}
    return data if isinstance(data, dict) else {}
