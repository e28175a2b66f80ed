"""A refused credential is refreshed once."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import is_token_request, sent_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent N05, O03: one forced refresh and one retry for each call; more burns "
    "single-use tokens."
)


def check(trace: Trace, turn: int, value: int = 1) -> Iterator[str]:
    tokens = [sent for sent in sent_on(trace, turn) if is_token_request(trace, sent)]
    if len(tokens) != value:
        yield f"the credential was refreshed {len(tokens)} times, and {value} was right"
