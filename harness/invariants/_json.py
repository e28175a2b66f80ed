"""JSON values as invariants compare them: strict on reading, blind to key order and spacing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def value_of(text: Any) -> Any:
    """The value of a JSON text; MISSING if it is none, whatever it is."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, TypeError, RecursionError):
        return MISSING


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: `true` is not `1`, and the order of keys says nothing. No recursion here, for
    a hostile reply nests as deep as it likes."""
    left = [(one, other)]
    while left:
        a, b = left.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            left += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            left += zip(a, b, strict=True)
        elif isinstance(a, bool) is not isinstance(b, bool) or a != b:
            return False
    return True


def within(value: Any) -> Iterator[Any]:
    """The value, and every value that it holds at any depth."""
    left = [value]
    while left:
        one = left.pop()
        yield one
        if isinstance(one, Mapping):
            left += reversed(list(one.values()))
        elif isinstance(one, list | tuple):
            left += reversed(one)
