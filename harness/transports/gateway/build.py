"""A request of this wire: flat, and every field of it stands there also where it is null."""

from __future__ import annotations

from typing import Any

from harness.contracts import Endpoint
from harness.model import Ask, JsonObject, Provider, Request
from harness.transports.chat_completions import build
from harness.wire import jsontext

PATH = "/api/v1/llm/chat"
STREAM_PATH = "/api/v1/llm/chat/stream"
_FIELDS = ("messages", "model", "temperature", "max_tokens", "tools", "tool_choice", "timeout")


def kwargs(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    """The body, and beside it `stream`, which chooses the path."""
    made = build.kwargs(ask, provider, converted, converted_tools)
    made |= made.pop("extra_body", {})
    limit = made.pop("max_completion_tokens", None)
    made = {"timeout": ask.options.get("timeout"), "max_tokens": limit, **made}
    body = {field: made.get(field) for field in _FIELDS}
    arguments: JsonObject = {"stream": ask.stream, "body": body}
    if "extra_headers" in made:
        arguments["extra_headers"] = made["extra_headers"]
    return arguments


def request(arguments: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
    headers = {"content-type": "application/json"}
    headers |= {key.lower(): value for key, value in provider.headers.items()}
    headers |= {k.lower(): v for k, v in (arguments.get("extra_headers") or {}).items()}
    path = STREAM_PATH if arguments.get("stream") else PATH
    url = endpoint.base_url.rstrip("/") + path
    return Request("POST", url, tuple(headers.items()), jsontext.dumps(arguments["body"]))
