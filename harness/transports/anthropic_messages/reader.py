"""Bytes of a Messages reply in, events out: streamed, whole, or an error.

An event is known by the `type` inside its data: the `event:` line repeats it, and some servers
leave it out. What is unknown is passed over with a warning, because the vendor adds new kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import WireError
from harness.model import (
    Event,
    EventKind,
    FinishReason,
    Headers,
    JsonObject,
    Provider,
    Span,
    Usage,
)
from harness.transports._arguments import as_text, repair
from harness.transports._block_reader import BlockReader
from harness.transports._blocks import Block, Shape, is_content
from harness.transports._chain import listed
from harness.transports._failures import broken, classify
from harness.transports.anthropic_messages import meaning
from harness.wire import jsontext
from harness.wire.sse import SseDecoder, SseEvent

_SHAPES = {
    "text": Shape.TEXT,
    "thinking": Shape.THINKING,
    "redacted_thinking": Shape.REDACTED,
    "tool_use": Shape.CALL,
}


class MessagesReader(BlockReader):
    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        super().__init__(provider, status, headers)
        self.decoder: Any = SseDecoder()

    def frame(self, frame: SseEvent) -> list[Event]:
        try:
            data = jsontext.loads(frame.raw)
        except WireError:
            return self._unreadable(frame)
        if not isinstance(data, dict):
            return self._unreadable(frame)
        return self.event(data, data.get("type") or frame.event, frame.span)

    def event(self, data: JsonObject, kind: object, span: Span | None) -> list[Event]:
        handle = _EVENTS.get(kind) if isinstance(kind, str) else None
        if handle is not None:
            return handle(self, data, span)
        if isinstance(data.get("error"), dict):
            return self._error(data, span)
        return self.warn(f"unknown event {kind!r} was passed over")

    def _unreadable(self, frame: SseEvent) -> list[Event]:
        if frame.data.startswith("[DONE]"):
            return self.warn("a [DONE] sentinel was passed over: this wire has none")
        self.blocks.damage()
        return self.warn("an event whose data is no JSON object was passed over")

    # One method an event --------------------------------------------------------------------

    def _message_start(self, data: JsonObject, span: Span | None) -> list[Event]:
        message = data.get("message")
        if not isinstance(message, dict):
            return self.warn("message_start has no message")
        self.said = self.said | {
            key: message[key]
            for key in ("id", "model", "stop_reason", "stop_sequence", "stop_details", "container")
            if message.get(key) is not None
        }
        events = self._count(message.get("usage"), span)
        content = message.get("content")
        for index, block in enumerate(content if isinstance(content, list) else ()):
            events += self._open(index, block, span)
        return events

    def _block_start(self, data: JsonObject, span: Span | None) -> list[Event]:
        index = data.get("index")
        return self._open(
            index if isinstance(index, int) else len(self.blocks), data.get("content_block"), span
        )

    def _open(self, index: int, raw: Any, span: Span | None) -> list[Event]:
        """A block that opens already holding something says it at once, as a delta would."""
        if not isinstance(raw, dict):
            self.blocks.damage()
            return self.warn("a content block that is no object was passed over")
        shape = _SHAPES.get(str(raw.get("type")), Shape.OTHER)
        identity = raw.get("id")
        events = self.blocks.open(
            index,
            shape,
            raw,
            (str(identity) if identity not in (None, "") else None, _text(raw.get("name"))),
            span,
        )
        if shape is Shape.CALL:
            held = raw.get("input")
            return events + self.blocks.grow(index, as_text(held) if held else "", span)
        if shape in (Shape.TEXT, Shape.THINKING):
            self.blocks.sign(index, _text(raw.get("signature")))
            return events + self.blocks.grow(index, _text(raw.get(shape.value)), span)
        return events

    def _block_delta(self, data: JsonObject, span: Span | None) -> list[Event]:
        index, delta = self._index(data), data.get("delta")
        kind = delta.get("type") if isinstance(delta, dict) else None
        if not isinstance(delta, dict) or not isinstance(kind, str):
            self.blocks.damage()
            return self.warn("a delta without a type was passed over")
        events: list[Event] = []
        if self.blocks.get(index) is None:
            opened = _OPENED_BY.get(kind)
            if opened is None:
                return self.warn(f"a {kind} for a block that never opened was passed over")
            events = self.blocks.open(index, _SHAPES[opened], {"type": opened}, span=span)
        if kind in _GROWTH:
            return events + self._grow(index, kind, delta, span)
        if kind == "signature_delta":
            self.blocks.sign(index, _text(delta.get("signature")))
        elif kind == "citations_delta":
            citation = delta.get("citation")
            self.blocks.extend(index, citation if isinstance(citation, dict) else {})
        elif kind == "compaction_delta":
            self.blocks.merge(index, {k: v for k, v in delta.items() if k != "type"})
        else:
            events += self.warn(f"unknown delta {kind!r} was passed over")
        return events

    def _grow(self, index: int, kind: str, delta: JsonObject, span: Span | None) -> list[Event]:
        key, shapes = _GROWTH[kind]
        block = self.blocks.get(index)
        if block is None or block.shape not in shapes:
            return self.warn(f"a {kind} for a block of another type was passed over")
        # Arguments may come as an object, and what can be none must not become an empty one.
        said = (as_text if block.shape is Shape.CALL else _text)(delta.get(key))
        return self.blocks.grow(index, said, span)

    def _block_stop(self, data: JsonObject, span: Span | None) -> list[Event]:
        return self.blocks.close(self._index(data), span)

    def _message_delta(self, data: JsonObject, span: Span | None) -> list[Event]:
        delta = data.get("delta")
        if isinstance(delta, dict):
            self.said = self.said | {k: v for k, v in delta.items() if v is not None}
        return self._count(data.get("usage"), span)

    def _message_stop(self, data: JsonObject, span: Span | None) -> list[Event]:
        events: list[Event] = []
        if "stop_reason" not in self.said:
            events = self.warn("the reply ended without a stop_reason")
        events += [event._replace(span=span) for event in self.terminate()]
        self.finished = True
        return events

    def _error(self, data: JsonObject, span: Span | None) -> list[Event]:
        failure = classify(None, data, self.headers, self.provider)
        return [event._replace(span=span) for event in self.fail(failure)]

    def _ping(self, data: JsonObject, span: Span | None) -> list[Event]:
        self._frames -= 1  # it says that the line lives, not that a reply began
        return []

    # ------------------------------------------------------------------------------------------

    def _index(self, data: JsonObject) -> int:
        index = data.get("index")
        return index if isinstance(index, int) else self.blocks.latest

    def _count(self, more: Any, span: Span | None) -> list[Event]:
        counts = meaning.merge(self.counts, more)
        if counts == self.counts:
            return []
        self.counts = counts
        return [Event(EventKind.USAGE, usage=self.usage(), span=span)]

    def document(self, document: JsonObject) -> list[Event]:
        if document.get("type") == "error" or isinstance(document.get("error"), dict | str):
            return self._error(document, None)
        if not is_content(document.get("content")):
            return self.fail(broken("the body is JSON, but neither a message nor an error"))
        events = self._message_start({"message": document}, None)
        return events + self._message_stop({}, None)

    def finish_reason(self) -> FinishReason:
        return meaning.finish_reason(self.said.get("stop_reason"))

    def usage(self) -> Usage | None:
        return meaning.usage(self.counts)

    def state(self, kept: list[Block]) -> JsonObject:
        blocks = [rebuilt(block) for block in kept]
        details = [b for b in blocks if b.get("type") in ("thinking", "redacted_thinking")]
        state: JsonObject = {"raw_finish_reason": self.said.get("stop_reason")}
        for key in ("id", "model", "stop_sequence", "stop_details", "container"):
            if key in self.said:
                state[key] = self.said[key]
        if details:
            state["reasoning_details"] = details
        if not _plain(kept):
            state["anthropic_content_blocks"] = blocks
        return state


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _plain(kept: list[Block]) -> bool:
    """Whether content and tool_calls alone say everything, in order: one text, then calls."""
    shapes = [block.shape for block in kept]
    return not any(block.extras for block in kept) and all(
        shape is Shape.CALL or (shape is Shape.TEXT and position == 0)
        for position, shape in enumerate(shapes)
    )


def rebuilt(block: Block) -> JsonObject:
    """The block as the vendor would have sent it whole."""
    raw, text = dict(block.raw), str(block.text)
    if block.shape is Shape.TEXT:
        raw["text"] = text
        if block.extras:
            opened = raw.get("citations")
            raw["citations"] = (opened if isinstance(opened, list) else []) + listed(block.extras)
    elif block.shape is Shape.THINKING:
        raw["thinking"] = text
        if block.signature:
            raw["signature"] = str(block.signature)
    elif text:
        mended = repair(text) if block.shape is Shape.CALL else None  # as the call is offered
        raw["input"] = _input(mended or text, raw.get("input"))
    return raw


def _input(text: str, opened: Any) -> Any:
    try:
        return jsontext.loads(text.encode())
    except WireError:
        return opened if opened is not None else {}


_GROWTH = {
    "text_delta": ("text", (Shape.TEXT,)),
    "thinking_delta": ("thinking", (Shape.THINKING,)),
    "input_json_delta": ("partial_json", (Shape.CALL, Shape.OTHER)),
}
_OPENED_BY = {"text_delta": "text", "thinking_delta": "thinking"}
_EVENTS: dict[str, Callable[[MessagesReader, JsonObject, Span | None], list[Event]]] = {
    "message_start": MessagesReader._message_start,  # noqa: SLF001
    "content_block_start": MessagesReader._block_start,  # noqa: SLF001
    "content_block_delta": MessagesReader._block_delta,  # noqa: SLF001
    "content_block_stop": MessagesReader._block_stop,  # noqa: SLF001
    "message_delta": MessagesReader._message_delta,  # noqa: SLF001
    "message_stop": MessagesReader._message_stop,  # noqa: SLF001
    "ping": MessagesReader._ping,  # noqa: SLF001
    "error": MessagesReader._error,  # noqa: SLF001
}
