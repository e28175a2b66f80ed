"""A reply that is gone on with is asked for with the text that it had said."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from harness.invariants._json import MISSING, value_of, within
from harness.invariants._wire import delivered_by, requests_on
from harness.model import Level, RegionKind, Request, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent D14, G34: the partial reply is put into the history, and a user's word to go "
    "on after it; without it the model begins anew, and the parts do not join."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Of a reply that was cut after it had said something, and had called nothing."""
    for number, (before, after) in enumerate(pairwise(requests_on(trace, turn)), 1):
        said = delivered_by(trace, before)
        text = said.text(RegionKind.TEXT)
        if not text or said.calls:
            continue
        if not any(text in string for string in _strings(after.request)):
            yield f"attempt {number} said {text!r}, and the request after it does not hold that"
        elif _messages(after.request) <= _messages(before.request):
            yield f"attempt {number} said {text!r}, and nobody asked to go on from there"


def _strings(request: Request) -> Iterator[str]:
    body = value_of(request.body)
    if body is not MISSING:
        yield from (value for value in within(body) if isinstance(value, str))


def _messages(request: Request) -> int:
    body: Any = value_of(request.body)
    listed = body.get("messages", body.get("input")) if isinstance(body, dict) else None
    return len(listed) if isinstance(listed, list) else 0
