"""What of a request is compared, in vcrpy's vocabulary, and how two requests differ, in words.

The rule of this file: a part of a request is one hashable value, so that finding an exchange is one
look-up however long the tape is. Bodies are compared as JSON where they are JSON, as a form where
they are a form, else as bytes: key order, spaces and the length header are not meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from harness.errors import UsageError
from harness.model import Exchange, Request

STRICT = ("method", "path", "query", "body")
MASK = "***"
# Values that change with every run or are secrets: present or absent is compared, the value is not.
MASKED_QUERY = frozenset({"key", "api_key", "api-key", "access_token", "token", "code"})
MASKED_HEADERS = frozenset(
    {
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "api-key",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "host",
        "proxy-authorization",
        "user-agent",
        "x-amz-date",
        "x-amz-security-token",
        "x-api-key",
        "x-goog-api-client",
        "x-goog-api-key",
        "x-request-id",
        "x-server-timeout",
    }
)
# Of a token request's body, too, a difference tells where it is and not what the secret is.
_FIELDS = r"(?:access|refresh|id)_token|client_secret|(?:client_)?assertion|code_verifier|password"
_FIELDS += "|api_?key"
_SECRET_FIELD = re.compile(rf"\.(?:{_FIELDS})\Z", re.IGNORECASE)
_SECRET = re.compile(rf"""((?:{_FIELDS})['"]?\s*[:=,]\s*['"]?)[^'"&\s,)]+""", re.IGNORECASE)
_WIDTH = 120
_SHOWN = 12  # differences of one body that are worth a reader's time


def _integral(text: str) -> float | int:
    """1.0 and 1 are the same number in JSON."""
    value = float(text)
    return int(value) if value.is_integer() else value


def as_json(body: bytes) -> Any:
    """The body as JSON, or None where it is none."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(body, parse_float=_integral)
    except (ValueError, RecursionError):
        return None


def _path(request: Request, url: SplitResult) -> Hashable:
    if "%" not in url.path:
        return url.path or "/"
    # Segment by segment: %3A is the colon it stands for, an encoded slash stays in its segment.
    plain = (unquote(part).replace("%", "%25").replace("/", "%2F") for part in url.path.split("/"))
    return "/".join(plain)


def _query(request: Request, url: SplitResult) -> Hashable:
    return tuple(
        sorted(
            (name, MASK if name.lower() in MASKED_QUERY or name.startswith("X-Amz-") else value)
            for name, value in parse_qsl(url.query, keep_blank_values=True)
        )
    )


def _body(request: Request, url: SplitResult) -> Hashable:
    body = request.body
    if not body:
        return b""
    value = as_json(body)
    if value is not None:
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    if "x-www-form-urlencoded" in (request.header("content-type") or ""):
        return tuple(sorted(parse_qsl(body.decode("latin-1"), keep_blank_values=True)))
    return body


def _headers(request: Request, url: SplitResult) -> Hashable:
    return frozenset(
        (name.lower(), MASK if _masked(name.lower()) else value) for name, value in request.headers
    )


def _masked(name: str) -> bool:
    return name in MASKED_HEADERS or name.startswith("x-stainless-")


_DEFAULT_PORTS = {"http": 80, "https": 443}


def _port(request: Request, url: SplitResult) -> Hashable:
    try:
        return url.port or _DEFAULT_PORTS.get(url.scheme)
    except ValueError:  # no number: it is compared as it stands
        return url.netloc


PARTS: dict[str, Callable[[Request, SplitResult], Hashable]] = {
    "method": lambda request, url: request.method.upper(),
    "scheme": lambda request, url: url.scheme,
    "host": lambda request, url: url.hostname,
    "port": _port,
    "uri": lambda request, url: request.url,
    "path": _path,
    # The last segment of the path: /v1/chat/completions and /api/chat/completions are one endpoint.
    "endpoint": lambda request, url: url.path.rstrip("/").rpartition("/")[2],
    "query": _query,
    "body": _body,
    "raw_body": lambda request, url: request.body,
    "headers": _headers,
}


def check_parts(match_on: Iterable[str]) -> tuple[str, ...]:
    names = tuple(match_on)
    for name in names:
        if name not in PARTS:
            known = ", ".join(PARTS)
            raise UsageError(f"no part of a request is called {name!r}", hint=f"Known: {known}")
    return names


def split_url(url: str) -> SplitResult:
    """The parts of a URL; one that is none, such as `http://[`, is all path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def key_of(request: Request, match_on: Sequence[str]) -> tuple[Hashable, ...]:
    url = split_url(request.url)
    return tuple(PARTS[name](request, url) for name in match_on)


def closeness(request: Request, exchange: Exchange, match_on: Sequence[str]) -> tuple[int, int]:
    """How near an exchange is: equal parts first, then how few differences the body has."""
    pairs = zip(key_of(request, match_on), key_of(exchange.request, match_on), strict=True)
    equal = sum(one == other for one, other in pairs)
    return equal, -len(list(_walk("", as_json(exchange.request.body), as_json(request.body))))


def differences(request: Request, exchange: Exchange, match_on: Sequence[str]) -> list[str]:
    """Field by field, what the tape has and what the request has."""
    taped = exchange.request
    lines: list[str] = []
    keys = zip(match_on, key_of(taped, match_on), key_of(request, match_on), strict=True)
    for name, want, got in keys:
        if want == got:
            continue
        ours, theirs = as_json(taped.body), as_json(request.body)
        if name == "body" and ours is not None and theirs is not None:
            found = list(_walk("body", ours, theirs))
            lines += found[:_SHOWN]
            lines += [f"... {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        elif name == "headers" and isinstance(want, frozenset) and isinstance(got, frozenset):
            lines += [f"header {n}: only on the tape, {v!r}" for n, v in sorted(want - got)]
            lines += [f"header {n}: only in the request, {v!r}" for n, v in sorted(got - want)]
        else:
            lines.append(_line(name, want, got))
    return lines


def _line(name: str, want: Any, got: Any) -> str:
    if _SECRET_FIELD.search(name):
        return f"{name}: the tape has another value than the request"
    return f"{name}: the tape has {_short(want)}, the request has {_short(got)}"


def _short(value: Any) -> str:
    text = _SECRET.sub(rf"\1{MASK}", repr(value))
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}... ({len(text)} characters)"


def _of(key: str, value: Any) -> str:
    return MASK if _SECRET_FIELD.search(f".{key}") else _short(value)


def _walk(at: str, want: Any, got: Any) -> Iterator[str]:
    """Differences of two JSON values, depth first. Iterative: hostile depth is normal input."""
    stack = [(at, want, got)]
    while stack:
        at, want, got = stack.pop()
        if isinstance(want, dict) and isinstance(got, dict):
            for key in sorted(want.keys() - got.keys()):
                yield f"{at}.{key}: only on the tape, {_of(key, want[key])}"
            for key in sorted(got.keys() - want.keys()):
                yield f"{at}.{key}: only in the request, {_of(key, got[key])}"
            shared = sorted(want.keys() & got.keys(), reverse=True)
            stack += [(f"{at}.{key}", want[key], got[key]) for key in shared]
        elif isinstance(want, list) and isinstance(got, list):
            if len(want) != len(got):
                yield f"{at}: the tape has {len(want)} items, the request has {len(got)}"
            pairs = list(enumerate(zip(want, got, strict=False)))
            stack += [(f"{at}[{n}]", one, other) for n, (one, other) in reversed(pairs)]
        elif want != got or type(want) is not type(got):
            yield _line(at, want, got)
