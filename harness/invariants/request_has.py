"""Every attempt's request has these fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._path import find
from harness.invariants._wire import requests_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "The provider's own reference names the field; each scenario that uses this cites the "
    "section under `why`."
)


def check(trace: Trace, turn: int, value: Sequence[str] = ()) -> Iterator[str]:
    """`value` is a list of paths."""
    for sent in requests_on(trace, turn):
        for path in [value] if isinstance(value, str) else value:
            if not find(sent.request, path):
                yield f"the request has no {path}"
