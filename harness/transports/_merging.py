"""Objects that come one by one and are one: the last value that is not null counts, key by key.

A stream may bring a new key with every chunk, and a reader is forked at every one of them. So this
is a value: `plus` gives the longer one, in time that is linear over all of them, because what has
come is only merged anew when as much again is waiting.
"""

# ruff: noqa: SLF001  a longer one is made by its own class

from __future__ import annotations

from typing import Any, Self

from harness.model import JsonObject

_FEW = 32  # so many keys may wait, however few are merged


class Merging:
    """The objects so far, of which there is at least one."""

    __slots__ = ("_merged", "_most", "_new", "_waiting")

    def __init__(self, merged: JsonObject) -> None:
        self._merged = merged
        self._new: Any = None  # a chain of objects
        self._waiting = self._most = 0  # so many keys wait; and so many may, once the first does

    def plus(self, new: JsonObject) -> Self:
        kind = type(self)
        longer = kind.__new__(kind)
        longer._merged, longer._most = self._merged, self._most or max(_FEW, _weight(self._merged))
        longer._new, longer._waiting = (self._new, new), self._waiting + _weight(new)
        return longer if longer._waiting <= longer._most else kind(longer.value())

    def value(self) -> JsonObject:
        """Nothing in it may be changed: forks and the pieces themselves share it."""
        if self._new is None:
            return self._merged
        waiting = []
        node = self._new
        while node is not None:
            node, one = node
            waiting.append(one)
        merged = dict(self._merged)
        own: dict[str, Any] = {}
        for one in reversed(waiting):
            _fold(merged, one, own)
        return merged


def plus(merging: Merging | None, new: JsonObject) -> Merging:
    return Merging(new) if merging is None else merging.plus(new)


def _fold(known: JsonObject, new: JsonObject, own: dict[str, Any]) -> None:
    """`own` are the objects inside that are copies already, with what is own in them."""
    for name, value in new.items():
        inner = known.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            if name not in own:
                known[name] = inner = dict(inner)
                own[name] = {}
            _fold(inner, value, own[name])
        elif value is not None or name not in known:
            known[name] = value
            own.pop(name, None)


def _weight(value: JsonObject) -> int:
    """How many keys there are, inside too."""
    return len(value) + sum(_weight(inner) for inner in value.values() if isinstance(inner, dict))
