"""Tool schemas for servers that know less of JSON Schema than their callers. Always a copy (J19).

A property may have any name: what is removed is a keyword, never a property that is called so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.model import Ask, JsonObject
from harness.providers import _models

_NAMED = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_NESTED = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then")
_REFUSED = ("pattern", "format")


def typed(tools: list[JsonObject]) -> list[JsonObject]:
    """Row J05: every node has one type, no union holds a null, and no enum holds nothing."""
    return [_with_schema(tool, _typed) for tool in tools]


def typed_for_moonshot(default: str) -> Callable[[list[JsonObject], Ask], list[JsonObject]]:
    """Row J05 on an aggregator: only for the models that want it, by their name."""

    def prepared(tools: list[JsonObject], ask: Ask) -> list[JsonObject]:
        return typed(tools) if _models.is_moonshot(ask.model or default) else tools

    return prepared


def plain(tools: list[JsonObject]) -> list[JsonObject]:
    """Row J19: without pattern and format, and without enums of values that hold a slash."""
    return [_with_schema(tool, _plain) for tool in tools]


def _with_schema(tool: JsonObject, change: Callable[[Any], Any]) -> JsonObject:
    """The schema stands in `function` over chat, and in the tool itself over Responses."""
    inner = tool.get("function")
    if isinstance(inner, dict):
        return {**tool, "function": _with_schema(inner, change)}
    if not isinstance(tool.get("parameters"), dict):
        return tool
    return {**tool, "parameters": _walked(tool["parameters"], change)}


def _walked(node: Any, change: Callable[[Any], Any]) -> Any:
    """The schema changed from its leaves up; what is no schema passes."""
    if not isinstance(node, dict):
        return node
    made = dict(node)
    for key in _NAMED:
        if isinstance(node.get(key), dict):
            made[key] = {name: _walked(inner, change) for name, inner in node[key].items()}
    for key in _LISTED:
        if isinstance(node.get(key), list):
            made[key] = [_walked(inner, change) for inner in node[key]]
    for key in (*_NESTED, "else"):
        if isinstance(node.get(key), dict):
            made[key] = _walked(node[key], change)
    return change(made)


def _plain(node: JsonObject) -> JsonObject:
    made = {key: value for key, value in node.items() if key not in _REFUSED}
    if any("/" in value for value in _list(made.get("enum")) if isinstance(value, str)):
        del made["enum"]
    return made


def _typed(node: JsonObject) -> JsonObject:
    made = {key: value for key, value in node.items() if key != "nullable"}
    if isinstance(made.get("type"), list):
        made["type"] = next((kind for kind in made["type"] if kind != "null"), "string")
    if "enum" in made:
        made["enum"] = [value for value in _list(made["enum"]) if value not in (None, "")]
        if not made["enum"]:
            del made["enum"]
    branches = [b for b in _list(made.get("anyOf")) if not _is_null(b)]
    if branches:
        made["anyOf"] = branches
        made.pop("type", None)
        return made if len(branches) > 1 else {**branches[0], **_without(made, "anyOf")}
    if "type" not in made and not {"$ref", "oneOf", "allOf"} & made.keys():
        made["type"] = _kind(made)
    return made


def _kind(node: JsonObject) -> str:
    """The type that a node without one must mean."""
    if "properties" in node or "additionalProperties" in node:
        return "object"
    if "items" in node or "prefixItems" in node:
        return "array"
    values = _list(node.get("enum"))
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(isinstance(value, int) for value in values):
        return "integer"
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    return "string"


def _is_null(branch: Any) -> bool:
    return isinstance(branch, dict) and (
        branch.get("type") == "null" or branch.get("enum") == [None] or branch == {"const": None}
    )


def _without(node: JsonObject, key: str) -> JsonObject:
    return {name: value for name, value in node.items() if name != key}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
