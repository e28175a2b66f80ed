"""Chat only: tool calls in the dialects of the servers that say they are compatible.

`how` is name_repeated, id_repeated, identity_repeated (both, in every fragment), cumulative (each
fragment repeats all arguments so far), same_index (0 for every call), null_index, no_index,
index_from_one, no_id, null_id, empty_id, integer_id, late_id (on the second fragment), no_type,
both_in_one (two calls in one delta), interleaved, with_text (text and call in one delta), whole
(each call in one fragment), or null_arguments (where the name comes).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from harness.errors import NotApplicable, UsageError
from harness.faults._edit import edit, json_of
from harness.model import Exchange, Framing, Regions
from harness.wire.reframe import Unit, rebuild, units

WIRES = frozenset({"chat"})
Fragment = dict[str, Any]
Known = dict[Any, Any]  # what earlier fragments said
Change = Callable[[Fragment, Known], None]


def apply(exchange: Exchange, regions: Regions, *, how: str) -> Exchange:
    if how in _EACH:
        change = _EACH[how]
        known: Known = {}
        what = "calls to change"
        return edit(exchange, regions, lambda value: _all(value, change, known), what=what)
    if how not in _WHOLE:
        names = ", ".join([*_EACH, *_WHOLE])
        raise UsageError(f"{how!r} is no dialect of calls", hint=f"Dialects are: {names}")
    if regions.framing is not Framing.SSE:
        raise NotApplicable("a reply that comes whole has no deltas")
    found = units(exchange, regions)
    return rebuild(exchange, _WHOLE[how](found))


def _all(value: Any, change: Change, known: Known) -> None:
    for fragment in _fragments(value):
        change(fragment, known)


def _fragments(value: Any) -> Iterator[Fragment]:
    """Of a chunk, or of a whole reply."""
    choices = value.get("choices") if isinstance(value, dict) else None
    for choice in choices or ():
        said = choice.get("delta") or choice.get("message") or {}
        yield from said.get("tool_calls") or ()


def _repeated(*keys: str) -> Change:
    """In every fragment what only the first one said."""

    def change(one: Fragment, known: Known) -> None:
        mine = known.setdefault(one.get("index", 0), {})
        function = one.setdefault("function", {})
        mine["id"] = one.get("id") or mine.get("id")
        mine["name"] = function.get("name") or mine.get("name")
        if "id" in keys:
            one["id"] = mine["id"]
        if "name" in keys:
            function["name"] = mine["name"]

    return change


def _cumulative(one: Fragment, known: Known) -> None:
    function = one.setdefault("function", {})
    index = one.get("index", 0)
    known[index] = known.get(index, "") + (function.get("arguments") or "")
    function["arguments"] = known[index]


def _index(give: Callable[[int], Any]) -> Change:
    def change(one: Fragment, _known: Known) -> None:
        if "index" in one:
            one["index"] = give(one["index"])

    return change


def _id(give: Callable[[Any], Any]) -> Change:
    def change(one: Fragment, known: Known) -> None:
        if one.get("id"):
            one["id"] = give(known.setdefault(one["id"], len(known) + 7))

    return change


def _without(key: str) -> Change:
    def change(one: Fragment, _known: Known) -> None:
        one.pop(key, None)

    return change


def _late_id(one: Fragment, known: Known) -> None:
    index = one.get("index", 0)
    if one.get("id"):
        known[index] = one.pop("id")
    elif known.get(index):
        one["id"] = known.pop(index)


def _null_arguments(one: Fragment, _known: Known) -> None:
    function = one.get("function") or {}
    if function.get("name") and not function.get("arguments"):
        function["arguments"] = None


_EACH: dict[str, Change] = {
    "name_repeated": _repeated("name"),
    "id_repeated": _repeated("id"),
    "identity_repeated": _repeated("id", "name"),
    "cumulative": _cumulative,
    "same_index": _index(lambda index: 0),
    "null_index": _index(lambda index: None),
    "no_index": _without("index"),
    "index_from_one": _index(lambda index: index + 1),
    "no_id": _without("id"),
    "null_id": _id(lambda number: None),
    "empty_id": _id(lambda number: ""),
    "integer_id": _id(lambda number: number),
    "late_id": _late_id,
    "no_type": _without("type"),
    "null_arguments": _null_arguments,
}


def _with_calls(found: list[Unit]) -> list[int]:
    indexes = [i for i, unit in enumerate(found) if list(_fragments(json_of(unit)))]
    if not indexes:
        raise NotApplicable("this answer has no calls")
    return indexes


def _by_call(found: list[Unit]) -> dict[int, list[Fragment]]:
    calls: dict[int, list[Fragment]] = {}
    for index in _with_calls(found):
        for fragment in _fragments(json_of(found[index])):
            calls.setdefault(fragment.get("index", 0), []).append(fragment)
    return calls


def _retold(found: list[Unit], deltas: list[list[Fragment]]) -> list[Unit]:
    """The same answer, its calls told by these deltas instead, from where the first one stood."""
    told = _with_calls(found)
    made: list[Unit] = []
    for fragments in deltas:
        value = copy.deepcopy(json_of(found[told[0]]))
        value["choices"][0]["delta"] = {"tool_calls": fragments}
        like = found[told[0]] if not made else replace(found[told[0]], before=b"")
        made.append(like.with_json(value))
    others = [unit for i, unit in enumerate(found) if i > told[0] and i not in told]
    return [*found[: told[0]], *made, *others]


def _joined(fragments: list[Fragment]) -> Fragment:
    whole = copy.deepcopy(fragments[0])
    parts = [(one.get("function") or {}).get("arguments") or "" for one in fragments]
    whole["function"]["arguments"] = "".join(parts)
    return whole


def _whole(found: list[Unit]) -> list[Unit]:
    return _retold(found, [[_joined(fragments)] for fragments in _by_call(found).values()])


def _both_in_one(found: list[Unit]) -> list[Unit]:
    calls = _by_call(found)
    if len(calls) < 2:
        raise NotApplicable("this answer has no two calls")
    return _retold(found, [[_joined(fragments) for fragments in calls.values()]])


def _interleaved(found: list[Unit]) -> list[Unit]:
    calls = _by_call(found)
    if len(calls) < 2:
        raise NotApplicable("this answer has no two calls")
    longest = max(len(fragments) for fragments in calls.values())
    deltas = [[f[turn]] for turn in range(longest) for f in calls.values() if turn < len(f)]
    return _retold(found, deltas)


def _with_text(found: list[Unit]) -> list[Unit]:
    """The last text before the calls moves into the delta of the first of them."""
    first = _with_calls(found)[0]
    for index in range(first - 1, -1, -1):
        value = json_of(found[index])
        choices = value.get("choices") if isinstance(value, dict) else None
        text = (choices[0].get("delta") or {}).get("content") if choices else None
        if text:
            merged = copy.deepcopy(json_of(found[first]))
            merged["choices"][0]["delta"]["content"] = text
            found[first] = found[first].with_json(merged)
            return found[:index] + found[index + 1 :]
    raise NotApplicable("this answer has no text before its calls")


_WHOLE: dict[str, Callable[[list[Unit]], list[Unit]]] = {
    "both_in_one": _both_in_one,
    "interleaved": _interleaved,
    "with_text": _with_text,
    "whole": _whole,
}
