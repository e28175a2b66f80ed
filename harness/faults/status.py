"""The server answers with an HTTP error, in the words of its protocol.

`retry_after` is the header's value as it stands (seconds, a fraction, garbage), or `date`: three
seconds after the answer's own Date. `body` is `json`, `html` (a proxy's page), `empty` or `broken`.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from harness.errors import UsageError
from harness.faults._dialect import CONVERSE, JWT, MESSAGES, dialect_of
from harness.model import Ending, Exchange, Headers, Piece, Regions
from harness.wire.jsontext import dumps

WIRES = None
OPENAI = {
    400: "invalid_request_error",
    401: "invalid_api_key",
    403: "permission_denied",
    404: "model_not_found",
    429: "rate_limit_exceeded",
    500: "server_error",
    503: "server_is_overloaded",
}
ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
AWS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
PAGE = b"<html>\r\n<head><title>%d %s</title></head>\r\n<body><h1>%d %s</h1></body>\r\n</html>\r\n"
_DATES = (
    ("date", "Fri, 20 Nov 2026 21:00:00 GMT"),
    ("retry-after", "Fri, 20 Nov 2026 21:00:03 GMT"),
)


def apply(  # noqa: PLR0913  a scenario's own words
    exchange: Exchange,
    regions: Regions,
    *,
    code: int,
    retry_after: str | float | None = None,
    body: str = "json",
    message: str | None = None,
) -> Exchange:
    reason = _reason(code)
    wire = dialect_of(exchange, regions)
    said = message or f"{reason}."
    kind, data, extra = _BODIES[body](code, said, wire) if body in _BODIES else _unknown(body)
    headers: Headers = (("content-type", kind), *extra, ("content-length", str(len(data))))
    if retry_after == "date":
        headers += _DATES
    elif retry_after is not None:
        headers += (("retry-after", str(retry_after)),)
    pieces = (Piece(data),) if data else ()
    return replace(
        exchange,
        status=code,
        reason=reason,
        headers=headers,
        pieces=pieces,
        ending=Ending.COMPLETE,
        connected=True,
    )


def _reason(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Overloaded" if code == 529 else "Error"


Answer = tuple[str, bytes, Headers]


def _json(code: int, message: str, wire: str) -> Answer:
    value: Any
    extra: Headers = ()
    if wire == MESSAGES:
        inner = {"type": ANTHROPIC.get(code, "api_error"), "message": message}
        value = {"type": "error", "error": inner, "request_id": "req_0001"}
    elif wire == CONVERSE:
        value = {"message": message}
        extra = (("x-amzn-errortype", AWS.get(code, "InternalServerException")),)
    elif wire == JWT:
        value = {"detail": message}
    else:
        word = OPENAI.get(code, "api_error")
        family = "invalid_request_error" if code < 500 and code != 429 else word
        value = {"error": {"message": message, "type": family, "param": None, "code": word}}
    return "application/json", dumps(value), extra


def _html(code: int, message: str, wire: str) -> Answer:
    reason = _reason(code).encode()
    return "text/html", PAGE % (code, reason, code, reason), ()


def _empty(code: int, message: str, wire: str) -> Answer:
    return "text/plain", b"", ()


def _broken(code: int, message: str, wire: str) -> Answer:
    kind, data, extra = _json(code, message, wire)
    return kind, data[: len(data) // 2], extra


def _unknown(body: str) -> Answer:
    raise UsageError(f"{body!r} is no body of an error", hint=f"Bodies are: {', '.join(_BODIES)}")


_BODIES = {"json": _json, "html": _html, "empty": _empty, "broken": _broken}


def slug(**given: object) -> str:
    words = ["status", str(given["code"])]
    words += [str(given["body"])] if given.get("body", "json") != "json" else []
    words += [f"after_{given['retry_after']}"] if "retry_after" in given else []
    return "_".join(words)
