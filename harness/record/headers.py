"""Which headers are kept: by allow-list. A credential's stays, its value does not; others go.

The tables are lower-case names; a name that ends in `*` stands for all that begin so.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.record.placeholders import is_placeholder

REQUEST = (
    "accept",
    "accept-encoding",
    "accept-language",
    "amz-sdk-request",
    "anthropic-beta",
    "anthropic-version",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "openai-beta",
    "transfer-encoding",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-target",
    "x-amzn-bedrock-*",
    "x-goog-api-client",
    "x-stainless-*",
)
RESPONSE = (
    "allow",
    "anthropic-ratelimit-*",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "openai-processing-ms",
    "openai-version",
    "ratelimit-*",
    "retry-after",
    "retry-after-ms",
    "server",
    "transfer-encoding",
    "vary",
    "www-authenticate",
    "x-amzn-bedrock-*",
    "x-amzn-errortype",
    "x-envoy-upstream-service-time",
    "x-ratelimit-*",
    "x-should-retry",
)
_CREDENTIAL = re.compile(
    r"authorization|cookie|secret|passw|credential|(?:^|-)(?:api-?key|key|token|auth|jwt|signature)$"
    r"|refresh-token|access-token|security-token|session-token",
)
_IDENTIFYING = re.compile(
    r"request-?id|organi[sz]ation|(?:^|-)(?:project|account|user|tenant|customer|device)(?:-|$)"
    r"|(?:^|[-_])session[-_]id|correlation-id|trace-?id|invocation-id|cf-ray|idempotency-key",
)
_AWS = re.compile(r"(?:Credential=([^/,\s]+))|(?:Signature=([0-9a-fA-F]+))")
_SCHEME = re.compile(
    r"(?:bearer|basic|token|apikey|negotiate|digest)\s+(.+)", re.IGNORECASE | re.DOTALL
)
_CRUMB = re.compile(r"(?:^|;\s*)([^=;\s]+)=([^;]*)")


class Secret(NamedTuple):
    """What of a header's value must go: value[start:end]. `learn`: it is a secret by itself."""

    start: int
    end: int
    learn: bool


def kept(name: str, table: tuple[str, ...]) -> bool:
    low = name.lower()
    return any(
        low.startswith(entry[:-1]) if entry.endswith("*") else low == entry for entry in table
    )


def is_credential(name: str) -> bool:
    return bool(_CREDENTIAL.search(name.lower()))


def is_identifying(name: str) -> bool:
    return bool(_IDENTIFYING.search(name.lower()))


def secrets_in(name: str, value: str) -> Iterator[Secret]:
    """Of a header that holds a credential, or that names somebody."""
    low = name.lower()
    if not is_credential(name):
        yield from _unless_blank(value, 0, len(value), learn=False)
    elif low == "set-cookie":
        start, end = value.find("=") + 1, value.find(";")
        yield from _unless_blank(value, start, len(value) if end < 0 else end, learn=True)
    elif low == "cookie":
        for crumb in _CRUMB.finditer(value):
            yield from _unless_blank(value, *crumb.span(2), learn=True)
    elif value.startswith("AWS4-"):
        for part in _AWS.finditer(value):
            group = 1 if part[1] else 2
            yield from _unless_blank(value, *part.span(group), learn=group == 1)
    else:
        scheme = _SCHEME.match(value)
        start = scheme.start(1) if scheme else 0
        yield from _unless_blank(value, start, len(value), learn=True)


def passwords_in(value: str) -> Iterator[bytes]:
    """Of `Basic`: base64 of `user:password`. The server that got it may say it otherwise."""
    scheme, _, coded = value.partition(" ")
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(coded.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return


def _unless_blank(value: str, start: int, end: int, *, learn: bool) -> Iterator[Secret]:
    if end > start and not is_placeholder(value[start:end].encode("latin-1", "replace")):
        yield Secret(start, end, learn)
