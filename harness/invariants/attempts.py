"""A request is sent exactly as often as the retry budget says."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "Fewer attempts lose a turn to a hiccup, more of them multiply the bill and the load."


def check(trace: Trace, turn: int, value: int = 1) -> Iterator[str]:
    count = len(attempts_on(trace, turn))
    if count != value:
        yield f"the request was sent {count} times, and {value} was right"
