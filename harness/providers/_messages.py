"""Changes of converted messages that several servers need. The caller's messages stay as they are:
whatever differs is a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.model import Ask, JsonObject
from harness.providers import _models


def named(ask: Ask, default: str) -> str:
    return ask.model or default


def developer_role(messages: list[JsonObject], model: str) -> list[JsonObject]:
    """Row J25: the first message says `developer` to the models that know the word."""
    first = messages[0] if messages else {}
    if first.get("role") != "system" or not _models.wants_developer(model):
        return messages
    return [{**first, "role": "developer"}, *messages[1:]]


def without_foreign_extras(messages: list[JsonObject], model: str) -> list[JsonObject]:
    """Row J08: `extra_content` is Google's; other models' servers refuse the key."""
    if _models.is_google(model):
        return messages
    return [_without_extra(message) for message in messages]


def _without_extra(message: JsonObject) -> JsonObject:
    kept = {key: value for key, value in message.items() if key != "extra_content"}
    if isinstance(kept.get("tool_calls"), list):
        kept["tool_calls"] = [
            {key: value for key, value in call.items() if key != "extra_content"}
            for call in kept["tool_calls"]
        ]
    return kept


def for_any_model(default: str) -> Callable[[list[JsonObject], Ask], list[JsonObject]]:
    """How an aggregator's messages are prepared: as the model wants it that the ask names."""

    def prepared(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
        model = named(ask, default)
        return developer_role(without_foreign_extras(messages, model), model)

    return prepared


def as_parts(message: JsonObject) -> JsonObject:
    """Text content as a list of one part."""
    content = message.get("content")
    if not isinstance(content, str):
        return message
    return {**message, "content": [{"type": "text", "text": content}]}


def as_text(message: JsonObject) -> JsonObject:
    """A list of text parts as one string; a list that holds anything else stays."""
    content = message.get("content")
    if not isinstance(content, list) or not all(_is_text(part) for part in content):
        return message
    return {**message, "content": "".join(part["text"] for part in content)}


def has_image(messages: Any) -> bool:
    """Whether an image goes out, in either wire's words."""
    kinds = {"image_url", "input_image"}
    listed = [message.get("content") for message in messages if isinstance(message, dict)]
    parts = [part for content in listed if isinstance(content, list) for part in content]
    return any(isinstance(part, dict) and part.get("type") in kinds for part in parts)


def _is_text(part: Any) -> bool:
    return (
        isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
    )
