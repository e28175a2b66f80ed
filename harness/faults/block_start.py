"""Messages only: the content stands in a block's start event, and no delta brings it."""

from __future__ import annotations

from collections import defaultdict

from harness.errors import NotApplicable
from harness.faults._dialect import need
from harness.faults._edit import object_in
from harness.faults._text import object_of
from harness.model import Exchange, Framing, Regions
from harness.wire.reframe import rebuild, units

WIRES = frozenset({"messages"})
_PARTS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def apply(exchange: Exchange, regions: Regions, *, block: str = "tool_use") -> Exchange:
    """`block` is text, thinking or tool_use."""
    need(regions, Framing.SSE)
    found = units(exchange, regions)
    values = [object_in(unit) for unit in found]
    starts = {
        value["index"]: at
        for at, value in enumerate(values)
        if value.get("content_block", {}).get("type") == block
    }
    told: dict[int, str] = defaultdict(str)
    gone = set()
    for at, value in enumerate(values):
        delta = value.get("delta", {})
        part = _PARTS.get(delta.get("type", ""))
        if part and value.get("index") in starts:
            told[value["index"]] += delta[part]
            gone.add(at)
    if not told:
        raise NotApplicable(f"this answer has no {block} block")
    for index, at in starts.items():
        started = values[at]["content_block"]
        key = "input" if block == "tool_use" else block
        started[key] = object_of(told[index]) if block == "tool_use" else told[index]
        found[at] = found[at].with_json(values[at])
    return rebuild(exchange, [unit for at, unit in enumerate(found) if at not in gone])
