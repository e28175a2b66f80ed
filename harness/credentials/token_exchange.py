"""A lasting token that is exchanged for a short one, by a GET that shows it.

The short one is used until shortly before its end, then exchanged anew, once for all who share this
object. Where the exchange is refused, the lasting token itself is tried: some accounts need no
other. A 401 means one exchange and one more attempt, also if the same words came back; an exchange
that fails there leaves the 401 as it is. The answer may name the URL to ask; it is believed for the
provider's own hosts only.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

from harness.contracts import AuthFlow, Pause
from harness.credentials import _token
from harness.credentials._header import forms_of, header_safe, signed
from harness.credentials._hosts import allowed, own_url
from harness.credentials._token import RefreshFailed
from harness.errors import CredentialError
from harness.model import Answer, Request

LOG = logging.getLogger(__name__)
PAUSE_S = 0.02
_PROXY = re.compile(r"(?:^|;)\s*proxy-ep=([^;\s]+)")


class TokenExchange:
    """`held` is a short token that is in hand already."""

    kind = "token_exchange"

    def __init__(  # noqa: PLR0913 - options, by name
        self,
        lasting: str,
        *,
        token_url: str,
        hosts: tuple[str, ...] = (),
        scheme: str = "token",
        held: str | None = None,
        leeway_s: float = 120.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._lasting, self._url = lasting, own_url(token_url, "the token endpoint")
        self._hosts, self._scheme, self._leeway, self._now = hosts, scheme, leeway_s, now
        self._token, self._ends = held, None if held else 0.0
        self._named: str | None = None
        self._exchanging = threading.Lock()
        self._rounds, self._failed = 0, ""  # of exchanges, and why the last one failed
        self._seen: dict[str, None] = dict.fromkeys([*sorted(forms_of(lasting))])
        self._seen |= dict.fromkeys(sorted(forms_of(held)) if held else ())

    def __repr__(self) -> str:
        return f"TokenExchange(token_url={self._url!r})"

    @property
    def base_url(self) -> str | None:
        return self._named

    def secrets(self) -> Iterable[str]:
        return tuple(self._seen)

    def flow(self, request: Request) -> AuthFlow:
        began, renewed = self._rounds, self._over()
        if renewed:
            yield from self._exchanged(began)
            if self._failed:
                LOG.warning("the token exchange failed, and the token itself is used")
        answer = yield self._sign(request)
        if answer.status != 401 or renewed:
            return
        yield from self._exchanged(began)
        if self._failed:
            raise RefreshFailed("the token exchange failed", found=self._failed)
        yield self._sign(request)

    def _over(self) -> bool:
        return self._ends is not None and self._ends <= self._now() + self._leeway

    def _sign(self, request: Request) -> Request:
        bearer = header_safe(self._token or self._lasting, what="the token")
        return signed(request, "authorization", f"Bearer {bearer}")

    def _exchanged(self, began: int) -> Generator[Request | Pause, Any, None]:
        """By this call, or by another's since this request began."""
        while not self._exchanging.acquire(blocking=False):
            yield Pause(PAUSE_S)
        try:
            if self._rounds == began:
                yield from self._exchange()
        finally:
            self._exchanging.release()

    def _exchange(self) -> Generator[Request, Any, None]:
        safe = header_safe(self._lasting, what="the token")
        headers = (("accept", "application/json"), ("authorization", f"{self._scheme} {safe}"))
        try:
            answer: Answer = yield Request("GET", self._url, headers)
            self._read(answer)
            self._failed = ""
        except CredentialError as error:
            self._failed = f"{error.what} {error.found}".strip()
            self._token, self._ends = None, self._now() + 2 * self._leeway
        finally:
            self._rounds += 1

    def _read(self, answer: Answer) -> None:
        body = _token.json_object(answer) if answer.status == 200 else {}
        token = _token.text(body.get("token"))
        if token is None:
            raise CredentialError("no token came", found=f"HTTP {answer.status}")
        self._seen |= dict.fromkeys(sorted(forms_of(header_safe(token, what="the new token"))))
        self._token, self._ends = token, _token.seconds(body.get("expires_at"))
        endpoints = body.get("endpoints")
        told = endpoints.get("api") if isinstance(endpoints, dict) else None
        named = told or _proxied(token)
        believed = isinstance(named, str) and allowed(named, self._hosts)
        self._named = named if believed else None


def _proxied(token: str) -> str | None:
    """Some tokens say inside which proxy is theirs; the API stands beside it."""
    match = _PROXY.search(token)
    host = match[1].removeprefix("https://").rstrip("/") if match else ""
    return "https://api." + host.removeprefix("proxy.") if host else None


build = TokenExchange
