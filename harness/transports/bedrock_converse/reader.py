"""Bytes of a Converse reply in, events out: binary frames, one JSON document, or an error.

`messageStop` ends the content. `metadata` may follow it with the usage; a reply without it is whole
all the same, and says so in a warning. Text and reasoning blocks are never opened on this wire:
their first delta opens them.
"""

from __future__ import annotations

import base64
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
from harness.transports._arguments import as_text, compact
from harness.transports._block_reader import BlockReader
from harness.transports._blocks import Block, Shape, is_content
from harness.transports._chain import listed
from harness.transports._failures import broken, classify
from harness.transports.bedrock_converse import meaning
from harness.wire.eventstream import EventStreamDecoder, Frame


class ConverseReader(BlockReader):
    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        super().__init__(provider, status, headers)
        self.decoder = EventStreamDecoder()

    def frame(self, frame: Frame) -> list[Event]:
        kind = frame.headers.get(":message-type")
        if kind == "exception":
            return self._exception(frame)
        if kind == "error":
            code = str(frame.headers.get(":error-code") or "")
            message = str(frame.headers.get(":error-message") or "")
            return self._failed(code, message, frame.span)
        name = frame.headers.get(":event-type")
        handle = _EVENTS.get(name) if isinstance(name, str) else None
        if handle is None:
            return self.warn(f"unknown event {name!r} was passed over")
        try:
            data = frame.json()
        except WireError:
            data = None
        if not isinstance(data, dict):
            self.blocks.damage()
            return self.warn("an event whose payload is no JSON object was passed over")
        return handle(self, data, frame.span)

    def _exception(self, frame: Frame) -> list[Event]:
        try:
            data = frame.json()
        except WireError:
            data = None
        said = data if isinstance(data, dict) else {}
        message = said.get("message") or said.get("Message") or said.get("originalMessage") or ""
        return self._failed(
            str(frame.headers.get(":exception-type") or ""), str(message), frame.span
        )

    def _failed(self, code: str, message: str, span: Span) -> list[Event]:
        failure = meaning.failure_in_stream(code, message, self.headers, self.provider)
        return [event._replace(span=span) for event in self.fail(failure)]

    # One method an event --------------------------------------------------------------------

    def _message_start(self, data: JsonObject, span: Span | None) -> list[Event]:
        return []

    def _block_start(self, data: JsonObject, span: Span | None) -> list[Event]:
        start = data.get("start")
        index = self._index(data, len(self.blocks))
        call = start.get("toolUse") if isinstance(start, dict) else None
        if isinstance(call, dict) and call.get("type") != "server_tool_use":
            return self._open_call(index, call, span)
        raw = start if isinstance(start, dict) else {}
        return self.blocks.open(index, Shape.OTHER, raw) if raw else []

    def _open_call(self, index: int, call: JsonObject, span: Span | None) -> list[Event]:
        identity, name = call.get("toolUseId"), call.get("name")
        called = (str(identity) if identity else None, name if isinstance(name, str) else "")
        events = self.blocks.open(index, Shape.CALL, {"toolUse": call}, called, span)
        held = call.get("input")
        return events + self.blocks.grow(index, as_text(held) if held else "", span)

    def _block_delta(self, data: JsonObject, span: Span | None) -> list[Event]:
        delta = data.get("delta")
        index = self._index(data, self.blocks.latest)
        if not isinstance(delta, dict):
            self.blocks.damage()
            return self.warn("a delta that is no object was passed over")
        for key, kind, handle in _DELTAS:
            if isinstance(delta.get(key), kind):
                return handle(self, index, delta[key], span)
        if any(key in delta for key in ("toolResult", "image")):
            return []  # the server's own tools: nothing that a client acts on
        if "toolUse" in delta:
            self.blocks.damage()
        return self.warn(f"unknown delta {sorted(delta)!r} was passed over")

    def _text(self, index: int, text: str, span: Span | None) -> list[Event]:
        return self._grow(index, Shape.TEXT, text, span)

    def _cite(self, index: int, citation: JsonObject, span: Span | None) -> list[Event]:
        events = self._grow(index, Shape.TEXT, "", span)
        self.blocks.extend(index, citation)
        return events

    def _argue(self, index: int, call: JsonObject, span: Span | None) -> list[Event]:
        block = self.blocks.get(index)
        if block is None or block.shape not in (Shape.CALL, Shape.OTHER):
            return self.warn("a toolUse delta for a block that never opened was passed over")
        return self.blocks.grow(index, as_text(call.get("input")), span)

    def _grow(self, index: int, shape: Shape, text: str, span: Span | None) -> list[Event]:
        """A delta of another shape than its block's is the first of a new block."""
        block = self.blocks.get(index)
        if block is None or block.shape is not shape:
            self.blocks.open(index, shape, {})
        return self.blocks.grow(index, text, span)

    def _reason(self, index: int, reasoning: JsonObject, span: Span | None) -> list[Event]:
        redacted = reasoning.get("redactedContent")
        if redacted is not None:
            self._grow(index, Shape.REDACTED, "", span)
            self.blocks.sign(index, blob(redacted))
            return []
        held = reasoning.get("reasoningText")
        held = held if isinstance(held, dict) else reasoning
        events = self._grow(index, Shape.THINKING, _text(held.get("text")), span)
        self.blocks.sign(index, _text(held.get("signature")))
        return events

    def _block_stop(self, data: JsonObject, span: Span | None) -> list[Event]:
        return self.blocks.close(self._index(data, self.blocks.latest), span)

    def _message_stop(self, data: JsonObject, span: Span | None) -> list[Event]:
        if self.terminated:
            return []
        self.said = {k: v for k, v in data.items() if k != "p" and v is not None}
        return [event._replace(span=span) for event in self.terminate()]

    def _metadata(self, data: JsonObject, span: Span | None) -> list[Event]:
        self.finished = self.terminated
        counts = data.get("usage")
        if not isinstance(counts, dict):
            return []
        self.counts = {key: value for key, value in counts.items() if value is not None}
        usage = self.usage()
        return [Event(EventKind.USAGE, usage=usage, span=span)] if usage else []

    # ------------------------------------------------------------------------------------------

    def after_terminator(self, *, cut: bool) -> list[Event]:
        if cut:
            return self.warn("the body ended inside a frame after messageStop: usage is unknown")
        if self.counts:
            return []  # it came before its turn
        return self.warn("the reply ended without metadata: usage is unknown")

    def _index(self, data: JsonObject, otherwise: int) -> int:
        index = data.get("contentBlockIndex")
        return index if isinstance(index, int) else otherwise

    def document(self, document: JsonObject) -> list[Event]:
        output = document.get("output")
        message = output.get("message") if isinstance(output, dict) else None
        if not isinstance(message, dict) or not is_content(message.get("content")):
            held = document.get("Output")
            said = held if isinstance(held, dict) else document
            if any(key in said for key in ("__type", "message", "Message")):
                return self.fail(classify(None, said, self.headers, self.provider))
            return self.fail(broken("the body is JSON, but neither a reply nor an error"))
        events: list[Event] = []
        for index, block in enumerate(message["content"]):
            events += self._whole_block(index, block if isinstance(block, dict) else {})
        events += self._metadata({"usage": document.get("usage")}, None)
        ends = ("stopReason", "additionalModelResponseFields")
        events += self._message_stop({name: document.get(name) for name in ends}, None)
        self.finished = True
        return events

    def _whole_block(self, index: int, block: JsonObject) -> list[Event]:
        call, cited = block.get("toolUse"), block.get("citationsContent")
        if isinstance(call, dict) and call.get("type") != "server_tool_use":
            events = self._open_call(index, {k: v for k, v in call.items() if k != "input"}, None)
            return events + self.blocks.grow(index, compact(call.get("input") or {}))
        if isinstance(block.get("text"), str):
            return self._grow(index, Shape.TEXT, block["text"], None)
        if isinstance(block.get("reasoningContent"), dict):
            return self._reason(index, block["reasoningContent"], None)
        if isinstance(cited, dict):
            said = "".join(_text(part.get("text")) for part in _objects(cited.get("content")))
            events = self._grow(index, Shape.TEXT, said, None)
            for citation in _objects(cited.get("citations")):
                self.blocks.extend(index, citation)
            return events
        return self.blocks.open(index, Shape.OTHER, block)

    def finish_reason(self) -> FinishReason:
        return meaning.finish_reason(self.said.get("stopReason"))

    def usage(self) -> Usage | None:
        return meaning.usage(self.counts)

    def state(self, kept: list[Block]) -> JsonObject:
        state: JsonObject = {"raw_finish_reason": self.said.get("stopReason")}
        details = [detail for block in kept if (detail := _detail(block)) is not None]
        citations = [citation for block in kept for citation in listed(block.extras)]
        if details:
            state["reasoning_details"] = details
        if citations:
            state["citations"] = citations
        if "additionalModelResponseFields" in self.said:
            state["additional_fields"] = self.said["additionalModelResponseFields"]
        return state


