"""A request of this wire: the body, then the same as the official SDK's keyword arguments, then the
same as one HTTP request.

What the SDK's `create` has no parameter for (sampling parameters, other vendors' fields) stands in
`extra_body`; what is a header stands in `extra_headers`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from harness.contracts import Endpoint
from harness.model import Ask, JsonObject, Provider, Request
from harness.transports._history import healed
from harness.transports.anthropic_messages import models, tools
from harness.transports.anthropic_messages.messages import marked
from harness.wire import jsontext

VERSION = "2023-06-01"  # the one under which sampling parameters still exist

PARAMETERS = frozenset(
    {
        "model",
        "max_tokens",
        "messages",
        "system",
        "stream",
        "stop_sequences",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "metadata",
        "service_tier",
        "speed",
        "cache_control",
        "container",
        "inference_geo",
    }
)
_NOT_OURS = ("instructions", "input", "store", "parallel_tool_calls", "include")
_PASSED = ("metadata", "service_tier", "container", "output_config", "cache_control")


def kwargs(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    body = _body(ask, provider, converted, converted_tools)
    body = {k: v for k, v in provider.adapt(body, ask).items() if k not in _NOT_OURS}
    made = {key: value for key, value in body.items() if key in PARAMETERS}
    extra = {key: value for key, value in body.items() if key not in PARAMETERS}
    if extra:
        made["extra_body"] = extra
    headers = _headers(ask, provider)
    if headers:
        made["extra_headers"] = headers
    return made


def _body(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    model = ask.model or provider.model
    body: JsonObject = {
        "model": models.wire_name(model),
        "max_tokens": _max_tokens(ask, provider, model),
        "messages": [_marked(message) for message in converted["messages"]],
    }
    if converted.get("system"):
        body["system"] = converted["system"]
    if ask.stream:
        body["stream"] = True
    if converted_tools:
        chosen = tools.choice(ask.tool_choice, parallel=ask.options.get("parallel_tool_calls"))
        if chosen is not None:
            body["tools"] = converted_tools
            if ask.tool_choice is not None or chosen != {"type": "auto"}:
                body["tool_choice"] = chosen
    stop = ask.options.get("stop")
    if stop:
        body["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
    body |= {key: ask.options[key] for key in _PASSED if ask.options.get(key) is not None}
    _sampling(body, ask, provider, model)
    _thinking(body, ask, model)
    _format(body, ask)
    body |= dict(ask.options.get("extra_body") or {})
    return body


def _marked(message: JsonObject) -> JsonObject:
    """A marker that a caching policy put on the whole message moves onto its last block."""
    if "cache_control" not in message:
        return message
    rest = {key: value for key, value in message.items() if key != "cache_control"}
    blocks = list(rest["content"])
    for position in range(len(blocks) - 1, -1, -1):
        if blocks[position].get("type") not in ("thinking", "redacted_thinking"):
            blocks[position] = marked(blocks[position], message)
            break
    return {**rest, "content": blocks}


def _max_tokens(ask: Ask, provider: Provider, model: str) -> int:
    """The wire demands one, so whatever is no positive number gives way to the default. Where the
    caller knows how much the model holds (`options.context_length`), a reply must be smaller."""
    declared = provider.default_max_tokens
    fallback = declared(model) if callable(declared) else declared
    found = (_count(value) for value in (ask.max_tokens, fallback))
    most = next((value for value in found if value), models.max_tokens(model))
    held = _count(ask.options.get("context_length"))
    return max(1, min(most, held - 1)) if held else most


def _count(value: Any) -> int:
    """A positive whole number; 0 for whatever is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if number and math.isfinite(value) and value >= 1 else 0


def _sampling(body: JsonObject, ask: Ask, provider: Provider, model: str) -> None:
    if not models.traits(model).sampling:
        return
    temperature = ask.temperature
    if provider.temperature is not None:
        temperature = provider.temperature(model, temperature)
    asked = {"temperature": temperature, **{k: ask.options.get(k) for k in ("top_p", "top_k")}}
    body |= {key: value for key, value in asked.items() if value is not None}


def _thinking(body: JsonObject, ask: Ask, model: str) -> None:
    wish = ask.reasoning
    if wish is None:
        return
    how = models.traits(model)
    if wish.get("enabled") is False or wish.get("effort") == "none":
        if how.thinking == models.ADAPTIVE:
            body["thinking"] = {"type": "disabled"}
        return
    effort = str(wish.get("effort") or "medium")
    if how.thinking == models.ADAPTIVE:
        effort = models.effort(effort, model)
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        body["output_config"] = {**body.get("output_config", {}), "effort": effort}
        body.pop("temperature", None)
    elif how.thinking == models.BUDGET:
        budget = models.BUDGETS.get(effort, models.MOST_BUDGET)
        given = wish.get("max_tokens") or wish.get("budget_tokens")
        budget = given if isinstance(given, int) and given > 0 else budget
        body["thinking"] = {"type": "enabled", "budget_tokens": budget}
        body["max_tokens"] = max(body["max_tokens"], budget + models.ROOM)
        body["temperature"] = 1
        body.pop("top_k", None)


def _format(body: JsonObject, ask: Ask) -> None:
    wanted = ask.options.get("response_format")
    held = wanted.get("json_schema") if isinstance(wanted, Mapping) else None
    if isinstance(held, Mapping) and isinstance(held.get("schema"), dict):
        asked = {"type": "json_schema", "schema": held["schema"]}
        body["output_config"] = {**body.get("output_config", {}), "format": asked}


def _headers(ask: Ask, provider: Provider) -> dict[str, str]:
    """What depends on the ask. Betas of several sources are one header, in order, each once."""
    made: dict[str, str] = {}
    asked = ask.options.get("extra_headers") or {}
    betas = [str(beta) for beta in ask.options.get("betas") or ()]
    fixed = {key.lower(): value for key, value in provider.headers.items()}
    for source in (fixed, provider.headers_for(ask, provider.base_url), asked):
        for key, value in source.items():
            if key.lower() == "anthropic-beta":
                betas = [*betas, *(part.strip() for part in value.split(","))]
            elif source is not fixed:
                made[key] = value
    if betas:
        made["anthropic-beta"] = ",".join(dict.fromkeys(filter(None, betas)))
    return made


def request(arguments: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
    body = {k: v for k, v in arguments.items() if not k.startswith("extra_")}
    body |= arguments.get("extra_body") or {}
    headers = {"content-type": "application/json", "anthropic-version": VERSION}
    headers |= {key.lower(): value for key, value in provider.headers.items()}
    headers |= {k.lower(): v for k, v in (arguments.get("extra_headers") or {}).items()}
    headers["accept"] = "text/event-stream" if body.get("stream") else "application/json"
    return Request("POST", url(endpoint), tuple(headers.items()), jsontext.dumps(healed(body)))


def url(endpoint: Endpoint) -> str:
    """The base with or without `/v1`; a query that the base carries stays a query."""
    split = urlsplit(endpoint.base_url)
    path = split.path.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    query = parse_qsl(split.query) + list((endpoint.options.get("query") or {}).items())
    return urlunsplit((split.scheme, split.netloc, f"{path}/v1/messages", urlencode(query), ""))
