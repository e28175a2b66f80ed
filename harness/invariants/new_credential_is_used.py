"""After a refresh, the retry carries the new credential."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._credential import credential_of, tokens_in
from harness.invariants._wire import exchange_of, is_token_request, sent_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent N05: success means a new Authorization; the old key again is a second refusal."


def check(trace: Trace, turn: int) -> Iterator[str]:
    refused: set[str] = set()
    fresh: tuple[str, ...] = ()
    for sent in sent_on(trace, turn):
        exchange = exchange_of(trace, sent)
        if is_token_request(trace, sent):
            fresh = tokens_in(exchange) or fresh
            continue
        credential = credential_of(sent.request)
        if credential is None:
            continue  # it stands where no header shows it
        if credential in refused:
            yield "a credential that had been refused was sent again"
        elif fresh and not any(token in credential for token in fresh):
            yield "a new credential had come, and the request carried another"
        if exchange and exchange.status in {401, 403}:
            refused.add(credential)
