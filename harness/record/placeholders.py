"""What stands in for a secret: of its length, and the same for the same secret.

Placeholders are numbered in the order in which their secrets are met. So a recording of the same
conversation has the same placeholders although its tokens are new, and nobody can find a short
value by trying what gives the same hash.
"""

from __future__ import annotations

import base64
import binascii
import json
import re

_OURS = re.compile(
    rb"scrub(?:bed-\d+-)?\d*x*|x+|\*+|0{8}-0000-4000-8000-\d{12}|9\d*"
    rb"|eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.scrub[A-Za-z0-9_-]*"
)
_WORD = re.compile(
    rb"<[^<>]*>|[*_\[({ -]*(?:REDACTED|FILTERED|SCRUBBED)[*_\])} -]*|[*xX]{3,}", re.IGNORECASE
)
_NUMBERED = re.compile(rb"scrubbed-(\d+)-")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]+\.(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{12,})")
_CLAIM = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*(?:"((?:[^"\\]|\\.)*)"|(\d+))')
_KEPT_CLAIMS = frozenset({b"scope", b"scp", b"scopes", b"typ", b"alg", b"token_use"})
_FAR = b"4102444800"  # 2100: a credential that reads its token's end must not find it in the past
_SHORTEST_LABEL = 12


def is_placeholder(value: bytes) -> bool:
    """Ours, or what others have put in place of a secret."""
    return bool(_OURS.fullmatch(value) or _WORD.fullmatch(value))


def without_number(data: bytes) -> bytes:
    """Every placeholder as that of no secret in particular: for comparing."""
    return _NUMBERED.sub(lambda found: b"scrubbed-0-" + b"x" * (len(found[1]) - 1), data)


class Numbers:
    """Gives each secret its number. `fixed`: all the same."""

    def __init__(self, *, fixed: bool = False) -> None:
        self._numbers: dict[bytes, int] = {}
        self._fixed = fixed

    def of(self, secret: bytes) -> int:
        return 0 if self._fixed else self._numbers.setdefault(secret, len(self._numbers) + 1)

    def stand_in(self, secret: bytes, size: int, *, digits: bool = False) -> bytes:
        """`size` bytes of ASCII that need no escape in JSON, a URL or a header."""
        number = str(self.of(secret)).encode()
        if digits:
            return b"9" + number.rjust(max(0, size - 1), b"0")[-(size - 1) :] if size > 1 else b"9"
        if size == len(secret):
            if _UUID.fullmatch(secret):
                return b"00000000-0000-4000-8000-" + number.rjust(12, b"0")
            token = _JWT.fullmatch(secret)
            made = _jwt(secret, token, number) if token else None
            if made is not None:
                return made
        return label(number, size)


def label(number: bytes, size: int) -> bytes:
    if size >= _SHORTEST_LABEL:
        return (b"scrubbed-" + number + b"-").ljust(size, b"x")[:size]
    return (b"scrub" + number).ljust(size, b"x")[:size] if size > 5 else b"x" * size


def _jwt(secret: bytes, token: re.Match[bytes], number: bytes) -> bytes | None:
    """Still a JWT, as some credentials read the claims of their token: scopes are kept, the end
    is far away, every other claim and the signature are blanked out."""
    claims = token[1]
    try:
        plain = base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))
        blank = _CLAIM.sub(_blanked, plain)
        json.loads(blank)
    except (ValueError, binascii.Error):
        return None
    coded = base64.urlsafe_b64encode(blank).rstrip(b"=")
    if len(coded) != len(claims) or len(blank) != len(plain):
        return None
    head = secret[: token.start(1)]
    return head + coded + b"." + label(number, len(token[2]))


def _blanked(claim: re.Match[bytes]) -> bytes:
    whole, name = claim[0], claim[1]
    if name in _KEPT_CLAIMS:
        return whole
    if claim[3] is not None:
        value = _FAR if name == b"exp" and len(claim[3]) == len(_FAR) else claim[3]
        if name not in {b"exp", b"iat", b"nbf"}:
            value = b"9" * len(claim[3])
        return whole[: claim.start(3) - claim.start()] + value
    return whole[: claim.start(2) - claim.start()] + b"x" * len(claim[2]) + b'"'
