"""Once text was delivered, the request is not sent again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on, delivered_by
from harness.model import Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = "hermes-agent D09: a retry would show the text twice; the partial reply is returned instead."


def check(trace: Trace, turn: int) -> Iterator[str]:
    attempts = attempts_on(trace, turn)
    for number, sent in enumerate(attempts[:-1], 1):
        text = delivered_by(trace, sent).text(RegionKind.TEXT)
        if text:
            yield f"attempt {number} delivered {text!r}, and the request was sent again"
