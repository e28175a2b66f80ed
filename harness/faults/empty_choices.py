"""Chat only: a chunk without choices comes first, as Azure's prompt filter sends it."""

from __future__ import annotations

from harness.faults._dialect import need
from harness.faults._edit import first_unit, made, object_in
from harness.model import Exchange, Framing, JsonObject, Regions
from harness.wire.reframe import rebuild, units

WIRES = frozenset({"chat"})


def apply(exchange: Exchange, regions: Regions) -> Exchange:
    need(regions, Framing.SSE)
    found = units(exchange, regions)
    first = object_in(first_unit(found))
    kept: JsonObject = {
        key: first[key] for key in ("id", "object", "created", "model") if key in first
    }
    filters = [{"prompt_index": 0, "content_filter_results": {}}]
    chunk = {**kept, "choices": [], "prompt_filter_results": filters}
    return rebuild(exchange, [made(found[0], chunk), *found])
