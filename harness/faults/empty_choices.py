"""Chat only: a chunk without choices comes first, as Azure's prompt filter sends it."""

from __future__ import annotations

from typing import Any

from harness.faults._dialect import need
from harness.faults._edit import json_of, made
from harness.model import Exchange, Framing, Regions
from harness.wire.reframe import rebuild, units

WIRES = frozenset({"chat"})


def apply(exchange: Exchange, regions: Regions) -> Exchange:
    need(regions, Framing.SSE)
    found = units(exchange, regions)
    first: Any = json_of(found[0])
    kept = {key: first[key] for key in ("id", "object", "created", "model") if key in first}
    filters = [{"prompt_index": 0, "content_filter_results": {}}]
    chunk = {**kept, "choices": [], "prompt_filter_results": filters}
    return rebuild(exchange, [made(found[0], chunk), *found])
