"""Chat only: usage comes otherwise than once, at the end.

`how` is every_chunk (growing counts on each), null_tail (a null after it), twice, on_finish (on the
chunk that finishes), or early (first of all).
"""

from __future__ import annotations

import copy
from typing import Any

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import need
from harness.faults._edit import made, object_in
from harness.model import Exchange, Framing, Regions
from harness.wire.reframe import Unit, rebuild, units

WIRES = frozenset({"chat"})
HOW = ("every_chunk", "null_tail", "twice", "on_finish", "early")


def apply(exchange: Exchange, regions: Regions, *, how: str) -> Exchange:
    if how not in HOW:
        raise UsageError(f"{how!r} is no way to send usage", hint=f"Ways are: {', '.join(HOW)}")
    need(regions, Framing.SSE)
    found = units(exchange, regions)
    values = [object_in(unit) for unit in found]
    counted = [index for index, value in enumerate(values) if value.get("usage")]
    if not counted:
        raise NotApplicable("this answer counts no usage")
    at = counted[-1]
    if how == "every_chunk":
        return rebuild(exchange, _growing(found, values, at))
    if values[at].get("choices"):
        raise NotApplicable("the usage of this answer has no chunk of its own")
    if how in {"null_tail", "twice"}:
        again = copy.deepcopy(values[at])
        if how == "null_tail":
            again["usage"] = None
        return rebuild(exchange, [*found[: at + 1], made(found[at], again), *found[at + 1 :]])
    alone = found.pop(at)
    if how == "early":
        return rebuild(exchange, [alone, *found])
    return rebuild(exchange, _on_finish(found, values[at]["usage"]))


def _growing(found: list[Unit], values: list[Any], at: int) -> list[Unit]:
    """Cumulative, as some servers send it: the last is the true one."""
    usage = values[at]["usage"]
    made_: list[Unit] = []
    for index, (unit, value) in enumerate(zip(found, values, strict=True)):
        if index < at and value:
            share = (index + 1) / (at + 1)
            partial = {k: int(v * share) for k, v in usage.items() if k == "completion_tokens"}
            made_.append(unit.with_json({**value, "usage": {**usage, **partial}}))
        else:
            made_.append(unit)
    return made_


def _on_finish(found: list[Unit], usage: Any) -> list[Unit]:
    for index, unit in enumerate(found):
        value = object_in(unit)
        choices = value.get("choices")
        if choices and choices[0].get("finish_reason"):
            found[index] = unit.with_json({**value, "usage": usage})
            return found
    raise NotApplicable("no chunk of this answer finishes it")
