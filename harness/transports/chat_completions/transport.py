"""The Chat Completions wire as a whole: where each of its verbs is done."""

from __future__ import annotations

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
)
from harness.transports import _history
from harness.transports._failures import is_error
from harness.transports.chat_completions import build, meaning, writer
from harness.transports.chat_completions.reader import ChatReader, read_failure, read_whole
from harness.transports.chat_completions.regions import regions

_OPENINGS = (b'"chat.completion.chunk"', b'"chat.completion"')
_PROBE = 2000  # bytes of a body that tell which wire it is


class ChatCompletions:
    name = "chat_completions"
    wire = "chat"
    uncounted: tuple[str, ...] = ()

    def convert_messages(
        self, messages: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return build.messages(messages, provider, ask)

    def convert_tools(
        self, tools: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return build.tools(tools, provider, ask)

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        return build.kwargs(ask, provider, converted, self.convert_tools(ask.tools, provider, ask))

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        return build.request(kwargs, provider, endpoint)

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        """A completion as parsed JSON. What is normalized already comes back as it is."""
        if isinstance(raw, NormalizedResponse):
            return raw
        return read_whole(raw, provider).response(interrupted=False)[0]

    def validate_response(self, raw: Any) -> bool:
        """Whether it is a reply with a choice in it: otherwise there is nothing to normalize."""
        if isinstance(raw, NormalizedResponse):
            return raw.finish_reason is not None
        if not isinstance(raw, dict) or is_error(raw):
            return False
        choices = raw.get("choices")
        return isinstance(choices, list) and any(isinstance(choice, dict) for choice in choices)

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        counts: JsonObject | None = None
        for found in meaning.usages(raw):
            counts = meaning.merged(counts, found)
        return meaning.cache_stats(counts)

    def map_finish_reason(self, raw: Any) -> FinishReason:
        return meaning.finish_reason(raw)

    def read_failure(self, answer: Answer, provider: Provider) -> Failure:
        return read_failure(answer, provider)

    def reader(self, provider: Provider, status: int = 200, headers: Headers = ()) -> ChatReader:
        return ChatReader(provider, status, headers)

    def assistant_message(self, response: NormalizedResponse) -> JsonObject:
        """The reply as a turn of the canonical history."""
        return _history.assistant_message(response)

    def recognizes(self, exchange: Exchange) -> bool:
        """By path; by what the reply calls itself where a gateway serves it under another one."""
        if urlsplit(exchange.request.url).path.rstrip("/").endswith(build.PATH):
            return True
        start = exchange.body[:_PROBE].replace(b'": "', b'":"')
        return any(b'"object":' + mark in start for mark in _OPENINGS)

    def regions(self, exchange: Exchange) -> Regions:
        return regions(exchange.body)

    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        return writer.write(script, request, stream=stream, model=model)

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return writer.write_failure(failure, request)
