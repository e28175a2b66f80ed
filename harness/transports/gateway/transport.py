"""The gateway's wire as a whole: a flat request with its nulls, flat chunks, statuses as errors."""

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
from harness.transports.chat_completions import build, meaning
from harness.transports.gateway import writer
from harness.transports.gateway.reader import GatewayReader, read_failure, read_whole
from harness.transports.gateway.regions import regions
from harness.wire import jsontext

PATH = "/api/v1/llm/chat"
STREAM_PATH = "/api/v1/llm/chat/stream"
_FIELDS = ("messages", "model", "temperature", "max_tokens", "tools", "tool_choice", "timeout")


class Gateway:
    name = "gateway"
    wire = "jwt"
    uncounted: tuple[str, ...] = (
        "total_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    )

    def convert_messages(
        self, messages: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return build.messages(messages, provider, ask)

    def convert_tools(
        self, tools: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> list[JsonObject]:
        return build.tools(tools, provider, ask)

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        """The body, every field of it also where it is null; `stream` chooses the path."""
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        tools = self.convert_tools(ask.tools, provider, ask)
        made = build.kwargs(ask, provider, converted, tools)
        made |= made.pop("extra_body", {})
        limit = made.pop("max_completion_tokens", None)
        made = {"timeout": ask.options.get("timeout"), "max_tokens": limit, **made}
        body = {field: made.get(field) for field in _FIELDS}
        kwargs: JsonObject = {"stream": ask.stream, "body": body}
        if "extra_headers" in made:
            kwargs["extra_headers"] = made["extra_headers"]
        return kwargs

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        headers = {"content-type": "application/json"}
        headers |= {key.lower(): value for key, value in provider.headers.items()}
        headers |= {k.lower(): v for k, v in (kwargs.get("extra_headers") or {}).items()}
        path = STREAM_PATH if kwargs.get("stream") else PATH
        url = endpoint.base_url.rstrip("/") + path
        return Request("POST", url, tuple(headers.items()), jsontext.dumps(kwargs["body"]))

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        if isinstance(raw, NormalizedResponse):
            return raw
        return read_whole(raw, provider).response(interrupted=False)[0]

    def validate_response(self, raw: Any) -> bool:
        if isinstance(raw, NormalizedResponse):
            return raw.finish_reason is not None
        return isinstance(raw, dict) and not is_error(raw) and "content" in raw

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        return meaning.cache_stats(raw.get("usage"))

    def map_finish_reason(self, raw: Any) -> FinishReason:
        return meaning.finish_reason(raw)

    def read_failure(self, answer: Answer, provider: Provider) -> Failure:
        return read_failure(answer, provider)

    def reader(self, provider: Provider, status: int = 200, headers: Headers = ()) -> GatewayReader:
        return GatewayReader(provider, status, headers)

    def assistant_message(self, response: NormalizedResponse) -> JsonObject:
        """The reply as a turn of the canonical history."""
        return _history.assistant_message(response)

    def recognizes(self, exchange: Exchange) -> bool:
        path = urlsplit(exchange.request.url).path.rstrip("/")
        return path.endswith((PATH, STREAM_PATH))

    def regions(self, exchange: Exchange) -> Regions:
        return regions(exchange.body)

    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        return writer.write(script, request, stream=stream, model=model)

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return writer.write_failure(failure, request)
