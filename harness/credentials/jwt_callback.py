"""A token that the application owns: asked for before each attempt, refreshed by its callback.

The callback says whether it succeeded. One 401 asks it once, and those who are refused meanwhile
share what it says; absent, false or failing means that the 401 stands. Both callables may be async.
A failure is what I/O and data raise; a programming error in a callback is not taken for a failed
refresh but seen as what it is.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Generator, Iterable
from typing import Any

import httpx

from harness.contracts import AuthFlow, Await, Pause
from harness.credentials._header import forms_of, header_safe, signed
from harness.errors import CredentialError, HarnessError
from harness.model import Request

LOG = logging.getLogger(__name__)
PAUSE_S = 0.02

Token = Callable[[], str | Awaitable[str]]
Refresh = Callable[[], bool | Awaitable[bool]]
FAILURES = (OSError, RuntimeError, ValueError, LookupError, httpx.HTTPError, HarnessError)


class JwtCallback:
    kind = "jwt_callback"

    def __init__(self, token: Token | str, *, refresh: Refresh | None = None) -> None:
        self._token, self._refresh = token, refresh
        self._seen: dict[str, None] = {}
        self._refreshing = threading.Lock()
        self._rounds, self._succeeded = 0, False  # of the callback, and how its last one ended

    def __repr__(self) -> str:
        return f"JwtCallback(refresh={'yes' if self._refresh else 'no'})"

    def flow(self, request: Request) -> AuthFlow:
        began = self._rounds
        answer = yield (yield from self._sign(request))
        if answer.status != 401 or self._refresh is None:
            return
        if (yield from self._refreshed(self._refresh, began)):
            yield (yield from self._sign(request))

    def _refreshed(self, refresh: Refresh, began: int) -> Generator[Await | Pause, Any, bool]:
        """By this call, or by another's since this request was signed."""
        while not self._refreshing.acquire(blocking=False):
            yield Pause(PAUSE_S)
        try:
            if self._rounds == began:
                self._succeeded = False
                said = yield from _called(refresh)
                self._succeeded, self._rounds = bool(said), self._rounds + 1
            succeeded = self._succeeded
        except FAILURES as error:
            self._rounds += 1
            LOG.warning("the token refresh callback failed: %s", type(error).__name__)
            raise CredentialError(
                "the token refresh callback failed", found=type(error).__name__
            ) from error
        finally:
            self._refreshing.release()
        return succeeded

    def _sign(self, request: Request) -> Generator[Await, Any, Request]:
        token = self._token if isinstance(self._token, str) else (yield from _called(self._token))
        self._seen |= dict.fromkeys(sorted(forms_of(token)))
        return signed(request, "authorization", "Bearer " + header_safe(token, what="the token"))

    def secrets(self) -> Iterable[str]:
        return tuple(self._seen)


def _called(function: Callable[[], Any]) -> Generator[Await, Any, Any]:
    made = function()
    return (yield Await(made)) if inspect.isawaitable(made) else made


build = JwtCallback
