"""A field is null where its type says that it never is.

`field` is choices (on the usage chunk), delta (on the chunk that finishes), content (where nothing
is said), tool_calls, usage (everywhere but where it counts), output (of a finished
Responses reply), or arguments. Where a wire has no such field, it is untestable there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import UsageError
from harness.faults._edit import edit, walk
from harness.model import Exchange, Regions

WIRES = frozenset({"chat", "responses", "jwt"})


def apply(exchange: Exchange, regions: Regions, *, field: str) -> Exchange:
    if field not in _FIELDS:
        raise UsageError(f"{field!r} is no such field", hint=f"Fields are: {', '.join(_FIELDS)}")
    return edit(exchange, regions, _FIELDS[field], what=f"{field} that could be null")


def _choices(value: Any) -> None:
    if isinstance(value, dict) and value.get("choices") == []:
        value["choices"] = None


def _delta(value: Any) -> None:
    for one in walk(value):
        if one.get("delta") == {}:
            one["delta"] = None


def _content(value: Any) -> None:
    """Of deltas, messages and gateway chunks that say something else."""
    for one in walk(value):
        if "tool_calls" in one or "role" in one:
            one.update({"content": None} if not one.get("content") else {})


def _tool_calls(value: Any) -> None:
    for one in walk(value):
        said = "content" in one and ("role" in one or len(one) == 1 or "is_final" in one)
        if said and not one.get("tool_calls"):
            one["tool_calls"] = None


def _usage(value: Any) -> None:
    if isinstance(value, dict) and not value.get("usage"):
        value["usage"] = None


def _output(value: Any) -> None:
    if isinstance(value, dict) and isinstance(value.get("response"), dict):
        response = value["response"]
        if response.get("status") not in {None, "in_progress", "queued"}:
            response["output"] = None


def _arguments(value: Any) -> None:
    for one in walk(value):
        if one.get("arguments") in ("", {}):
            one["arguments"] = None


_FIELDS: dict[str, Callable[[Any], None]] = {
    "choices": _choices,
    "delta": _delta,
    "content": _content,
    "tool_calls": _tool_calls,
    "usage": _usage,
    "output": _output,
    "arguments": _arguments,
}
