"""A token that the application owns: asked for before each attempt, refreshed by its callback.

The callback says whether it succeeded. One 401 asks it once; absent, false or failing means that
the 401 stands. Both callables may be async. A failure is what I/O and data raise; a programming
error in a callback is not taken for a failed refresh but seen as what it is.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any

import httpx

from harness.contracts import AuthFlow, Await
from harness.credentials._header import header_safe, signed
from harness.errors import CredentialError, HarnessError
from harness.model import Request

LOG = logging.getLogger(__name__)

Token = Callable[[], str | Awaitable[str]]
Refresh = Callable[[], bool | Awaitable[bool]]
FAILURES = (OSError, RuntimeError, ValueError, LookupError, httpx.HTTPError, HarnessError)


class JwtCallback:
    kind = "jwt_callback"

    def __init__(self, token: Token | str, *, refresh: Refresh | None = None) -> None:
        self._token, self._refresh = token, refresh
        self._seen: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"JwtCallback(refresh={'yes' if self._refresh else 'no'})"

    def flow(self, request: Request) -> AuthFlow:
        answer = yield (yield from self._sign(request))
        if answer.status != 401 or self._refresh is None:
            return
        try:
            refreshed = yield from _called(self._refresh)
        except FAILURES as error:
            LOG.warning("the token refresh callback failed: %s", type(error).__name__)
            raise CredentialError(
                "the token refresh callback failed", found=type(error).__name__
            ) from error
        if refreshed:
            yield (yield from self._sign(request))

    def _sign(self, request: Request) -> Generator[Await, Any, Request]:
        token = self._token if isinstance(self._token, str) else (yield from _called(self._token))
        self._seen[token] = None
        return signed(request, "authorization", "Bearer " + header_safe(token, what="the token"))

    def secrets(self) -> Iterable[str]:
        return tuple(self._seen)


def _called(function: Callable[[], Any]) -> Generator[Await, Any, Any]:
    made = function()
    return (yield Await(made)) if inspect.isawaitable(made) else made


build = JwtCallback
