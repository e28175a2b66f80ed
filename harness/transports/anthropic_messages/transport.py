"""The Messages wire as a whole: where each of its verbs is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import Endpoint
from harness.model import (
    Answer,
    Ask,
    CacheStats,
    Exchange,
    Failure,
    FinishReason,
    Headers,
    JsonObject,
    NormalizedResponse,
    Provider,
    Regions,
    Request,
    Script,
    find_header,
)
from harness.transports._failures import classify
from harness.transports.anthropic_messages import build, invoke, meaning, messages, tools, writer
from harness.transports.anthropic_messages.reader import MessagesReader
from harness.transports.anthropic_messages.regions import regions

_THREAD = re.compile(r"/threads/[^/]+/messages$")  # a message put into an assistant's thread
_OPENINGS = (b'"type":"message"', b'"type": "message"', b'"type":"message_start"', invoke.OPENING)


class Messages:
    name = "anthropic_messages"
    wire = "messages"
    uncounted: tuple[str, ...] = ()

    def convert_messages(
        self, messages_: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> JsonObject:
        """`{"messages": [...], "system": [...]}`; every content is a list of blocks. A marker may
        be put on a block, or on a message: `build_kwargs` moves that onto its last block."""
        return messages.convert(messages_, provider, ask)

    def convert_tools(
        self, tools_: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return tools.convert(tools_, provider, ask)

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        return build.kwargs(ask, provider, converted, self.convert_tools(ask.tools, provider, ask))

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        return build.request(kwargs, provider, endpoint)

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        """A message as parsed JSON. What is normalized already comes back as it is."""
        if isinstance(raw, NormalizedResponse):
            return raw
        reader = MessagesReader(provider)
        reader.take(raw)
        return reader.outcome.response or NormalizedResponse()

    def validate_response(self, raw: Any) -> bool:
        """Whether it says something, or says why it says nothing."""
        if isinstance(raw, NormalizedResponse):
            reason = raw.data("raw_finish_reason")
            return bool(raw.content or raw.tool_calls) or reason in meaning.EMPTY_IS_VALID
        if not isinstance(raw, dict) or not isinstance(raw.get("content"), list):
            return False
        return bool(raw["content"]) or raw.get("stop_reason") in meaning.EMPTY_IS_VALID

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        return meaning.cache_stats(raw.get("usage"))

    def map_finish_reason(self, raw: Any) -> FinishReason:
        return meaning.finish_reason(raw)

    def read_failure(self, answer: Answer, provider: Provider) -> Failure:
        return classify(answer.status, answer.body, answer.headers, provider)

    def reader(
        self, provider: Provider, status: int = 200, headers: Headers = ()
    ) -> MessagesReader:
        binary = (find_header(headers, "content-type") or "").startswith(invoke.CONTENT_TYPE)
        return (invoke.InvokeReader if binary else MessagesReader)(provider, status, headers)

    def recognizes(self, exchange: Exchange) -> bool:
        """By path, for the vendor's own and what imitates it; by what the reply calls itself for a
        cloud that serves the wire under another path."""
        path = urlsplit(exchange.request.url).path.rstrip("/")
        if path.endswith("/messages") and not _THREAD.search(path):
            return exchange.request.method.upper() == "POST"
        if "/publishers/" in path or "/invoke" in path:
            return any(mark in exchange.body for mark in _OPENINGS)
        return False

    def regions(self, exchange: Exchange) -> Regions:
        return regions(exchange.body)

    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        return writer.write(script, request, stream=stream, model=model)

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return writer.write_failure(failure, request)
