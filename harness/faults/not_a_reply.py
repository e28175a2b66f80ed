"""HTTP says 200, and what comes is no reply.

`body` is error (the protocol's error object as JSON), html (a page), empty (no bytes at all), null,
list, text, done (a stream of nothing but its end), base_resp (a status inside a body), or cut
(half of the JSON of an error).
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.faults._dialect import CONVERSE, JWT, MESSAGES, dialect_of
from harness.faults._edit import seen
from harness.model import Exchange, Piece, Regions

WIRES = None
_ERRORS = {
    MESSAGES: b'{"type":"error","error":{"type":"api_error","message":"The server had an error"}}',
    CONVERSE: b'{"message":"The server had an error"}',
    JWT: b'{"error":"server_error","detail":"The server had an error"}',
}
_ERROR = b'{"error":{"message":"The server had an error","type":"server_error","code":500}}'
_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
BODIES = {
    "html": ("text/html; charset=utf-8", _PAGE),
    "empty": (None, b""),
    "null": ("application/json", b"null"),
    "list": ("application/json", b"[]"),
    "text": ("text/plain", b"upstream connect error or disconnect/reset before headers"),
    "done": ("text/event-stream", b"data: [DONE]\n\n"),
    "base_resp": (
        "application/json",
        b'{"base_resp":{"status_code":1004,"status_msg":"login fail"}}',
    ),
}


def apply(exchange: Exchange, regions: Regions, *, body: str = "error") -> Exchange:
    if body in BODIES:
        kind, data = BODIES[body]
    elif body in {"error", "cut"}:
        kind, data = "application/json", _ERRORS.get(dialect_of(exchange, regions), _ERROR)
        data = data[: len(data) // 2] if body == "cut" else data
    else:
        known = ", ".join(["error", "cut", *BODIES])
        raise UsageError(f"{body!r} is no such body", hint=f"Bodies are: {known}")
    headers = tuple(
        (name, kind if name.lower() == "content-type" and kind else value)
        for name, value in exchange.headers
        if name.lower() not in {"content-length", "content-encoding", "transfer-encoding"}
    )
    pieces = (Piece(data),) if data else ()
    made = replace(exchange, status=200, reason="OK", headers=headers, pieces=pieces)
    return seen(exchange, made)
