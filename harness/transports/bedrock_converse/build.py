"""A request of this wire: boto3's keyword arguments, and the same as one HTTP request.

The body has no stream flag: the path has, as the SDK has two methods. So `stream` (and what is a
header) stand beside the operation's own arguments, and `request` takes them out again; whoever
calls boto3 takes them out to choose the method.
"""

from __future__ import annotations

import base64
import logging
from typing import Any
from urllib.parse import quote

from harness.contracts import Endpoint
from harness.model import Ask, JsonObject, Provider, Request
from harness.transports._history import healed
from harness.transports.anthropic_messages import models
from harness.transports.bedrock_converse import messages
from harness.wire import jsontext

LEAST_MAX_TOKENS = 4096
BESIDE = frozenset({"stream", "extra_headers"})
_WITHOUT_TOOLS = ("deepseek.r1", "embed")

_log = logging.getLogger(__name__)


def kwargs(ask: Ask, provider: Provider, converted: Any, tools: list[JsonObject]) -> JsonObject:
    model = ask.model or provider.model
    converted = messages.with_cache_points(converted)
    body: JsonObject = {"modelId": model, "messages": converted["messages"]}
    if converted.get("system"):
        body["system"] = converted["system"]
    body["inferenceConfig"] = _inference(ask, provider, model)
    config = _tool_config(ask, model, tools, converted["messages"])
    if config:
        body["toolConfig"] = config
    guardrail = ask.options.get("guardrail")
    if guardrail:
        body["guardrailConfig"] = dict(guardrail)
    more = {
        **_thinking(ask, model, body["inferenceConfig"]),
        **(ask.options.get("extra_body") or {}),
    }
    if more:
        body["additionalModelRequestFields"] = more
    body["stream"] = ask.stream
    headers = {**provider.headers_for(ask, provider.base_url), **_asked_headers(ask)}
    if headers:
        body["extra_headers"] = headers
    body = provider.adapt(body, ask)
    return {key: value for key, value in body.items() if not key.startswith("_")}


def _asked_headers(ask: Ask) -> dict[str, str]:
    return dict(ask.options.get("extra_headers") or {})


def _inference(ask: Ask, provider: Provider, model: str) -> JsonObject:
    declared = provider.default_max_tokens
    fallback = declared(model) if callable(declared) else declared
    limit = next((n for n in (ask.max_tokens, fallback) if isinstance(n, int) and n >= 1), None)
    made: JsonObject = {"maxTokens": limit or LEAST_MAX_TOKENS}
    stop = ask.options.get("stop")
    if stop:
        made["stopSequences"] = [stop] if isinstance(stop, str) else list(stop)
    if not models.traits(model).sampling:
        return made
    temperature = ask.temperature
    if provider.temperature is not None:
        temperature = provider.temperature(model, temperature)
    if temperature is not None:
        made["temperature"] = float(temperature)
    if ask.options.get("top_p") is not None:
        made["topP"] = float(ask.options["top_p"])
    return made


def _tool_config(
    ask: Ask, model: str, tools: list[JsonObject], spoken: list[JsonObject]
) -> JsonObject | None:
    if not tools:
        return None
    if any(part in model.lower() for part in _WITHOUT_TOOLS):
        _log.warning("the tools were left out: %s takes none", model)
        return None
    chosen = messages.choice(ask.tool_choice)
    if chosen is None:  # a conversation that holds calls must still say which tools there are
        calls = any("toolUse" in block for turn in spoken for block in turn["content"])
        return {"tools": tools} if calls else None
    return {"tools": tools, "toolChoice": chosen} if ask.tool_choice else {"tools": tools}


def _thinking(ask: Ask, model: str, inference: JsonObject) -> JsonObject:
    """Only the models of one family are asked to think in this way; others are left alone."""
    wish, how = ask.reasoning, models.traits(model).thinking
    if "claude" not in model or not wish or wish.get("enabled") is False or how == models.NONE:
        return {}
    effort = str(wish.get("effort") or "medium")
    if effort == "none":
        return {}
    if how == models.ADAPTIVE:
        effort = models.effort(effort, model)
        inference.pop("temperature", None)
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    budget = models.BUDGETS.get(effort, models.MOST_BUDGET)
    inference["maxTokens"] = max(inference["maxTokens"], budget + models.ROOM)
    inference["temperature"] = 1.0
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def request(arguments: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
    body = {k: v for k, v in arguments.items() if k not in BESIDE and k != "modelId"}
    stream = bool(arguments.get("stream"))
    region = str(endpoint.options.get("region") or "us-east-1")
    root = endpoint.base_url.replace("{region}", region).rstrip("/")
    path = f"/model/{quote(str(arguments['modelId']), safe='')}/converse"
    accept = "application/vnd.amazon.eventstream" if stream else "application/json"
    headers = {"content-type": "application/json", "accept": accept}
    for source in (provider.headers, arguments.get("extra_headers") or {}):
        headers |= {key.lower(): value for key, value in source.items()}
    url = root + path + ("-stream" if stream else "")
    return Request("POST", url, tuple(headers.items()), jsontext.dumps(healed(_plain(body))))


def _plain(value: Any) -> Any:
    """Bytes are base64 on the wire."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
