"""A request of this wire: the official SDK's keyword arguments, and the same as one HTTP request.

The rule of this file: it knows the wire, not who speaks it. What is particular to one backend comes
in with the Provider: its adaptations, its headers, and the profiles that name a dialect.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from harness.contracts import Endpoint
from harness.errors import UsageError
from harness.model import Ask, JsonObject, Provider, Request
from harness.transports._history import healed
from harness.transports.codex_responses.items import choice_of, convert, tool_of
from harness.wire import jsontext

_ENCRYPTED = "reasoning.encrypted_content"
_EFFORTS = {"minimal": "low", "ultra": "max"}
_OPTIONS = frozenset(
    [
        "background",
        "context_management",
        "conversation",
        "max_tool_calls",
        "metadata",
        "previous_response_id",
        "prompt",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "stream_options",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
        "parallel_tool_calls",
        "include",
        "prompt_cache_key",
    ]
)
_NOT_BODY = ("extra_headers", "extra_query", "extra_body", "timeout")
_FIELDS = (
    _OPTIONS
    | frozenset(_NOT_BODY)
    | frozenset(
        [
            "model",
            "instructions",
            "input",
            "stream",
            "store",
            "text",
            "tools",
            "tool_choice",
            "reasoning",
            "temperature",
            "max_output_tokens",
            "access_programs",
            "image",
            "moderation",
            "prompt_cache_options",
        ]
    )
)


def messages(messages: Sequence[JsonObject], provider: Provider, ask: Ask) -> JsonObject:
    prepared = provider.prepare_messages([dict(message) for message in messages], ask)
    return convert(prepared, provider, store=bool(ask.options.get("store", False)))


def tools(tools: Sequence[JsonObject], provider: Provider, ask: Ask) -> list[JsonObject]:
    prepared = provider.prepare_tools([dict(tool) for tool in tools], ask)
    return [tool_of(tool) for tool in prepared]


def kwargs(ask: Ask, provider: Provider, converted: Any, converted_tools: Any) -> JsonObject:
    options = ask.options
    model = ask.model or provider.model
    body: JsonObject = {"model": model, **converted}
    body["store"] = bool(options.get("store", False))
    if ask.stream:
        body["stream"] = True
    if converted_tools:
        body |= {"tools": converted_tools, "tool_choice": choice_of(ask.tool_choice or "auto")}
        body["parallel_tool_calls"] = True
    body |= _reasoning(ask, provider)
    if key := _cache_key(body, options):
        body["prompt_cache_key"] = key
    body |= _limits(ask, provider, model)
    body |= {name: options[name] for name in _OPTIONS if options.get(name) is not None}
    if text := _text(options):
        body["text"] = text
    if options.get("extra_body"):
        body["extra_body"] = dict(options["extra_body"])
    body = provider.adapt(body, ask) | dict(options.get("overrides") or {})
    headers = dict(provider.headers_for(ask, provider.base_url))
    headers |= dict(options.get("extra_headers") or {})
    return body | ({"extra_headers": headers} if headers else {})


def preflight(arguments: JsonObject) -> None:
    """A UsageError about what this wire would refuse (F34), before anything is sent."""
    unknown = sorted(arguments.keys() - _FIELDS)
    if unknown:
        raise UsageError(
            "a Responses request has no such field",
            found=", ".join(unknown),
            hint="Put what only your server knows into options.extra_body",
        )
    timeout = arguments.get("timeout")
    if isinstance(timeout, int | float) and not 0 < timeout < float("inf"):
        raise UsageError("a timeout is a finite number above 0", found=repr(timeout))


def request(arguments: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
    preflight(arguments)
    body = {key: value for key, value in arguments.items() if key not in _NOT_BODY}
    body |= arguments.get("extra_body") or {}
    query = arguments.get("extra_query") or {}
    url = endpoint.base_url.rstrip("/") + "/responses"
    url += f"?{urlencode(query)}" if query else ""
    accept = "text/event-stream" if body.get("stream") else "application/json"
    headers = {"content-type": "application/json", "accept": accept, **provider.headers}
    headers |= arguments.get("extra_headers") or {}
    return Request("POST", url, tuple(headers.items()), jsontext.dumps(healed(body)))


def _reasoning(ask: Ask, provider: Provider) -> JsonObject:
    """No wish is the server's default. What a backend says of itself decides whether the encrypted
    form is asked for: servers without it refuse the word."""
    wish = ask.reasoning
    if wish is not None and wish.get("enabled") is False:
        return {"include": []}
    included: JsonObject = {"include": [_ENCRYPTED]}
    if wish is None:
        return included if "reasoning" in provider.can else {}
    effort = wish.get("effort")
    asked = {"effort": _EFFORTS.get(effort, effort)} if effort else {}
    return included | {"reasoning": {**asked, "summary": wish.get("summary") or "auto"}}


def _cache_key(body: JsonObject, options: Any) -> str | None:
    """The same words and tools get the same key, whoever asks; else the session's."""
    if body.get("instructions"):
        tools = sorted(json.dumps(tool, sort_keys=True) for tool in body.get("tools", ()))
        said = f"{body['instructions']}\0{''.join(tools)}".encode("utf-8", "surrogatepass")
        return f"pck_{sha256(said).hexdigest()[:24]}"
    session = str(options.get("session_id") or "")
    return f"pck_{sha256(session.encode()).hexdigest()[:24]}" if len(session) > 64 else session


def _limits(ask: Ask, provider: Provider, model: str) -> JsonObject:
    default = provider.default_max_tokens
    most = ask.max_tokens or (default(model) if callable(default) else default)
    warmth = ask.temperature
    if provider.temperature is not None:
        warmth = provider.temperature(model, warmth)
    found = {"max_output_tokens": most, "temperature": warmth}
    return {name: value for name, value in found.items() if value is not None}


def _text(options: Any) -> JsonObject:
    """What is wished of the text. Chat's response_format has a flat form on this wire."""
    text = dict(options.get("text") or {})
    if options.get("verbosity"):
        text["verbosity"] = options["verbosity"]
    wanted = options.get("response_format")
    schema = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if wanted:
        text["format"] = {"type": "json_schema", **schema} if isinstance(schema, dict) else wanted
    return text
