"""The values that are known to be secret, in every encoding that they may come in.

A value found in any of its encodings is one and the same secret, so that what stands in for it is
the same everywhere.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

SHORTEST = 6  # shorter values stand in every text by chance
SHORTEST_IN_ENVIRONMENT = 8
_NAMED = re.compile(
    r"key|token|secret|passw|credential|auth|cookie|bearer|private|jwt|dsn", re.IGNORECASE
)
_HARMLESS = re.compile(
    r"(?:[/~.]|unix:|[a-z]:\\).*|\d+|true|false|[a-z]+", re.DOTALL | re.IGNORECASE
)
_HTML = (b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;", rb"\+")
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=")
_SKIPPED = (0, 2, 3)  # characters of base64 that the bytes before the secret have a part in


class Hit(NamedTuple):
    """A secret stands at data[start:end], in some encoding."""

    start: int
    end: int
    secret: bytes
    encoding: str


class Known:
    """A growing set: what a recording meets on its way (a new access token) is added to it."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._origin: dict[bytes, str] = {}
        self._variants: dict[bytes, list[tuple[str, bytes]]] = {}
        self._spelled: dict[bytes, re.Pattern[bytes]] = {}
        for value in values:
            self.add(value)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Every variable whose name looks secret; and the user and password of a URL."""
        known = cls()
        for name, value in (os.environ if environ is None else environ).items():
            for secret in _in_variable(name, value):
                known.add(secret, f"the value of {name}", SHORTEST_IN_ENVIRONMENT)
        return known

    def add(self, value: str | bytes, origin: str = "", shortest: int = SHORTEST) -> None:
        secret = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        secret = secret.strip()
        if len(secret) >= shortest and secret not in self._variants:
            self._origin[secret] = origin or "a secret of this recording"
            self._variants[secret] = list(_encodings(secret))
            self._spelled[secret] = _spelling(secret)

    def origin(self, secret: bytes) -> str:
        """Whose value it is, in words that do not tell it."""
        return self._origin[secret]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._variants)

    def __contains__(self, value: bytes) -> bool:
        return value in self._variants

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Every place; those of one secret may overlap."""
        if b"%" in data or b"\\u" in data or b"&" in data:
            for secret, spelled in list(self._spelled.items()):
                for found in spelled.finditer(data):
                    yield Hit(found.start(), found.end(), secret, "escaped")
        for secret, variants in list(self._variants.items()):
            for encoding, variant in variants:
                start = data.find(variant)
                while start >= 0:
                    end = start + len(variant)
                    if encoding.startswith("base64"):
                        yield Hit(*_widened(data, start, end), secret, encoding)
                    else:
                        yield Hit(start, end, secret, encoding)
                    start = data.find(variant, end)


def _in_variable(name: str, value: str) -> Iterator[str]:
    if "://" in value:
        try:
            url = urlsplit(value)
            parts = [url.password, url.username if _NAMED.search(name) else None]
        except ValueError:
            parts = []
        yield from (unquote(part) for part in parts if part)
    elif _NAMED.search(name) and not _HARMLESS.fullmatch(value):
        yield value


def _encodings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, bytes), without repetition."""
    seen = set()
    for name, variant in _all_encodings(secret):
        if variant not in seen and len(variant) >= SHORTEST:
            seen.add(variant)
            yield name, variant


def _all_encodings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    yield "raw", secret
    yield "reversed", secret[::-1]
    yield "hex", secret.hex().encode()
    yield "hex", secret.hex().upper().encode()
    text = secret.decode("utf-8", "replace")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    yield "json", escaped.encode()
    yield "json", escaped.replace("/", "\\/").encode()
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + secret)
        sure = whole[_SKIPPED[offset] : (offset + len(secret)) * 8 // 6]
        yield "base64", sure
        yield "base64", sure.replace(b"+", b"-").replace(b"/", b"_")


def _spelling(secret: bytes) -> re.Pattern[bytes]:
    """The secret with any of its characters escaped, for a URL (also twice), JSON or HTML."""
    return re.compile(b"".join(map(_any_spelling, secret)))


def _any_spelling(byte: int) -> bytes:
    code = b"".join(b"[%c%c]" % (digit, ord(chr(digit).upper())) for digit in b"%02x" % byte)
    named = {ord(char): name for char, name in zip("&<>\"' ", _HTML, strict=True)}.get(byte)
    forms = [re.escape(bytes((byte,))), b"%(?:25)*" + code, rb"\\+u00" + code]
    forms += [rb"\\+/"] if byte == 0x2F else []
    forms += [b"&#0*%d;" % byte, b"&#[xX]0*" + code + b";"]
    forms += [named] if named else []
    return b"(?:" + b"|".join(forms) + b")"


def _widened(data: bytes, start: int, end: int) -> tuple[int, int]:
    """With the characters at both ends that hold a few of the secret's bits."""
    if start and data[start - 1] in _BASE64:
        start -= 1
    if end < len(data) and data[end] in _BASE64:
        end += 1
    return start, end
