"""The stock tools that a scenario may name: harmless, small, and each with a shape of its own."""

from __future__ import annotations

from typing import Any


def _function(name: str, says: str, required: list[str], **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": says, "parameters": parameters}
    return {"type": "function", "function": function}


_STRING = {"type": "string"}

STOCK_TOOLS: dict[str, dict[str, Any]] = {
    tool["function"]["name"]: tool
    for tool in (
        _function(
            "write_file",
            "Write a text file.",
            ["path", "content"],
            path=_STRING | {"description": "Where to."},
            content=_STRING | {"description": "The whole text."},
        ),
        _function("get_weather", "The weather in a city.", ["city"], city=_STRING),
        _function("get_time", "The time in a time zone.", ["tz"], tz=_STRING),
        _function("ping", "Answers pong; takes no arguments.", []),
        _function(
            "search",
            "Search, with filters.",
            ["query"],
            query=_STRING,
            limit={"type": "integer"},
            filters={"type": "object", "properties": {"lang": _STRING}},
            tags={"type": "array", "items": _STRING},
        ),
    )
}
