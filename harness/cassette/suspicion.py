"""What in an exchange looks like a credential. Plain patterns, no memory of real secrets: this is
the look that lint takes at any file, not the gate that a recording must pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qsl

from harness.model import Exchange

SECRET_HEADERS = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-api-key",
        "x-goog-api-key",
    }
)
_SECRET_QUERY = frozenset({"access_token", "api-key", "api_key", "apikey", "key", "token"})
_HIDDEN = re.compile(
    r"(?:(?:bearer|basic|aws4-hmac-sha256)\s++)?(?:"
    r"[*xX._ -]*|<.*>|\[.*\]|\{.*\}|.*-xxx|\W*(?:test|none|null|your)[\w -]*+\W*"
    r"|.*(?:redact|filter|scrub|dummy|fake|placeholder|hidden|secret).*"
    r")\Z",
    re.IGNORECASE | re.DOTALL,
)
_KEY = re.compile(
    rb"(?<![A-Za-z0-9_-])(?:"
    rb"sk-[A-Za-z0-9_-]{20,}"
    rb"|(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Za-z])"
    rb"|AIza[0-9A-Za-z_-]{35}"
    rb"|(?:gsk|hf|ghp|gho|glpat|xai|pplx|r8|nvapi)[_-][A-Za-z0-9_-]{20,}"
    rb"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    rb"|Bearer [A-Za-z0-9._~+/-]{20,}"
    rb")"
)


class Suspicion(NamedTuple):
    part: str  # request or response
    place: str  # uri, body, or a header's name
    text: str  # what to tell of it: never the value


def suspicions(exchange: Exchange, body: bytes) -> Iterator[Suspicion]:
    """`body` is the response's without its content coding."""
    request = exchange.request
    for part, headers in (("request", request.headers), ("response", exchange.headers)):
        for name, value in headers:
            if name.lower() in SECRET_HEADERS and not is_hidden(value):
                yield Suspicion(part, name, f"the header {name} holds a credential")
            else:
                yield from _shaped(part, name, value.encode("utf-8", "surrogatepass"))
    for name, value in parse_qsl(request.url.partition("?")[2]):
        if name.lower() in _SECRET_QUERY and not is_hidden(value):
            yield Suspicion("request", "uri", f"the query parameter {name} holds a credential")
    yield from _shaped("request", "body", request.body)
    yield from _shaped("response", "body", body)


def is_hidden(value: str) -> bool:
    """Whether a value was blanked out: stars, REDACTED, a placeholder, or nothing."""
    return _HIDDEN.match(value) is not None


def _shaped(part: str, place: str, data: bytes) -> Iterator[Suspicion]:
    found = _KEY.search(data)
    if found and not is_hidden(found[0].decode("ascii", "replace")):
        start = found[0][:4].decode("ascii", "replace")
        yield Suspicion(part, place, f"{start}... ({len(found[0])} characters) looks like a key")
