"""A request is sent exactly as often as the retry budget says."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "openai and anthropic SDKs, max_retries: so many more attempts, of what may be "
    "repeated; boto3 retries, max_attempts. Fewer lose a turn to a hiccup, more multiply "
    "the bill. hermes-agent D01, D25."
)


def check(trace: Trace, turn: int, value: int = 1) -> Iterator[str]:
    count = len(attempts_on(trace, turn))
    if count != value:
        yield f"the request was sent {count} times, and {value} was right"
