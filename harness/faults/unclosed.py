"""The end of a block never comes, and what follows begins as if it had.

`what` is reasoning, text or tool_arguments: the block that is left open.
"""

from __future__ import annotations

from typing import Any

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import CONVERSE, MESSAGES, dialect_of, need
from harness.faults._edit import json_of, of_kinds
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import rebuild, units

WIRES = frozenset({"messages", "responses", "converse"})
KINDS = ("reasoning", "text", "tool_arguments")
_INDEX = {MESSAGES: "index", CONVERSE: "contentBlockIndex"}


def apply(exchange: Exchange, regions: Regions, *, what: str = "reasoning") -> Exchange:
    if what not in KINDS:
        raise UsageError(f"{what!r} is no block", hint=f"Blocks are: {', '.join(KINDS)}")
    need(regions, Framing.SSE, Framing.EVENTSTREAM)
    inside = of_kinds(regions, RegionKind(what))
    if not inside:
        raise NotApplicable(f"this answer has no {what}")
    found = units(exchange, regions)
    wire = dialect_of(exchange, regions)
    index = _INDEX.get(wire, "output_index")
    block = (json_of(found[inside[0]]) or {}).get(index)
    kept = [unit for unit in found if not _ends(json_of(unit), unit.name, index, block)]
    if len(kept) == len(found):
        raise NotApplicable(f"the {what} of this answer never says that it ends")
    return rebuild(exchange, kept)


def _ends(value: Any, name: str, index: str, block: Any) -> bool:
    """Whether a unit says that this block is over: by its type, or by its frame's name."""
    if not isinstance(value, dict) or value.get(index) != block:
        return False
    kind = str(value.get("type") or name)
    return kind in {"content_block_stop", "contentBlockStop"} or kind.endswith(".done")
