"""Canonical messages and tools to Converse.

The rules of a conversation (alternation, results right after their calls, nothing empty) are those
of the Messages wire, so its turns are made first and then said in this wire's blocks: a tagged
union, bytes instead of base64, and a cache marker that is a block of its own.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from harness.model import Ask, JsonObject, Provider
from harness.transports.anthropic_messages import messages as turns
from harness.transports.anthropic_messages import tools as schemas

EMPTY = turns.EMPTY
_DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
}


def convert(messages: Sequence[JsonObject], provider: Provider, ask: Ask) -> JsonObject:
    prepared = provider.prepare_messages([dict(message) for message in messages], ask)
    keep_unsigned = "thinking_all" in provider.profiles
    made = turns.turns([_own_reasoning(message, keep_unsigned) for message in prepared], provider)
    spoken = [{"role": t["role"], "content": _blocks(t["content"])} for t in made["messages"]]
    empty = {"role": "user", "content": [{"text": EMPTY}]}
    if not spoken or spoken[0]["role"] != "user":
        spoken.insert(0, empty)
    if spoken[-1]["role"] != "user":
        spoken.append(empty)
    converted: JsonObject = {"messages": spoken}
    system = _blocks(made.get("system") or [])
    if system:
        converted["system"] = system
    return converted


def _own_reasoning(message: JsonObject, keep_unsigned: bool) -> JsonObject:
    """Reasoning that came over this wire goes back; what another wire kept can't be read here."""
    if message.get("role") != "assistant":
        return message
    details = []
    for detail in message.get("reasoning_details") or ():
        held = detail.get("reasoningContent") if isinstance(detail, dict) else None
        if not isinstance(held, dict):
            continue
        said = held.get("reasoningText")
        if held.get("redactedContent"):
            details.append({"type": "redacted_thinking", "data": held["redactedContent"]})
        elif isinstance(said, dict) and (said.get("signature") or keep_unsigned):
            thought = {"type": "thinking", "thinking": str(said.get("text") or "")}
            details.append(thought | {k: said[k] for k in ("signature",) if said.get(k)})
    rest = {k: v for k, v in message.items() if k != "anthropic_content_blocks"}
    return rest | {"reasoning_details": details}


def _blocks(blocks: list[JsonObject]) -> list[JsonObject]:
    spoken: list[JsonObject] = []
    for block in blocks:
        spoken += _block(block)
        spoken += _cache_point(block)
    return spoken


def _cache_point(marked: JsonObject) -> list[JsonObject]:
    marker = marked.get("cache_control")
    if not isinstance(marker, dict):
        return []
    ttl = {"ttl": marker["ttl"]} if marker.get("ttl") else {}
    return [{"cachePoint": {"type": "default", **ttl}}]


def with_cache_points(converted: JsonObject) -> JsonObject:
    """Markers that a caching policy put on converted blocks or messages, in this wire's way."""
    turns_ = [
        {"role": turn["role"], "content": _pointed([*turn["content"], turn])}
        for turn in converted["messages"]
    ]
    made: JsonObject = {"messages": turns_}
    if converted.get("system"):
        made["system"] = _pointed(converted["system"])
    return made


def _pointed(blocks: list[JsonObject]) -> list[JsonObject]:
    """A turn may stand at the end of its blocks, for its marker alone."""
    made: list[JsonObject] = []
    for block in blocks:
        own = {key: value for key, value in block.items() if key != "cache_control"}
        if "role" not in own:
            made.append(own)
        if made and not {"cachePoint", "reasoningContent"} & made[-1].keys():
            made += _cache_point(block)
    return made


def _block(block: JsonObject) -> list[JsonObject]:
    kind = block.get("type")
    if kind == "text" and not str(block["text"]).strip():
        return []
    speak = _SPOKEN.get(str(kind))
    if speak is not None:
        return [speak(block)]
    return [block] if kind is None else [{"text": f"[{kind} content was left out]"}]


def _thought(block: JsonObject) -> JsonObject:
    said = {"text": block["thinking"]}
    if block.get("signature"):
        said["signature"] = block["signature"]
    return {"reasoningContent": {"reasoningText": said}}


def _call(block: JsonObject) -> JsonObject:
    call = {"toolUseId": block["id"], "name": block["name"], "input": block["input"]}
    return {"toolUse": call}


def _result(block: JsonObject) -> JsonObject:
    content = block["content"]
    parts = [{"text": content}] if isinstance(content, str) else _blocks(content)
    result: JsonObject = {"toolUseId": block["tool_use_id"], "content": parts}
    if block.get("is_error"):
        result["status"] = "error"
    return {"toolResult": result}


def _media(block: JsonObject) -> JsonObject:
    """Bytes travel; a URL would have to be fetched, which is not this wire's business."""
    source = block.get("source") or {}
    media = str(source.get("media_type") or "")
    if source.get("type") != "base64":
        return {"text": f"[{block['type']}: {source.get('url') or 'left out'}]"}
    held = {"bytes": _bytes(source.get("data"))}
    if block["type"] == "image":
        return {"image": {"format": media.partition("/")[2] or "png", "source": held}}
    name = str(block.get("title") or "document").rpartition(".")[0] or "document"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-()[] ") else "-" for c in name)
    return {"document": {"format": _DOCUMENTS.get(media, "txt"), "name": safe, "source": held}}


def _bytes(data: Any) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return base64.b64decode(str(data), validate=False)
    except (binascii.Error, ValueError):
        return b""


_SPOKEN: dict[str, Callable[[JsonObject], JsonObject]] = {
    "text": lambda block: {"text": block["text"]},
    "thinking": _thought,
    "redacted_thinking": lambda b: {"reasoningContent": {"redactedContent": _bytes(b["data"])}},
    "tool_use": _call,
    "tool_result": _result,
    "image": _media,
    "document": _media,
}


def tools(tools: Sequence[JsonObject], provider: Provider, ask: Ask) -> list[JsonObject]:
    spoken: list[JsonObject] = []
    for tool in schemas.convert(tools, provider, ask):
        spec: JsonObject = {"name": tool["name"]}
        if tool.get("description"):
            spec["description"] = tool["description"]
        spec["inputSchema"] = {"json": tool.get("input_schema") or schemas.schema(None)}
        if isinstance(tool.get("strict"), bool):
            spec["strict"] = tool["strict"]
        spoken.append({"toolSpec": spec})
        if isinstance(tool.get("cache_control"), dict):
            spoken += _cache_point(tool)
    return spoken


def choice(asked: Any) -> JsonObject | None:
    """None: this wire has no word for `none`."""
    made = schemas.choice(asked)
    if made is None:
        return None
    if made["type"] == "tool":
        return {"tool": {"name": made["name"]}}
    return {"any": {}} if made["type"] == "any" else {"auto": {}}
