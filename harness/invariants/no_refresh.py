"""A credential that cannot be refreshed is not: the refusal is the end."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on, is_token_request, sent_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent N09, O03: a static key is never refreshed, and the original error is raised."


def check(trace: Trace, turn: int) -> Iterator[str]:
    tokens = [sent for sent in sent_on(trace, turn) if is_token_request(trace, sent)]
    if tokens:
        yield f"{len(tokens)} requests went to a token endpoint: {tokens[0].request.url}"
    attempts = len(attempts_on(trace, turn))
    if attempts > 1:
        yield f"the request was sent {attempts} times with a credential that cannot change"
