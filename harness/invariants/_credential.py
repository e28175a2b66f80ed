"""Where a credential stands in a request, and where a token answer gives a new one."""

from __future__ import annotations

from harness.invariants._json import value_of
from harness.model import Exchange, Request

HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
TOKENS = ("access_token", "api_key", "token", "id_token")


def credential_of(request: Request) -> str | None:
    """What the request is signed with. Of a signature only its key counts: it changes each time."""
    for name in HEADERS:
        value = request.header(name)
        if value is not None:
            session = request.header("x-amz-security-token") or ""
            return value.split(", SignedHeaders")[0] + session
    return None


def tokens_in(exchange: Exchange | None) -> tuple[str, ...]:
    body = value_of(exchange.body) if exchange and exchange.status == 200 else None
    if not isinstance(body, dict):
        return ()
    return tuple(body[name] for name in TOKENS if isinstance(body.get(name), str))
