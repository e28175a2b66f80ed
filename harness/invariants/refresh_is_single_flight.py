"""Calls that are refused together share one refresh."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._credential import credential_of
from harness.invariants._wire import exchange_of, is_token_request
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent N02, N11: refresh tokens are single-use; two racing refreshes log the user out."
ONCE = True


def check(trace: Trace, turn: int) -> Iterator[str]:
    """No more refreshes than credentials that were refused."""
    tokens = sum(is_token_request(trace, sent) for sent in trace.sent)
    refused = set()
    for sent in trace.sent:
        exchange = exchange_of(trace, sent)
        if exchange and exchange.status in {401, 403} and not is_token_request(trace, sent):
            refused.add(credential_of(sent.request))
    if tokens > max(len(refused), 1):
        yield f"{len(refused)} credentials were refused, and {tokens} refreshes sent"
