"""httpx and httpx2 behind one door: the few calls that we make, and their exceptions as values.

The two libraries have the same names and share no class, so an exception is known by the name of
its class and by the module of the client that was handed in. Nothing is retried or followed here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import Any
from urllib.request import getproxies

import httpx

from harness.client.commands import Died, Head
from harness.client.policy import Timeouts
from harness.errors import UsageError
from harness.model import Ending, Failure, FailureKind, Request

AGENT = "provider-harness"
ENDINGS = {
    "ReadTimeout": Ending.STALL,
    "RemoteProtocolError": Ending.EOF,
    "ReadError": Ending.RESET,
    "CloseError": Ending.RESET,
    "NetworkError": Ending.RESET,
    "DecodingError": Ending.RESET,  # nobody ended the reply, and nothing more of it can be read
}
FINAL = {"UnsupportedProtocol", "LocalProtocolError", "InvalidURL", "TooManyRedirects"}


class Door:
    """What a driver needs of the library that a client object comes from."""

    def __init__(self, module: ModuleType, timeouts: Timeouts) -> None:
        self.errors: tuple[type[Exception], ...] = (
            module.HTTPError,
            module.InvalidURL,
            module.StreamError,
        )
        self._timeout = module.Timeout(
            connect=timeouts.connect,
            read=timeouts.read,
            write=timeouts.write,
            pool=timeouts.pool,
        )

    def request(self, client: Any, request: Request) -> Any:
        headers = list(request.headers)
        if request.header("user-agent") is None:
            headers.append(("user-agent", AGENT))
        return client.build_request(
            request.method,
            request.url,
            headers=headers,
            content=request.body,
            timeout=self._timeout,
        )


def module_of(client: Any) -> ModuleType:
    """httpx or httpx2, whichever the client's class (or the class it extends) comes from."""
    for kind in type(client).__mro__:
        module = sys.modules.get(kind.__module__.partition(".")[0])
        if module is not None and hasattr(module, "HTTPError") and hasattr(module, "Timeout"):
            return module
    raise UsageError(
        "http must be a client of httpx or httpx2",
        found=type(client).__name__,
        hint="Or leave it out",
    )


def head_of(response: Any) -> Head:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
    )
    return Head(response.status_code, headers)


def died(error: Exception, *, reading: bool) -> Died:
    """What an exception means; `reading`: the status had come, and a body was open."""
    names = [kind.__name__ for kind in type(error).__mro__]
    text = str(error) or names[0]
    timed_out = any("Timeout" in name for name in names)
    kind = FailureKind.TIMEOUT if timed_out else FailureKind.CONNECTION
    transient = not FINAL.intersection(names)
    if "certificate verify failed" in text.lower():
        transient = False
    if "DecodingError" in names:
        kind = FailureKind.PROTOCOL
    failure = Failure(kind, text, names[0], transient=transient)
    if not reading:
        return Died(failure, error)
    how = next((ENDINGS[name] for name in names if name in ENDINGS), Ending.EOF)
    return Died(failure, error, how)


def own_settings(
    make_transport: Callable[..., Any], environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """How our own client is made. The environment's proxies are httpx's business, but for
    `socks://`, which it refuses and curl takes for SOCKS5."""
    proxies = {key: url for key, url in getproxies().items() if key in {"http", "https", "all"}}
    if not any(url.startswith("socks://") for url in proxies.values()):
        return {"trust_env": True}
    mounts: dict[str, Any] = {}
    for key, url in proxies.items():
        fixed = "socks5://" + url.removeprefix("socks://") if url.startswith("socks://") else url
        mounts[f"{key}://"] = make_transport(proxy=fixed if "://" in fixed else f"http://{fixed}")
    for host in (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(","):
        if host.strip():
            mounts[f"all://{host.strip().lstrip('.')}"] = None
            mounts[f"all://*.{host.strip().lstrip('.')}"] = None
    return {"trust_env": False, "mounts": mounts}


def _no_cookies() -> CookieJar:
    """What one answer sets is nothing to the next request (D28)."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def own_client() -> httpx.Client:
    return httpx.Client(cookies=_no_cookies(), **own_settings(httpx.HTTPTransport))


def own_async_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(cookies=_no_cookies(), **own_settings(httpx.AsyncHTTPTransport))
