"""A history as this wire accepts it, made of whatever history an agent kept.

The rule of this file: the caller's messages are never changed, every tool call has its one result
right behind it, and no key is sent that belongs to another wire or to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.model import JsonObject
from harness.transports._arguments import NOTHING, as_text, repair
from harness.transports._history import healed, identified, key_of

ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})
UNNAMED = "invalid_tool_call"
UNAVAILABLE = "[Result unavailable — see context summary above]"
CORRUPT = "[The arguments of this call were corrupt and were replaced by {}] "
NO_REASONING = " "  # what a server that demands reasoning accepts where none is known

_KEYS = {
    "assistant": ("role", "content", "tool_calls", "name", "refusal", "audio", "prefix"),
    "tool": ("role", "content", "tool_call_id"),
}
_OTHERS = ("role", "content", "name")
_ECHOED = {
    "echo_reasoning_content": ("reasoning_content",),
    "echo_reasoning_details": ("reasoning_details",),
    "echo_reasoning_text": ("reasoning_text", "reasoning_opaque"),
    "echo_extra_content": ("extra_content",),
}


def convert(messages: Sequence[JsonObject], profiles: frozenset[str]) -> list[JsonObject]:
    kept: list[JsonObject] = [
        dict(message)
        for message in identified(healed(list(messages)))
        if isinstance(message, dict) and message.get("role") in ROLES
    ]
    for message in kept:
        if message["role"] == "assistant":
            _normalize_calls(message)
    paired = _merged(_paired(_merged(kept)))
    names: dict[str, str] = {}
    return [_stripped(message, profiles, names) for message in paired]


# Tool calls ------------------------------------------------------------------------------------


def _normalize_calls(message: JsonObject) -> None:
    """Calls with an id, a name and arguments that are JSON; or no key at all."""
    listed = message.pop("tool_calls", None)
    calls = [_call(call) for call in listed or () if isinstance(call, dict)]
    if calls:
        message["tool_calls"] = calls


def _call(call: JsonObject) -> JsonObject:
    if isinstance(call.get("custom"), dict):
        return {"id": key_of(call), "type": "custom", "custom": call["custom"]}
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = repair(as_text(function.get("arguments")))
    made: JsonObject = {
        "id": key_of(call),
        "type": "function",
        "function": {
            "name": _name(function.get("name")),
            "arguments": NOTHING if arguments is None else arguments,
        },
    }
    if isinstance(call.get("extra_content"), dict):
        made["extra_content"] = call["extra_content"]
    if arguments is None:
        made["_corrupt"] = True
    return made


def _name(name: object) -> str:
    """A name that the API accepts: what stands before a stray quote or bracket, legal letters."""
    plain = re.split(r"[\"'<>]", name, maxsplit=1)[0].strip() if isinstance(name, str) else ""
    return re.sub(r"[^A-Za-z0-9_.:-]", "_", plain) or UNNAMED


def _paired(messages: list[JsonObject]) -> list[JsonObject]:
    """Every call followed by its one result, in the order of the calls. Results that answer no call
    right before them go; calls that nothing answers get a result that says so. An id that is used
    twice in a turn is made two."""
    made: list[JsonObject] = []
    position = 0
    while position < len(messages):
        message = messages[position]
        position += 1
        if message["role"] == "tool":
            continue
        made.append(message)
        if "tool_calls" not in message:
            continue
        start = position
        while position < len(messages) and messages[position]["role"] == "tool":
            position += 1
        made += _results(message["tool_calls"], messages[start:position])
    return made


def _results(calls: list[JsonObject], answers: list[JsonObject]) -> Iterable[JsonObject]:
    waiting: dict[str, list[JsonObject]] = {}
    for answer in answers:
        waiting.setdefault(str(answer.get("tool_call_id") or "").strip(), []).append(answer)
    used: dict[str, int] = {}
    for call in calls:
        key = call["id"]
        used[key] = used.get(key, 0) + 1
        found = waiting.get(key)
        answer = found.pop(0) if found else {"role": "tool", "content": UNAVAILABLE}
        if used[key] > 1:
            call["id"] = f"{key}_d{used[key]}"
        content = answer.get("content")
        if call.pop("_corrupt", False):
            content = _prefixed(content)
        yield {**answer, "tool_call_id": call["id"], "content": "" if content is None else content}


def _prefixed(content: object) -> object:
    if isinstance(content, list):
        return [{"type": "text", "text": CORRUPT}, *content]
    return CORRUPT + (content if isinstance(content, str) else "")


# Turns -----------------------------------------------------------------------------------------


def _merged(messages: list[JsonObject]) -> list[JsonObject]:
    """Turns of one role that follow each other are one turn."""
    made: list[JsonObject] = []
    for message in messages:
        role = message["role"]
        if made and role in ("user", "assistant") and made[-1]["role"] == role:
            last = made[-1]
            merged = {**last, **{k: v for k, v in message.items() if v is not None}}
            merged["content"] = _joined(
                last.get("content"), message.get("content"), "\n\n" if role == "user" else "\n"
            )
            calls = [*last.get("tool_calls", ()), *message.get("tool_calls", ())]
            if calls:
                merged["tool_calls"] = calls
            made[-1] = merged
        else:
            made.append(message)
    return made


def _joined(first: object, second: object, between: str) -> object:
    if not first or not second:
        return second or first
    if isinstance(first, str) and isinstance(second, str):
        return first + between + second
    return [*_parts(first), *_parts(second)]


def _parts(content: object) -> list[object]:
    return list(content) if isinstance(content, list) else [{"type": "text", "text": content}]


# Keys ------------------------------------------------------------------------------------------


def _stripped(message: JsonObject, profiles: frozenset[str], names: dict[str, str]) -> JsonObject:
    """The message with the keys of this wire, and with the state that its server wants back."""
    role = message["role"]
    allowed = list(_KEYS.get(role, _OTHERS))
    if role == "assistant":
        for profile, keys in _ECHOED.items():
            allowed += keys if profile in profiles else ()
    kept = {key: message[key] for key in allowed if key in message}
    if role == "assistant":
        _echo(kept, message, profiles)
        for call in kept.get("tool_calls", ()):
            names[call["id"]] = call.get("function", {}).get("name", "")
    elif role == "tool" and "tool_message_name" in profiles:
        kept["name"] = names.get(kept["tool_call_id"]) or UNNAMED
    if kept.get("content") is None and not kept.get("tool_calls"):
        kept["content"] = ""
    return kept


def _echo(kept: JsonObject, message: JsonObject, profiles: frozenset[str]) -> None:
    if kept.get("refusal") is None:
        kept.pop("refusal", None)
    if "tool_calls" in kept and "echo_extra_content" not in profiles:
        kept["tool_calls"] = [
            {key: value for key, value in call.items() if key != "extra_content"}
            for call in kept["tool_calls"]
        ]
    if "echo_reasoning_content" in profiles:
        kept["reasoning_content"] = kept.get("reasoning_content") or NO_REASONING
    if "echo_raw_content" in profiles and isinstance(message.get("raw_content"), str):
        kept["content"] = message["raw_content"]
    thought = message.get("reasoning")
    if "echo_thinking_parts" in profiles and isinstance(thought, str) and thought:
        part: JsonObject = {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}
        if message.get("thinking_signature"):
            part["signature"] = message["thinking_signature"]
        kept["content"] = [part, *(_parts(kept["content"]) if kept.get("content") else ())]
