"""Refusals that are known to go away when the request leaves something out: once each, per ask.

A recovery works on the built request, whatever transport made it. Those that are `lasting` are
applied to every later request of the same client, because the server will not change its mind.
Adding one is adding a row to the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.model import Failure, Request

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recovery:
    name: str
    row: str  # of the behaviour table
    refusal: re.Pattern[str]  # searched in the error's message, type and body
    change: Callable[[Request, Body], Request | None]  # None: nothing to leave out, so no retry
    lasting: bool = False


def find(failure: Failure, body: bytes, used: tuple[Recovery, ...]) -> Recovery | None:
    """The recovery that this refusal calls for, if it has not been tried in this ask."""
    if failure.status is None or not 400 <= failure.status < 500:
        return None
    text = f"{failure.type} {failure.message} {body[:65536].decode('utf-8', 'replace')}"
    return next((row for row in TABLE if row not in used and row.refusal.search(text)), None)


def apply(recovery: Recovery, request: Request) -> Request | None:
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return recovery.change(request, body) if isinstance(body, dict) else None


def _with(request: Request, before: Body, after: Body) -> Request | None:
    if after == before:
        return None
    encoded = json.dumps(after, ensure_ascii=False, separators=(",", ":"))
    return replace(request, body=encoded.encode("utf-8", "surrogatepass"))


def _without_reasoning_items(request: Request, body: Body) -> Request | None:
    items = body.get("input")
    if not isinstance(items, list):
        return None
    kept = [i for i in items if not (isinstance(i, dict) and i.get("type") == "reasoning")]
    return _with(request, body, {**body, "input": kept, "include": []})


def _without_long_context(request: Request, body: Body) -> Request | None:
    headers = []
    for name, value in request.headers:
        if name.lower() != "anthropic-beta":
            headers.append((name, value))
            continue
        betas = [beta.strip() for beta in value.split(",")]
        kept = ",".join(beta for beta in betas if not beta.startswith("context-"))
        if kept:
            headers.append((name, kept))
    made = tuple(headers)
    return None if made == request.headers else replace(request, headers=made)


def _without_signatures(request: Request, body: Body) -> Request | None:
    def stripped(message: Any) -> Any:
        if not isinstance(message, dict) or message.get("role") != "assistant":
            return message
        kept = {key: value for key, value in message.items() if key != "reasoning_details"}
        if isinstance(kept.get("content"), list):
            thinking = {"thinking", "redacted_thinking"}
            parts = [p for p in kept["content"] if not _is(p, thinking)]
            kept["content"] = parts or [{"type": "text", "text": "(thinking omitted)"}]
        return kept

    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    return _with(request, body, {**body, "messages": [stripped(m) for m in messages]})


def _without_images(request: Request, body: Body) -> Request | None:
    images = {"image", "image_url", "input_image"}
    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    made = []
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            made.append(message)
            continue
        parts = [part for part in content if not _is(part, images)]
        if parts:
            made.append({**message, "content": parts})
        elif message.get("role") == "tool":  # its call id must be answered
            made.append({**message, "content": "(an image, which this server cannot take)"})
    return _with(request, body, {**body, "messages": made})


def _without_parts_of_results(request: Request, body: Body) -> Request | None:
    """A tool's answer as one text; what is no text is named."""

    def plain(message: Any) -> Any:
        parts = message.get("content") if _is_of(message, "tool") else None
        if not isinstance(parts, list):
            return message
        told = [part for part in parts if isinstance(part, dict)]
        texts = [str(part.get("text") or f"({part.get('type')} was left out)") for part in told]
        return {**message, "content": "\n".join(texts)}

    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    return _with(request, body, {**body, "messages": [plain(message) for message in messages]})


def _without_grammar(request: Request, body: Body) -> Request | None:
    def plain(schema: Any, *, named: bool = False) -> Any:
        """`named`: the keys here are properties' names, of which one may well be `format`."""
        if isinstance(schema, list):
            return [plain(part) for part in schema]
        if not isinstance(schema, dict):
            return schema
        return {
            key: plain(value, named=key == "properties" and not named)
            for key, value in schema.items()
            if named or key not in {"pattern", "format"}
        }

    tools = body.get("tools")
    return _with(request, body, {**body, "tools": plain(tools)}) if tools else None


def _is(part: Any, kinds: set[str]) -> bool:
    return isinstance(part, dict) and part.get("type") in kinds


def _is_of(message: Any, role: str) -> bool:
    return isinstance(message, dict) and message.get("role") == role


def _says(*sentences: str) -> re.Pattern[str]:
    return re.compile("|".join(sentences), re.IGNORECASE | re.DOTALL)


TABLE = (
    Recovery(
        "encrypted_reasoning",
        "F16",
        _says(
            "invalid_encrypted_content",
            "encrypted content .{0,80}could not be (verified|decrypted)",
            "could not (decrypt|verify) the .{0,40}encrypted content",
        ),
        _without_reasoning_items,
        lasting=True,
    ),
    Recovery(
        "long_context",
        "G24",
        _says("long context beta is not (yet )?available"),
        _without_long_context,
        lasting=True,
    ),
    Recovery(
        "thinking_signature",
        "G25",
        _says(
            "thinking.{0,120}(signature|cannot be modified|must remain as they were)",
            "signature.{0,120}thinking",
        ),
        _without_signatures,
    ),
    Recovery(
        "plain_results",
        "J30",
        _says("text is not set"),
        _without_parts_of_results,
        lasting=True,
    ),
    Recovery(
        "no_vision",
        "J31",
        _says("only 'text' content type is supported", "does not support image input"),
        _without_images,
        lasting=True,
    ),
    Recovery(
        "grammar",
        "J32",
        _says("error parsing grammar", "failed to parse grammar", "unable to generate parser"),
        _without_grammar,
    ),
)
