"""Walking skeleton of the chat transport: a request, a reader, the regions of a stream."""

from __future__ import annotations

import json

from harness.contracts import Endpoint
from harness.model import (
    Ask,
    Exchange,
    Framing,
    Headers,
    JsonObject,
    Provider,
    Region,
    RegionKind,
    Regions,
    Request,
    Span,
)
from harness.transports.chat_completions.reader import ChatReader
from harness.wire.sse import SseDecoder


class ChatCompletions:
    name = "chat_completions"
    wire = "chat"

    def build_kwargs(self, ask: Ask, provider: Provider) -> JsonObject:
        body: JsonObject = {"model": ask.model or provider.model, "messages": list(ask.messages)}
        if ask.tools:
            body["tools"] = list(ask.tools)
        if ask.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        url = endpoint.base_url.rstrip("/") + "/chat/completions"
        headers = (("content-type", "application/json"), *provider.headers.items())
        return Request("POST", url, headers, json.dumps(kwargs).encode())

    def reader(self, provider: Provider, status: int = 200, headers: Headers = ()) -> ChatReader:
        return ChatReader()

    def regions(self, exchange: Exchange) -> Regions:
        body = exchange.body
        units: list[Span] = []
        spans: list[Region] = []
        for event in SseDecoder().feed(body):
            units.append(event.span)
            if event.data.startswith("[DONE]"):
                spans.append(Region(RegionKind.TERMINATOR, *event.span, len(units) - 1))
                continue
            for choice in json.loads(event.data)["choices"]:
                for call in choice["delta"].get("tool_calls", ()):
                    text = call["function"].get("arguments", "")
                    quoted = json.dumps(text)[1:-1].encode()
                    start = body.find(b'"arguments":"' + quoted, *event.span) + len(
                        b'"arguments":"'
                    )
                    kind = RegionKind.TOOL_ARGUMENTS
                    spans.append(
                        Region(
                            kind, start, start + len(quoted), len(units) - 1, call["index"], text
                        )
                    )
        return Regions(Framing.SSE, tuple(units), tuple(spans))
