"""Chat-shaped tools and tool choice to this wire's. Its schema dialect knows no nullable unions and
no combinators at the top; a name may stand once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.model import Ask, JsonObject, Provider

_COMBINATORS = ("oneOf", "allOf", "anyOf")
_EXTRAS = ("cache_control", "strict", "eager_input_streaming", "defer_loading", "input_examples")


def convert(tools: Sequence[JsonObject], provider: Provider, ask: Ask) -> list[JsonObject]:
    converted: list[JsonObject] = []
    seen: set[str] = set()
    for tool in provider.prepare_tools([dict(tool) for tool in tools], ask):
        one = _tool(tool)
        name = one.get("name")
        if isinstance(name, str) and name and name not in seen:
            seen.add(name)
            converted.append(one)
    return converted


def _tool(tool: JsonObject) -> JsonObject:
    function = tool.get("function")
    if not isinstance(function, dict):
        return dict(tool)  # one of the wire's own: a server tool, or already in its shape
    one: JsonObject = {"name": str(function.get("name") or "")}
    if function.get("description"):
        one["description"] = function["description"]
    one["input_schema"] = schema(function.get("parameters"))
    for extra in _EXTRAS:
        value = tool.get(extra, function.get(extra))
        if value is not None:
            one[extra] = value
    return one


def schema(parameters: Any) -> JsonObject:
    made = _collapsed(parameters) if isinstance(parameters, dict) else {}
    assert isinstance(made, dict)
    made = {key: value for key, value in made.items() if key not in _COMBINATORS}
    made["type"] = "object"
    if not isinstance(made.get("properties"), dict):
        made["properties"] = {}
    return made


def _collapsed(node: Any) -> Any:
    """`T or null` becomes `T`, everywhere. Recursion ends with the schema, which is a tree."""
    if isinstance(node, list):
        return [_collapsed(item) for item in node]
    if not isinstance(node, dict):
        return node
    kinds = node.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        rest = [kind for kind in kinds if kind != "null"]
        node = {**node, "type": rest[0] if len(rest) == 1 else rest or "string"}
    for union in ("anyOf", "oneOf"):
        options = node.get(union)
        if isinstance(options, list):
            rest = [option for option in options if option != {"type": "null"}]
            if len(rest) != len(options) and len(rest) == 1 and isinstance(rest[0], dict):
                node = {**{k: v for k, v in node.items() if k != union}, **rest[0]}
    return {key: _collapsed(value) for key, value in node.items()}


def choice(asked: Any, *, parallel: bool | None = None) -> JsonObject | None:
    """None: the tools themselves must be left out, for this is how this wire says `none`."""
    if asked == "none" or (isinstance(asked, dict) and asked.get("type") == "none"):
        return None
    made: JsonObject = {"type": "auto"}
    if asked in ("required", "any"):
        made = {"type": "any"}
    elif isinstance(asked, str) and asked != "auto":
        made = {"type": "tool", "name": asked}
    elif isinstance(asked, dict):
        function = asked.get("function")
        name = function.get("name") if isinstance(function, dict) else asked.get("name")
        made = {"type": "tool", "name": name} if name else {"type": asked.get("type") or "auto"}
    if parallel is False:
        made["disable_parallel_tool_use"] = True
    return made
