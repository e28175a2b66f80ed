"""Canonical messages (chat-shaped) to the Messages wire: `{"system": [...], "messages": [...]}`.

The rules of this file: what the vendor sent goes back as it was and where it was; every tool_use is
answered in the very next user message, in front of any text; nothing empty is sent; and nothing of
the caller's is changed in place. Which thinking may go back is `thinking.py`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from harness.errors import WireError
from harness.model import Ask, JsonObject, Provider
from harness.transports._history import identified, key_of
from harness.transports.anthropic_messages import thinking
from harness.transports.anthropic_messages.images import block_of, latest
from harness.wire import jsontext

EMPTY = "(empty)"
EMPTY_USER = "(empty message)"
NO_OUTPUT = "(no output)"
CORRUPT = "[The call's arguments were not valid JSON and were replaced by {}]"

# What the vendor accepts back of the blocks that it sent; of every other kind nothing is removed
# but nulls.
_KEPT: dict[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "citations", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control"}),
}


def convert(messages: Sequence[JsonObject], provider: Provider, ask: Ask) -> JsonObject:
    made = turns(provider.prepare_messages([dict(m) for m in messages], ask), provider)
    return {**made, "messages": latest(made["messages"], ask.options.get("keep_images"))}


def turns(messages: Sequence[JsonObject], provider: Provider) -> JsonObject:
    """Messages that the provider has prepared, as turns."""
    system: list[JsonObject] = []
    made: list[JsonObject] = []
    broken: set[str] = set()
    for message in identified(messages):
        role = message.get("role")
        if role in ("system", "developer"):
            system += _system(message)
        elif role == "assistant":
            made.append({"role": "assistant", "content": _assistant(message, broken)})
        elif role == "tool":
            made.append({"role": "user", "content": [_tool_result(message, broken)]})
        else:
            made.append({"role": "user", "content": _user(message)})
    made = thinking.apply(_paired(_merged(made)), provider.profiles)
    made = _merged([turn for turn in made if turn["content"]])
    made = [{**turn, "content": _results_first(turn["content"])} for turn in made]
    converted: JsonObject = {"messages": made}
    if system:
        converted["system"] = system
    return converted


def safe_id(raw: Any) -> str:
    """The wire takes letters, digits, `_` and `-` only."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", str(raw)) if raw not in (None, "") else ""


def marked(block: JsonObject, message: JsonObject) -> JsonObject:
    """A cache marker that stands on the message belongs on its last block."""
    marker = message.get("cache_control")
    return {**block, "cache_control": marker} if marker else block


def _system(message: JsonObject) -> list[JsonObject]:
    blocks = [block for block in _parts(message.get("content")) if block.get("text") != ""]
    if blocks:
        blocks[-1] = marked(blocks[-1], message)
    return blocks


def _user(message: JsonObject) -> list[JsonObject]:
    blocks = [b for b in _parts(message.get("content")) if not _blank(b)]
    if not blocks:
        blocks = [{"type": "text", "text": EMPTY_USER}]
    blocks[-1] = marked(blocks[-1], message)
    return blocks


def _parts(content: Any) -> list[JsonObject]:
    """Content of any shape as blocks. A part that this wire cannot say is named in words."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if isinstance(content, dict):
        content = [content]
    if not isinstance(content, list | tuple):
        return [] if content is None else [{"type": "text", "text": str(content)}]
    return [block for part in content for block in _part(part)]


def _part(part: Any) -> list[JsonObject]:
    if isinstance(part, str):
        return [{"type": "text", "text": part}] if part else []
    if not isinstance(part, dict):
        return []
    block = block_of(part)
    if part.get("cache_control") and not _blank(block):
        block["cache_control"] = part["cache_control"]
    return [_without_nulls(block)]


def _blank(block: JsonObject) -> bool:
    return block.get("type") == "text" and not str(block.get("text") or "").strip()


def _without_nulls(block: JsonObject) -> JsonObject:
    return {key: value for key, value in block.items() if value is not None}


def _assistant(message: JsonObject, broken: set[str]) -> list[JsonObject]:
    kept = message.get("anthropic_content_blocks")
    if isinstance(kept, list) and kept:
        blocks = [_replayed(block) for block in kept if isinstance(block, dict)]
    else:
        blocks = [
            _replayed(detail)
            for detail in message.get("reasoning_details") or ()
            if isinstance(detail, dict) and detail.get("type") in thinking.KINDS
        ]
        blocks += _parts(message.get("content"))
        blocks += _calls(message.get("tool_calls"), broken)
    blocks = thinking.told(message) + [block for block in blocks if not _blank(block)]
    last = blocks[-1] if blocks else None
    if last is not None and last.get("type") not in thinking.KINDS:
        blocks[-1] = marked(last, message)
    if not blocks:
        blocks = [{"type": "text", "text": EMPTY}]
    return blocks


def _replayed(block: JsonObject) -> JsonObject:
    kept = _KEPT.get(str(block.get("type")))
    return {
        key: value
        for key, value in block.items()
        if value is not None and (kept is None or key in kept)
    }


def _calls(calls: Any, broken: set[str]) -> list[JsonObject]:
    blocks: list[JsonObject] = []
    for call in calls if isinstance(calls, list | tuple) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            continue
        name = str(function.get("name") or "") or "invalid_tool_call"
        raw = function.get("arguments")
        identity = safe_id(key_of(call))
        arguments = arguments_object(raw)
        if arguments is None:
            broken.add(identity)
        blocks.append({"type": "tool_use", "id": identity, "name": name, "input": arguments or {}})
    return blocks


def arguments_object(raw: Any) -> JsonObject | None:
    """A call's arguments as the object that this wire wants; None when they are none."""
    if isinstance(raw, dict):
        return raw
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return {}
    try:
        value = jsontext.loads(raw.encode("utf-8", "replace")) if isinstance(raw, str) else None
    except WireError:
        return None
    return value if isinstance(value, dict) else None


