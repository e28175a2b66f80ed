"""Prompt-cache markers, put on converted messages before the body is built.

Whether and in which layout is the provider's policy (model, base URL); where, is here: the system
prompt and the last three other messages that can carry one, on copies. Four at most altogether, and
those that the caller has put there himself count.
"""

from __future__ import annotations

from typing import Any

from harness.model import CachePolicy, JsonObject

AT_MOST = 4


def mark(converted: Any, policy: CachePolicy) -> Any:
    """The converted messages with markers: a list, or a mapping with `messages` and `system`."""
    marker: JsonObject = {"type": "ephemeral"}
    if policy.ttl is not None:
        marker["ttl"] = policy.ttl
    left = max(0, AT_MOST - _count(converted))
    if isinstance(converted, dict):
        return _mark_native(converted, marker, left)
    return _mark_list(converted, marker, left, native=policy.native)


def _count(value: Any) -> int:
    """The markers that are there already: on a message, or on a part of one."""
    if isinstance(value, list):
        return sum(_count(item) for item in value)
    if not isinstance(value, dict):
        return 0
    inside = (value.get(key) for key in ("system", "messages", "content"))
    return ("cache_control" in value) + sum(_count(item) for item in inside)


def _mark_native(converted: JsonObject, marker: JsonObject, left: int) -> JsonObject:
    marked = dict(converted)
    system = marked.get("system")
    if isinstance(system, str) and system:
        system = [{"type": "text", "text": system}]
    if isinstance(system, list) and system and left:
        on_last = _on_last_part(system, marker)
        if on_last is not None:
            marked["system"], left = on_last, left - 1
    if isinstance(marked.get("messages"), list):
        marked["messages"] = _last_marked(marked["messages"], marker, left)
    return marked


def _mark_list(
    messages: list[JsonObject], marker: JsonObject, left: int, *, native: bool
) -> list[JsonObject]:
    head: list[JsonObject] = []
    rest = messages
    if left and messages and messages[0].get("role") in {"system", "developer"}:
        first = _on_message(messages[0], marker)
        head, rest = [first or messages[0]], messages[1:]
        left -= first is not None
    return [*head, *_last_marked(rest, marker, left, native=native)]


def _last_marked(
    messages: list[JsonObject], marker: JsonObject, count: int, *, native: bool = True
) -> list[JsonObject]:
    """Native layouts take a marker on a tool's result too; an enveloped one would be ignored, or
    hang the server (K03), so there only a message with a content part to carry it is marked."""
    made = list(messages)
    for index in range(len(made) - 1, -1, -1):
        if not count:
            break
        if made[index].get("role") == "tool" and not native:
            continue
        marked = _on_message(made[index], marker)
        if marked is not None:
            made[index] = marked
            count -= 1
    return made


def _on_message(message: JsonObject, marker: JsonObject) -> JsonObject | None:
    content = message.get("content")
    if isinstance(content, str) and content.strip():
        content = [{"type": "text", "text": content}]
    parts = _on_last_part(content, marker) if isinstance(content, list) else None
    return None if parts is None else {**message, "content": parts}


def _on_last_part(parts: list[Any], marker: JsonObject) -> list[Any] | None:
    """None where the last part can carry no marker (no object, empty text as K06 says, thinking),
    or has one."""
    last = parts[-1] if parts else None
    if not isinstance(last, dict) or last.get("type") in {"thinking", "redacted_thinking"}:
        return None
    if "cache_control" in last:
        return None
    if last.get("type") == "text" and not str(last.get("text") or "").strip():
        return None
    return [*parts[:-1], {**last, "cache_control": dict(marker)}]
