"""A base URL as people write it: with or without a scheme, a `/v1`, or the endpoint's own path."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from harness.errors import UsageError

MESSAGES = "anthropic_messages"
VERSION = "/v1"
# An endpoint's path says which wire is meant, and is no part of its base.
ENDPOINTS = {
    "/chat/completions": "chat_completions",
    "/responses": "codex_responses",
    "/messages": MESSAGES,
}
SUFFIX = "/anthropic"
_WITH_PORT = re.compile(r"[A-Za-z0-9.-]+:\d{1,5}(?:/|$)")


class Address(NamedTuple):
    """`mode` is the wire that the path names, if it names one; `path` is without the endpoint."""

    parts: SplitResult
    host: str
    path: str
    mode: str | None

    def based(self, path: str) -> str:
        return urlunsplit(self.parts._replace(path=path, fragment=""))


def looks_like_url(text: str) -> bool:
    """Whether it must be an address: no name holds a scheme, and none ends in a port."""
    return "://" in text or _is_here(text.partition("/")[0]) or bool(_WITH_PORT.match(text))


def address(text: str) -> Address:
    if "://" not in text:
        host = text.partition("/")[0].partition(":")[0]
        text = f"{'http' if _is_here(host) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise UsageError("the URL cannot be read", found=str(error)) from error
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(
            "a base URL is http or https, with a host", found=f"{parts.scheme}://{host}"
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "a base URL holds no user and no password", hint="A key goes into the environment"
        )
    path = parts.path.rstrip("/")
    mode = None
    for endpoint, wire in ENDPOINTS.items():
        if path.endswith(endpoint):
            path, mode = path.removesuffix(endpoint).rstrip("/"), wire
    if mode in (None, MESSAGES) and path.removesuffix(VERSION).endswith(SUFFIX):
        path, mode = path.removesuffix(VERSION), MESSAGES
    return Address(parts, host, path, mode)


def _is_here(host: str) -> bool:
    name = host.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
