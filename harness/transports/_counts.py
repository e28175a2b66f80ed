"""Token counts as servers write them: what of all that JSON can say is a count, on every wire."""

from __future__ import annotations

from typing import Any

from harness.model import Usage

_TOO_MANY = 2**63


def count(value: Any) -> int | None:
    """A number of tokens, also one with a point; None for anything that is none."""
    number = type(value) is int or type(value) is float
    return int(value) if number and 0 <= value < _TOO_MANY else None


def with_cache(
    fresh: int | None, said: int | None, read: int | None, written: int | None
) -> Usage | None:
    """Of a wire whose input leaves the cache out: ours hold the whole prompt."""
    if fresh is None and said is None and read is None and written is None:
        return None
    whole = None if fresh is None else fresh + (read or 0) + (written or 0)
    total = None if whole is None or said is None else whole + said
    return Usage(whole, said, total, read, written)
