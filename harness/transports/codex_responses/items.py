"""Canonical messages and tools as Responses input items.

The rule of this file: what the server gave as state goes back as it came, in the order in which it
came, without what is ours (keys that begin with an underscore) and without ids that the server
would look up: with `store` false nothing was stored. A message keeps its id only while its
reasoning keeps its own, since the server demands the two together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.model import JsonObject, Provider
from harness.transports._arguments import as_text
from harness.transports._history import identified, key_of

LONGEST_ID = 64


class Conversion:
    """One history, read once. `input` and `instructions` are what it became."""

    def __init__(self, provider: Provider, *, store: bool) -> None:
        self._issuer, self._store = provider.name, store
        self._seen: set[str] = set()  # reasoning items by id: each is sent once
        self._custom: set[str] = set()  # call ids of free-form tools, whose results differ
        self.instructions: list[str] = []
        self.input: list[JsonObject] = []

    def take(self, message: JsonObject) -> None:
        role, content = message.get("role"), message.get("content")
        if role in ("system", "developer"):
            if self.input:
                self.input.append({"role": "developer", "content": parts_of(content)})
            elif text := text_of(content):
                self.instructions.append(text)
        elif role == "assistant":
            self.input += self._assistant(message)
        elif role == "tool":
            self.input.append(self._result(message))
        else:
            self.input.append({"role": "user", "content": parts_of(content)})

    def _assistant(self, message: JsonObject) -> Iterator[JsonObject]:
        thoughts = _list(message, "codex_reasoning_items")
        stored = _list(message, "codex_message_items")
        keeps = self._store and all(len(str(item.get("id", ""))) <= LONGEST_ID for item in stored)
        said = [_message(item, keeps_id=keeps) for item in stored]
        if not said and (text := text_of(message.get("content"))):
            said = [_spoken(text, message.get("phase"))]
        reasoning = [_thought(item, keeps_id=keeps) for item in thoughts if self._is_wanted(item)]
        calls = [self._call(call) for call in _list(message, "tool_calls")]
        taken = {item.get("_position") for item in (*thoughts, *stored)}
        merged = _in_order([*reasoning, *said], taken, calls)
        yield from ({k: v for k, v in item.items() if k[:1] != "_"} for item in merged)
        if reasoning and not said and not calls:
            yield {"role": "assistant", "content": ""}  # a thought alone lacks its following item

    def _is_wanted(self, thought: JsonObject) -> bool:
        """Not another backend's, not twice, and something in it that this server can read."""
        id_ = str(thought.get("id") or "")
        if thought.get("_issuer_kind") not in (None, self._issuer) or id_ in self._seen:
            return False
        if id_:
            self._seen.add(id_)
        return bool(thought.get("encrypted_content") or thought.get("content") or self._store)

    def _call(self, call: JsonObject) -> JsonObject:
        own = call.get("function") or call.get("custom") or call
        name, arguments = str(own.get("name") or ""), own.get("arguments")
        custom = call.get("type") == "custom" or call.get("item_type") == "custom_tool_call"
        wire = as_text(own.get("input", arguments) if custom else arguments)
        call_id = _for_call(key_of(call))
        if custom:
            self._custom.add(call_id)
            return {"type": "custom_tool_call", "call_id": call_id, "name": name, "input": wire}
        item = {"type": "function_call", "call_id": call_id, "name": name}
        return item | {"arguments": wire if wire.strip() else "{}"}

    def _result(self, message: JsonObject) -> JsonObject:
        call_id = _for_call(str(message.get("tool_call_id") or "").strip())
        kind = "custom_tool_call_output" if call_id in self._custom else "function_call_output"
        return {"type": kind, "call_id": call_id, "output": parts_of(message.get("content"))}


def _for_call(joined: str) -> str:
    """The call's half of an id that one server joins with its item's by a bar."""
    call, _, item = joined.partition("|")
    return call or item


