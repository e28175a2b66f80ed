"""The Converse wire as a whole: where each of its verbs is done."""

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
)
from harness.transports._failures import classify
from harness.transports.bedrock_converse import build, meaning, messages, writer
from harness.transports.bedrock_converse.reader import ConverseReader
from harness.transports.bedrock_converse.regions import regions

_PATH = re.compile(r"/model/[^/]+(?:/[^/]+)*/converse(?:-stream)?$")


class Converse:
    name = "bedrock_converse"
    wire = "converse"
    uncounted: tuple[str, ...] = ("reasoning_tokens",)

    def convert_messages(
        self, messages_: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> JsonObject:
        """`{"messages": [...], "system": [...]}`; a cache marker has become a cachePoint block."""
        return messages.convert(messages_, provider, ask)

    def convert_tools(
        self, tools_: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return messages.tools(tools_, provider, ask)

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        """boto3's arguments, and beside them `stream`: which of its two methods is meant."""
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        return build.kwargs(ask, provider, converted, self.convert_tools(ask.tools, provider, ask))

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        return build.request(kwargs, provider, endpoint)

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        """A reply as parsed JSON or as boto3 returns it. What is normalized already comes back."""
        if isinstance(raw, NormalizedResponse):
            return raw
        reader = ConverseReader(provider)
        reader.take(raw)
        return reader.outcome.response or NormalizedResponse()

    def validate_response(self, raw: Any) -> bool:
        if isinstance(raw, NormalizedResponse):
            return bool(raw.content or raw.tool_calls or raw.finish_reason)
        output = raw.get("output") if isinstance(raw, dict) else None
        message = output.get("message") if isinstance(output, dict) else None
        return isinstance(message, dict) and isinstance(message.get("content"), list)

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        return meaning.cache_stats(raw.get("usage"))

    def map_finish_reason(self, raw: Any) -> FinishReason:
        return meaning.finish_reason(raw)

    def read_failure(self, answer: Answer, provider: Provider) -> Failure:
        return classify(answer.status, answer.body, answer.headers, provider)

    def reader(
        self, provider: Provider, status: int = 200, headers: Headers = ()
    ) -> ConverseReader:
        return ConverseReader(provider, status, headers)

    def recognizes(self, exchange: Exchange) -> bool:
        return _PATH.search(urlsplit(exchange.request.url).path.rstrip("/")) is not None

    def regions(self, exchange: Exchange) -> Regions:
        return regions(exchange.body)

    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        return writer.write(script, request, stream=stream, model=model)

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return writer.write_failure(failure, request)
