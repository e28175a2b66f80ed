"""Which protocol an exchange speaks, for the few faults whose bytes must differ by protocol."""

from __future__ import annotations

from urllib.parse import urlsplit

from harness.errors import NotApplicable
from harness.model import Exchange, Framing, Regions

CHAT, MESSAGES, RESPONSES, CONVERSE, JWT = "chat", "messages", "responses", "converse", "jwt"

_ENDS = (
    ("/chat/completions", CHAT),
    ("/responses", RESPONSES),
    ("/messages", MESSAGES),
    ("/converse", CONVERSE),
    ("/converse-stream", CONVERSE),
    ("/llm/chat", JWT),
    ("/llm/chat/stream", JWT),
)
_SIGNS = (
    (b'"is_final"', JWT),
    (b'"latency_ms"', JWT),
    (b'"choices"', CHAT),
    (b'"type":"response.', RESPONSES),
    (b'"object":"response"', RESPONSES),
    (b'"content_block"', MESSAGES),
    (b'"type":"message', MESSAGES),
    (b'"stopReason"', CONVERSE),
)


def dialect_of(exchange: Exchange, regions: Regions) -> str:
    """By framing, by path, and by the body where a gateway has paths of its own."""
    if regions.framing is Framing.EVENTSTREAM:
        return CONVERSE
    path = urlsplit(exchange.request.url).path.rstrip("/")
    for end, wire in _ENDS:
        if path.endswith(end):
            return wire
    body = exchange.body.replace(b'": ', b'":')
    for sign, wire in _SIGNS:
        if sign in body:
            return wire
    raise NotApplicable("this exchange speaks no protocol that is known", found=path or "no path")


def need(regions: Regions, *framings: Framing) -> None:
    if regions.framing not in framings:
        wanted = " or ".join(framings)
        raise NotApplicable(f"only {wanted} has such a thing", found=str(regions.framing))