def _in_order(
    fixed: list[JsonObject], taken: set[Any], calls: list[JsonObject]
) -> list[JsonObject]:
    """Thoughts and messages at the positions they had, calls in the positions between them. Where
    a position is not known: thoughts, then messages, then calls."""
    if not all(isinstance(item.get("_position"), int) for item in fixed):
        return [*fixed, *calls]
    at = {item["_position"]: item for item in fixed}
    rest, merged = iter(calls), []
    for position in range(len(taken) + len(calls)):
        item = at.pop(position, None)
        if item is None and position not in taken:
            item = next(rest, None)
        merged += [item] if item else []
    return [*merged, *at.values(), *rest]


def _thought(item: JsonObject, *, keeps_id: bool) -> JsonObject:
    fields = ("type", "id", "encrypted_content", "content", "_position")
    kept = {name: item[name] for name in fields if item.get(name) is not None}
    if not keeps_id:
        kept.pop("id", None)
    summary = item.get("summary")
    return kept | {"summary": summary if isinstance(summary, list) else []}


def _message(item: JsonObject, *, keeps_id: bool) -> JsonObject:
    """Without an id, a message of plain text has a form that needs none."""
    parts = item.get("content")
    if keeps_id and item.get("id"):
        return dict(item)
    place = {"_position": item.get("_position")}
    if all(part.get("type") == "output_text" for part in _objects(parts)):
        return _spoken(text_of(parts), item.get("phase")) | place
    return {key: value for key, value in item.items() if key != "id"}


def _spoken(text: str, phase: Any) -> JsonObject:
    spoken: JsonObject = {"role": "assistant", "content": text}
    return spoken | ({"type": "message", "phase": phase} if phase else {})


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = [part.get("text") or part.get("refusal") or "" for part in _objects(content)]
    return "".join(map(str, texts))


def parts_of(content: Any) -> str | list[JsonObject]:
    """A user's content or a tool's result: a string, or parts with this wire's names."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else as_text(content)
    return [_part(part if isinstance(part, dict) else {"text": str(part)}) for part in content]


def _part(part: JsonObject) -> JsonObject:
    kind = part.get("type", "text")
    if kind in ("text", "output_text"):
        return {"type": "input_text", "text": str(part.get("text") or "")}
    if kind == "image_url":
        image = part.get("image_url")
        image = image if isinstance(image, Mapping) else {"url": image}
        detail = image.get("detail") or "auto"
        return {"type": "input_image", "image_url": image.get("url"), "detail": detail}
    if kind == "input_image":
        return {"detail": "auto", **part}
    if kind == "file" and isinstance(part.get("file"), Mapping):
        return {"type": "input_file", **part["file"]}
    return dict(part)


def _objects(value: Any) -> list[JsonObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _list(message: JsonObject, name: str) -> list[JsonObject]:
    return _objects(message.get(name))


def convert(messages: Sequence[JsonObject], provider: Provider, *, store: bool) -> JsonObject:
    """`instructions` (if any) and `input`."""
    conversion = Conversion(provider, store=store)
    for message in identified(messages):
        conversion.take(message)
    instructions = "\n\n".join(conversion.instructions)
    return ({"instructions": instructions} if instructions else {}) | {"input": conversion.input}


def tool_of(tool: JsonObject) -> JsonObject:
    """Flat, as this wire wants it. A hosted tool, or one that is flat already, passes as it is."""
    inner = tool.get("function")
    if tool.get("type", "function") == "function" and isinstance(inner, Mapping):
        named = ("name", "description")
        flat = {name: inner[name] for name in named if inner.get(name) is not None}
        strict = bool(inner.get("strict", False))
        parameters = inner.get("parameters") or {"type": "object", "properties": {}}
        return {"type": "function", **flat, "strict": strict, "parameters": parameters}
    if tool.get("type") == "custom" and isinstance(tool.get("custom"), Mapping):
        return {"type": "custom", **tool["custom"]}
    return dict(tool)


def choice_of(choice: Any) -> Any:
    if not isinstance(choice, Mapping):
        return choice
    kind = choice.get("type", "function")
    inner = choice.get(kind)
    return {"type": kind, "name": inner.get("name")} if isinstance(inner, Mapping) else dict(choice)