def _detail(block: Block) -> JsonObject | None:
    """Reasoning as it must go back: its text with the signature, or the redacted bytes."""
    if block.shape is Shape.REDACTED:
        return {"reasoningContent": {"redactedContent": str(block.signature)}}
    if block.shape is not Shape.THINKING:
        return None
    said: JsonObject = {"text": str(block.text)}
    if block.signature:
        said["signature"] = str(block.signature)
    return {"reasoningContent": {"reasoningText": said}}


def blob(value: Any) -> str:
    """A blob is base64 on the wire; an SDK has made bytes of it."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    return _text(value)


def _objects(value: Any) -> list[JsonObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_DELTAS: tuple[tuple[str, type, Callable[..., list[Event]]], ...] = (
    ("text", str, ConverseReader._text),  # noqa: SLF001
    ("reasoningContent", dict, ConverseReader._reason),  # noqa: SLF001
    ("toolUse", dict, ConverseReader._argue),  # noqa: SLF001
    ("citation", dict, ConverseReader._cite),  # noqa: SLF001
)
_EVENTS: dict[str, Callable[[ConverseReader, JsonObject, Span | None], list[Event]]] = {
    "messageStart": ConverseReader._message_start,  # noqa: SLF001
    "contentBlockStart": ConverseReader._block_start,  # noqa: SLF001
    "contentBlockDelta": ConverseReader._block_delta,  # noqa: SLF001
    "contentBlockStop": ConverseReader._block_stop,  # noqa: SLF001
    "messageStop": ConverseReader._message_stop,  # noqa: SLF001
    "metadata": ConverseReader._metadata,  # noqa: SLF001
}
