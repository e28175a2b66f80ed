"""Paths into a request, as scenarios write them.

`a.b` is a key, `[0]` and `[-1]` an item, `[*]` every item, `**` any depth. A key that holds a dot
is quoted: `a."b.c"`. Three roots are no JSON: `header:NAME`, `url` and `method`; `body:` stands
before a field that is really called so. What is found is always a list: nothing found is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.errors import UsageError
from harness.invariants._json import MISSING, value_of, within
from harness.model import Request

_STEP = re.compile(r'\.?(?:"([^"]*)"|\[(-?\d+|\*)\]|(\*\*)|([^.\[\]"]+))')


def find(request: Request, path: str) -> list[Any]:
    """Every value that stands at the path."""
    if path.startswith("header:"):
        wanted = path.removeprefix("header:").lower()
        return [value for name, value in request.headers if name.lower() == wanted]
    if path in {"url", "method"}:
        return [getattr(request, path)]
    body = value_of(request.body)
    if body is MISSING:
        return []
    found = [body]
    for step in _steps(path.removeprefix("body:")):
        found = [value for one in found for value in _down(one, step)]
    return found


def _steps(path: str) -> Iterator[str | int]:
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise UsageError(
                f"{path!r} is no path", found=path[at:], hint="Write it like tools[0].function.name"
            )
        quoted, index, deep, plain = match.groups()
        if index is not None:
            yield "[*]" if index == "*" else int(index)
        else:
            yield quoted if quoted is not None else deep or plain
        at = match.end()


def _down(value: Any, step: str | int) -> list[Any]:
    if step == "**":
        return list(within(value))
    if step == "[*]":
        return list(value) if isinstance(value, list) else []
    if isinstance(step, int):
        inside = isinstance(value, list) and -len(value) <= step < len(value)
        return [value[step]] if inside else []
    return [value[step]] if isinstance(value, dict) and step in value else []