def _tool_result(message: JsonObject, broken: set[str]) -> JsonObject:
    identity = safe_id(str(message.get("tool_call_id") or "").strip())
    content = message.get("content")
    result: Any
    if isinstance(content, list | tuple):
        parts = [block for block in _parts(content) if not _blank(block)]
        marker = next((b.pop("cache_control") for b in parts if "cache_control" in b), None)
        result = parts or NO_OUTPUT
    else:
        marker = None
        result = content if isinstance(content, str) else "" if content is None else str(content)
        result = result if result.strip() else NO_OUTPUT
    if identity in broken:
        head: list[JsonObject] = [{"type": "text", "text": CORRUPT}]
        result = f"{CORRUPT}\n{result}" if isinstance(result, str) else head + result
    block: JsonObject = {"type": "tool_result", "tool_use_id": identity, "content": result}
    if message.get("is_error"):
        block["is_error"] = True
    marker = message.get("cache_control") or marker
    return {**block, "cache_control": marker} if marker else block


def _merged(turns: list[JsonObject]) -> list[JsonObject]:
    """Neighbours of one role become one; what the second thought is dropped with its place."""
    merged: list[JsonObject] = []
    for turn in turns:
        if merged and merged[-1]["role"] == turn["role"]:
            more = turn["content"]
            if turn["role"] == "assistant" and merged[-1]["content"]:
                more = [block for block in more if block.get("type") not in thinking.KINDS]
            merged[-1] = {**merged[-1], "content": [*merged[-1]["content"], *more]}
        else:
            merged.append(turn)
    return merged


def _paired(turns: list[JsonObject]) -> list[JsonObject]:
    """Calls without a result in the next user turn go, and results without a call before them."""
    paired: list[JsonObject] = []
    for position, turn in enumerate(turns):
        blocks = turn["content"]
        if turn["role"] == "assistant":
            following = turns[position + 1]["content"] if position + 1 < len(turns) else []
            answered = {b.get("tool_use_id") for b in following if b.get("type") == "tool_result"}
            blocks = _unorphaned(blocks, answered)
        else:
            before = paired[-1]["content"] if paired and position else []
            asked = {b.get("id") for b in before if b.get("type") == "tool_use"}
            blocks = [
                block
                for block in _first_result_each(blocks)
                if block.get("type") != "tool_result" or block.get("tool_use_id") in asked
            ]
            if not blocks:
                continue
        paired.append({**turn, "content": blocks})
    return paired


def _first_result_each(blocks: list[JsonObject]) -> list[JsonObject]:
    seen: set[Any] = set()
    kept = []
    for block in blocks:
        identity = block.get("tool_use_id") if block.get("type") == "tool_result" else None
        if identity is None or identity not in seen:
            kept.append(block)
        seen.add(identity)
    return kept


def _unorphaned(blocks: list[JsonObject], answered: set[Any]) -> list[JsonObject]:
    seen: set[Any] = set()
    kept: list[JsonObject] = []
    for block in blocks:
        if block.get("type") == "tool_use":
            if block.get("id") not in answered or block.get("id") in seen:
                continue
            seen.add(block.get("id"))
        kept.append(block)
    if len(kept) != len(blocks):
        return thinking.demoted(kept)  # the signature covered the call that is gone
    return kept


def _results_first(blocks: list[JsonObject]) -> list[JsonObject]:
    results = [block for block in blocks if block.get("type") == "tool_result"]
    return results + [block for block in blocks if block.get("type") != "tool_result"]
