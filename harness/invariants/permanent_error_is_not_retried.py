"""An error that will not go away by itself is not retried."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import attempts_on, exchange_of, is_token_request, sent_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "RFC 9110 15.5: a 4xx other than 408, 409, 425, 429 is the client's own; both SDKs agree."


PERMANENT = frozenset({400, 402, 403, 404, 405, 413, 415, 422})


def check(trace: Trace, turn: int) -> Iterator[str]:
    """A 403 after which the credential was refreshed has gone away, and may be retried. Of a 401
    `no_refresh` and `attempts` tell."""
    refreshed = any(is_token_request(trace, sent) for sent in sent_on(trace, turn))
    for sent in attempts_on(trace, turn)[:-1]:
        exchange = exchange_of(trace, sent)
        status = exchange.status if exchange else None
        if status == 403 and refreshed:
            continue
        if status in PERMANENT:
            yield f"the server answered {status}, and the request was sent again"
