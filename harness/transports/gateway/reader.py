"""Bytes of a gateway's body in, events out: flat chunks over SSE, or one flat object.

The rule of this file: a chunk says `content`, `tool_calls` (whole, arguments as objects), `usage`
and `is_final`. The reply is over with `is_final` or with [DONE]; there is no finish reason. A line
that is no JSON is skipped and warned of, as this wire's clients always did.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from harness.errors import WireError
from harness.model import (
    Answer,
    Event,
    Failure,
    FailureKind,
    FinishReason,
    Headers,
    JsonObject,
    Provider,
    Span,
)
from harness.transports._arguments import as_text
from harness.transports._failures import broken, classify, failure_of, is_error
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.reader import ChatReader
from harness.transports.chat_completions.reply import Reply
from harness.transports.gateway.lines import LineDecoder
from harness.wire import jsontext
from harness.wire.sse import SseEvent

STRICT_LINES = "lines_with_space_only"


class GatewayReader(ChatReader):
    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        super().__init__(provider, status, headers)
        self._reply.untold = FinishReason.STOP
        self._seen: set[str] = set()  # calls that came: some servers send them again
        self._shared = False  # whether a fork has the same set

    def fork(self) -> ChatReader:
        self._shared = True
        return super().fork()

    def _decoder(self) -> Any:
        strict = STRICT_LINES in self.provider.profiles
        return LineDecoder() if strict else super()._decoder()

    def _read_failure(self, answer: Answer) -> Failure:
        return read_failure(answer, self.provider)

    def _event(self, sse: SseEvent, events: list[Event]) -> None:
        if sse.raw.strip() == b"[DONE]":
            self._reply.whole = self._reply.whole or not self._reply.silent
            self.finished = True
            self._finish(events)
            return
        try:
            chunk = _loads(sse.raw)
        except WireError:
            self._warn("an event that is no JSON was skipped")
            return
        if not isinstance(chunk, dict):
            self._warn("an event that is no JSON object was skipped")
        elif "error" in chunk or is_error(chunk) or sse.event == "error":
            self._fail(classify(None, chunk, self.headers, self.provider), events)
        else:
            self._take(chunk, events, sse.span)

    def _take_body(self, body: JsonObject, events: list[Event]) -> None:
        if self._whole is not None:
            body = _loads(self._whole.document())
        self._reply.whole = True
        self._take(body, events, None)
        # Content may be null, and the calls too; a body that says neither is somebody else's.
        if self._reply.silent and not _may_be_empty(body):
            self._fail(broken("the reply has neither content nor a tool call"), events)
            return
        self._finish(events)

    def _take(self, chunk: JsonObject, events: list[Event], span: Span | None) -> None:
        delta: JsonObject = {"content": chunk.get("content")}
        entries = chunk.get("tool_calls")
        delta["tool_calls"] = [
            whole_call(entry, len(self._seen))
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and self._is_new(entry)
        ]
        events += self._reply.take(delta, span)
        _note(self._reply, chunk)
        if chunk.get("is_final") is True and not (self._reply.silent and _is_odd(chunk)):
            self._reply.whole = True

    def _is_new(self, entry: JsonObject) -> bool:
        key = as_text(entry)
        if entry.get("id") and key in self._seen:
            self._warn("a tool call that came twice is read once")
            return False
        if self._shared:
            self._seen, self._shared = set(self._seen), False
        self._seen.add(key if entry.get("id") else f"{len(self._seen)} {key}")
        return True


def whole_call(entry: JsonObject, index: int) -> JsonObject:
    """A flat call in the shape of the chat wire: nothing as arguments is an empty object."""
    arguments = entry.get("arguments")
    function = {"name": entry.get("name"), "arguments": {} if arguments is None else arguments}
    return {"id": entry.get("id"), "index": index, "function": function}


def _may_be_empty(body: JsonObject) -> bool:
    return "content" in body and not _is_odd(body)


def _is_odd(chunk: JsonObject) -> bool:
    """Whether its content is of no type that content has here."""
    return not isinstance(chunk.get("content"), str | None)


def read_failure(answer: Answer, provider: Provider) -> Failure:
    """By status: 401, 404 (the model) and 502 (its upstream) have a meaning of their own."""
    failure = failure_of(answer, provider)
    if answer.status == 404:
        return replace(failure, kind=FailureKind.NOT_FOUND, transient=False)
    if answer.status == 502:
        return replace(failure, message=f"Server LLM gateway error: {failure.message}")
    if answer.status == 401:
        return failure
    return replace(failure, message=f"Unexpected status {answer.status}: {failure.message}")


def read_whole(raw: JsonObject, provider: Provider) -> Reply:
    reader = GatewayReader(provider)
    reader._take_body(raw, [])  # noqa: SLF001  the same class in one piece
    return reader._reply  # noqa: SLF001


def _note(reply: Reply, chunk: JsonObject) -> None:
    if isinstance(chunk.get("model"), str) and chunk["model"]:
        reply.model = chunk["model"]
    for counts in meaning.usages(chunk):
        reply.count(counts)


def _loads(raw: bytes) -> Any:
    """Arguments come as objects here, so that every digit of a number must survive."""
    value = jsontext.loads(raw)
    try:
        return json.loads(raw) if isinstance(value, dict) and value.get("tool_calls") else value
    except ValueError:
        return value
