"""Every attempt's request fits a fragment of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from harness.invariants._json import MISSING, value_of
from harness.invariants._wire import requests_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "The provider's own reference gives the shape; each scenario that uses this cites the "
    "section under `why`."
)


def check(
    trace: Trace, turn: int, value: Mapping[str, Any] | None = None, **schema: Any
) -> Iterator[str]:
    """The schema as arguments, or whole as `value`."""
    validator = Draft202012Validator({**(value or {}), **schema})
    for sent in requests_on(trace, turn):
        body = value_of(sent.request.body)
        if body is MISSING:
            yield "the request's body is no JSON"
            continue
        for error in validator.iter_errors(body):
            where = "".join(f"[{step!r}]" for step in error.absolute_path) or "the body"
            yield f"{where}: {error.message:.200}"
