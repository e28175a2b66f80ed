"""Something that nobody has seen yet: to be ignored, or to be loud where it says how a reply ended.

`what` is event (of an unknown type), block (of a content block), field (in every object), or finish
(a reason).
"""

from __future__ import annotations

from typing import Any

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import CHAT, CONVERSE, JWT, MESSAGES, RESPONSES, dialect_of, need
from harness.faults._edit import edit, first_unit, made, object_in, walk
from harness.model import Exchange, Framing, Regions
from harness.wire.reframe import Unit, rebuild, units

WIRES = None
REASON = "a_reason_of_tomorrow"


def apply(exchange: Exchange, regions: Regions, *, what: str) -> Exchange:
    wire = dialect_of(exchange, regions)
    if what == "field":
        return edit(exchange, regions, _field, what="objects")
    if what == "finish":
        if wire == RESPONSES:
            return edit(exchange, regions, _incomplete, what="a status")
        return edit(exchange, regions, _finish, what="a finish reason")
    if what not in {"event", "block"}:
        raise UsageError(f"{what!r} is nothing to be unknown", hint="event, block, field or finish")
    need(regions, Framing.SSE, Framing.EVENTSTREAM)
    found = units(exchange, regions)
    if what == "event":
        return rebuild(exchange, [found[0], *_events(first_unit(found), wire), *found[1:]])
    after = _last_of_a_block(found)
    return rebuild(exchange, [*found[:after], *_block(found, wire), *found[after:]])


def _field(value: Any) -> None:
    """Not into arguments or schemas, which are the caller's own."""
    if isinstance(value, dict):
        value["field_of_tomorrow"] = {"a": [1, None, "b"]}
        for choice in value.get("choices") or ():
            choice["field_of_tomorrow"] = None
            for key in ("delta", "message"):
                if isinstance(choice.get(key), dict):
                    choice[key]["field_of_tomorrow"] = ["x"]
        for key in ("delta", "content_block", "item", "response", "message"):
            if isinstance(value.get(key), dict):
                value[key]["field_of_tomorrow"] = 1


def _finish(value: Any) -> None:
    for one in walk(value):
        for name in ("finish_reason", "stop_reason", "stopReason"):
            if isinstance(one.get(name), str):
                one[name] = REASON


def _incomplete(value: Any) -> None:
    """A Responses reply that is incomplete for a reason of its own."""
    response = value.get("response", value) if isinstance(value, dict) else {}
    if response.get("status") in {"completed", "incomplete"} and "output" in response:
        response["status"] = "incomplete"
        response["incomplete_details"] = {"reason": REASON}
        if "response" in value:
            value["type"] = "response.incomplete"


def _events(like: Unit, wire: str) -> list[Unit]:
    name = "response.thing_of_tomorrow" if wire == RESPONSES else "thing_of_tomorrow"
    if wire == CONVERSE:
        return [made(like, {"contentBlockIndex": 9, "thing": 1}, "thingOfTomorrow")]
    if wire in {CHAT, JWT}:
        return [made(like, {"object": name, "thing": 1}, None)]
    return [made(like, {"type": name, "thing": 1}, name)]


def _last_of_a_block(found: list[Unit]) -> int:
    """Blocks are numbered as they start: one more comes after all that the answer has."""
    places = {"index", "contentBlockIndex", "output_index"}
    ends = [number for number, unit in enumerate(found, 1) if places & object_in(unit).keys()]
    return max(ends, default=1)


def _block(found: list[Unit], wire: str) -> list[Unit]:
    """A whole block with the index after those of the answer."""
    first_unit(found)
    values = [object_in(unit) for unit in found]
    if wire == MESSAGES:
        index = 1 + max((v.get("index", -1) for v in values), default=0)
        start = {"index": index, "content_block": {"type": "thing_of_tomorrow", "thing": "x"}}
        delta = {"index": index, "delta": {"type": "thing_delta", "thing": "y"}}
        return [
            _named(found[0], "content_block_start", start),
            _named(found[0], "content_block_delta", delta),
            _named(found[0], "content_block_stop", {"index": index}),
        ]
    if wire == CONVERSE:
        index = 1 + max((v.get("contentBlockIndex", -1) for v in values), default=0)
        body = {"contentBlockIndex": index, "delta": {"thingOfTomorrow": {"a": 1}}}
        stop = {"contentBlockIndex": index}
        like = found[0]
        return [made(like, body, "contentBlockDelta"), made(like, stop, "contentBlockStop")]
    if wire == RESPONSES:
        item = {"id": "th_1", "type": "thing_of_tomorrow", "status": "completed"}
        index = 1 + max((v.get("output_index", -1) for v in values), default=0)
        body = {"output_index": index, "item": item}
        names = ("response.output_item.added", "response.output_item.done")
        return [_named(found[0], name, body) for name in names]
    raise NotApplicable(f"{wire} has no blocks")


def _named(like: Unit, name: str, body: dict[str, Any]) -> Unit:
    return made(like, {"type": name, **body}, name)
