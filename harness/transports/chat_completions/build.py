"""A request of this wire: the body, the same as the official SDK's keyword arguments, and the same
as one HTTP request.

What the SDK's `create` has no parameter for (another vendor's fields) stands in `extra_body`; what
depends on the ask and is a header stands in `extra_headers`. Nothing here knows a vendor: what is
particular comes in with the Provider, and reasoning controls are wholly its own to say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from harness.contracts import Endpoint
from harness.model import Ask, JsonObject, Provider, Request
from harness.transports._history import healed
from harness.transports.chat_completions.history import convert
from harness.wire import jsontext

PATH = "/chat/completions"
PARAMETERS = frozenset(
    (
        *("messages", "model", "audio", "frequency_penalty", "function_call", "functions"),
        *("logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata"),
        *("modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty"),
        *("prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "response_format"),
        *("safety_identifier", "seed", "service_tier", "stop", "store", "stream"),
        *("stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p"),
        *("user", "verbosity", "web_search_options"),
    )
)
_PASSED = PARAMETERS - {"messages", "model", "tools", "tool_choice", "stream", "temperature"}
_PASSED -= {"max_tokens", "max_completion_tokens", "parallel_tool_calls"}
_WORDS = {"any": "required", "required": "required", "auto": "auto", "none": "none"}


def messages(messages: Sequence[JsonObject], provider: Provider, ask: Ask) -> list[JsonObject]:
    """The history as the wire takes it; the provider prepares it last."""
    return provider.prepare_messages(convert(messages, provider.profiles), ask)


def tools(tools: Sequence[JsonObject], provider: Provider, ask: Ask) -> list[JsonObject]:
    """Function tools as they were asked; a bare function is wrapped."""
    made = [
        dict(tool)
        if "function" in tool or "custom" in tool or "name" not in tool
        else {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
        for tool in tools
    ]
    return provider.prepare_tools(made, ask)


def kwargs(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    body = _body(ask, provider, converted, converted_tools)
    overrides = dict(ask.options.get("overrides") or {})
    extra = {**(ask.options.get("extra_body") or {}), **(overrides.pop("extra_body", None) or {})}
    body = healed({**provider.adapt({**body, **extra}, ask), **overrides})
    made = {key: value for key, value in body.items() if key in PARAMETERS}
    rest = {key: value for key, value in body.items() if key not in PARAMETERS}
    if rest:
        made["extra_body"] = rest
    headers = {
        **provider.headers_for(ask, provider.base_url),
        **(ask.options.get("extra_headers") or {}),
    }
    if headers:
        made["extra_headers"] = headers
    return made


def _body(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    model = ask.model or provider.model
    body: JsonObject = {"model": model, "messages": list(converted)}
    if converted_tools:
        body["tools"] = converted_tools
        choice = tool_choice(ask.tool_choice)
        if choice is not None:
            body["tool_choice"] = choice
        parallel = ask.options.get("parallel_tool_calls")
        if parallel is not None:
            body["parallel_tool_calls"] = bool(parallel)
    if ask.stream:
        body["stream"] = True
        if "no_stream_options" not in provider.profiles:
            body["stream_options"] = {"include_usage": True}
    limit = _max_tokens(ask, provider, model)
    if limit is not None:
        field = provider.max_tokens_field
        body[field(model) if callable(field) else field] = limit
    temperature = ask.temperature
    if provider.temperature is not None:
        temperature = provider.temperature(model, temperature)
    if temperature is not None:
        body["temperature"] = temperature
    body |= {key: ask.options[key] for key in sorted(_PASSED) if ask.options.get(key) is not None}
    return body


def _max_tokens(ask: Ask, provider: Provider, model: str) -> int | None:
    """What was asked, else the provider's default; what is no positive number was not asked."""
    declared = provider.default_max_tokens
    for value in (ask.max_tokens, declared(model) if callable(declared) else declared):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and math.isfinite(value or 0) and (value or 0) >= 1:
            return int(value or 0)
    return None


def tool_choice(asked: Any) -> Any:
    """A word, or one function by its name; also in the shapes of other wires."""
    if asked is None:
        return None
    if isinstance(asked, Mapping):
        kind, name = asked.get("type"), asked.get("name")
        if kind == "tool" or (kind == "function" and name):
            return {"type": "function", "function": {"name": name}}
        return _WORDS.get(str(kind)) or dict(asked)
    return _WORDS.get(str(asked)) or {"type": "function", "function": {"name": str(asked)}}


def request(arguments: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
    body = {k: v for k, v in arguments.items() if not k.startswith("extra_")}
    body |= arguments.get("extra_body") or {}
    headers = {"content-type": "application/json"}
    headers["accept"] = "text/event-stream" if body.get("stream") else "application/json"
    headers |= {key.lower(): value for key, value in provider.headers.items()}
    for key, value in (arguments.get("extra_headers") or {}).items():
        headers[key.lower()] = value
    return Request("POST", url(endpoint.base_url), tuple(headers.items()), jsontext.dumps(body))


def url(base_url: str) -> str:
    """The base with this wire's path; a query that the base carries stays a query."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if path.endswith(PATH) else path + PATH))
