"""An HTTP answer around what a writer wrote: no date, no length, nothing that differs by a run."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Exchange, Failure, Headers, Piece, Request

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"


def good(
    request: Request, content_type: str, bodies: Iterable[bytes], headers: Headers = ()
) -> Exchange:
    """A reply, each of its bodies one piece. `headers` are the wire's own."""
    told = (("content-type", content_type), *headers)
    return Exchange(request, 200, "OK", told, tuple(map(Piece, bodies)))


def bad(
    request: Request, status: int, body: bytes, failure: Failure, headers: Headers = ()
) -> Exchange:
    """An error, and after how many seconds to come again if the failure says so."""
    told = (("content-type", JSON), *headers)
    if failure.retry_after is not None:
        told = (*told, ("retry-after", f"{failure.retry_after:g}"))
    return Exchange(request, status, "", told, (Piece(body),))
