"""These fields of every attempt's request have these values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.invariants._json import same
from harness.invariants._path import find
from harness.invariants._wire import requests_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "The provider's own reference names the value; each scenario that uses this cites the "
    "section under `why`."
)


def check(
    trace: Trace, turn: int, value: Mapping[str, Any] | None = None, **fields: Any
) -> Iterator[str]:
    """Path -> value; a path with `[*]` or `**` wants it at every place that it finds."""
    for sent in requests_on(trace, turn):
        for path, wanted in {**(value or {}), **fields}.items():
            found = find(sent.request, path)
            if not found:
                yield f"the request has no {path}, and {wanted!r} is right"
            for got in found:
                if not same(got, wanted):
                    yield f"the request has {path} = {got!r:.120}, and {wanted!r:.120} is right"
