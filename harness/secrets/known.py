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
_ESCAPE = re.compile(
    rb"%(?:25)*([0-9a-fA-F]{2})|(?<!\\)\\++(?:u00|x)([0-9a-fA-F]{2})|&#[xX]0*([0-9a-fA-F]{1,2});"
    rb"|&#0*([0-9]{1,3});|&(amp|lt|gt|quot|apos);"
)
_RUN = rb"\\+"  # of backslashes
_ENTITIES = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}
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
        return cls.of(secrets_of(os.environ if environ is None else environ))

    @classmethod
    def of(cls, secrets: Iterable[tuple[str, str]]) -> Self:
        """Of (variable, value)."""
        known = cls()
        for name, secret in secrets:
            known.add(secret, f"the value of {name}", SHORTEST_IN_ENVIRONMENT)
        return known

    def add(self, value: str | bytes, origin: str = "", shortest: int = SHORTEST) -> None:
        secret = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        secret = secret.strip()
        if len(secret) >= shortest and secret not in self._variants:
            self._origin[secret] = origin or "a secret of this recording"
            self._variants[secret] = list(_encodings(secret))

    def origin(self, secret: bytes) -> str:
        """Whose value it is, in words that do not tell it."""
        return self._origin[secret]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._variants)

    def __contains__(self, value: bytes) -> bool:
        return value in self._variants

    def hits(self, data: bytes) -> Iterator[Hit]:
        """Every place; those of one secret may overlap."""
        yield from self._escaped(data)
        low = data.lower() if self._variants else b""
        for secret, variants in list(self._variants.items()):
            for encoding, variant in variants:
                searched = low if encoding == "hex" else data
                start = searched.find(variant)
                while start >= 0:
                    end = start + len(variant)
                    if encoding == "base64":
                        yield Hit(*_widened(data, start, end), secret, encoding)
                    else:
                        yield Hit(start, end, secret, encoding)
                    start = searched.find(variant, end)

    def _escaped(self, data: bytes) -> Iterator[Hit]:
        """With any of its characters escaped. Most data has no escape, or none in a secret: that
        is seen in one pass for all secrets, and only then looked for place by place."""
        plain = unescaped(data) if self._variants else b""
        for secret in list(self._variants):
            if unescaped(secret) in plain:
                if secret not in self._spelled:
                    self._spelled[secret] = _spelling(secret)
                for found in self._spelled[secret].finditer(data):
                    yield Hit(found.start(), found.end(), secret, "escaped")


def secrets_of(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(variable, secret): of every variable whose name looks secret, and of URLs."""
    for name, value in environ.items():
        for secret in _in_variable(name, value):
            yield name, secret


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
    yield "hex", secret.hex().encode()  # in any case
    text = secret.decode("utf-8", "replace")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    yield "json", escaped.encode()
    yield "json", escaped.replace("/", "\\/").encode()
    for coded in _in_base64(secret):
        yield "base64", coded
        yield "base64", coded.replace(b"+", b"-").replace(b"/", b"_")
        for twice in _in_base64(coded):
            yield "base64", twice


def _in_base64(data: bytes) -> Iterator[bytes]:
    """The characters that say nothing else, as a part of a longer text that begins anywhere."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data)
        yield whole[_SKIPPED[offset] : (offset + len(data)) * 8 // 6]


def _spelling(secret: bytes) -> re.Pattern[bytes]:
    """The secret with any of its characters escaped, for a URL (also twice), JSON or HTML."""
    first, *others = map(_any_spelling, secret)
    if b"\\" not in secret:  # a run of backslashes before it is tried from its start alone
        first = first.replace(_RUN, rb"(?<!\\)\\++")
    return re.compile(b"".join([first, *others]))


def unescaped(data: bytes) -> bytes:
    """Every escape as what it stands for, or nearly: enough to see that a secret may be there."""
    return _ESCAPE.sub(_unescaped, data).replace(b"+", b" ").replace(b"\\", b"")


def _unescaped(found: re.Match[bytes]) -> bytes:
    digits = found[1] or found[2] or found[3]
    if digits:
        return bytes((int(digits, 16),))
    if found[4]:
        return bytes((int(found[4]) & 0xFF,))
    return _ENTITIES[found[5]]


def _any_spelling(byte: int) -> bytes:
    code = b"".join(b"[%c%c]" % (digit, ord(chr(digit).upper())) for digit in b"%02x" % byte)
    named = {ord(char): name for char, name in zip("&<>\"' ", _HTML, strict=True)}.get(byte)
    forms = [re.escape(bytes((byte,))), b"%(?:25)*" + code, _RUN + rb"(?:u00|x)" + code]
    forms += [_RUN + re.escape(bytes((byte,)))] if byte in b'/"\\' else []
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
