"""What looks like a secret or names a person, though nobody has told us its value.

Three looks: shapes that keys have, the names of fields, and long strings of high entropy. The last
look is not taken at opaque protocol state (signatures, encrypted reasoning, images) and at ids.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_KEYS = re.compile(
    rb"(?<![A-Za-z0-9])(?:"
    rb"sk-[A-Za-z0-9_*-]{16,}"
    rb"|(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}(?![0-9A-Za-z])"
    rb"|AIza[0-9A-Za-z_-]{30,}"
    rb"|ya29\.[0-9A-Za-z_.-]{20,}"
    rb"|(?:gsk|hf|ghp|gho|ghs|ghu|glpat|xai|pplx|r8|nvapi|xox[abprs]|AGE-SECRET-KEY)"
    rb"[_-][A-Za-z0-9_-]{16,}"
    rb"|github_pat_[A-Za-z0-9_]{20,}"
    rb"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}"
    rb"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END)[\s\S])*+(?:-----END [A-Z ]*-----)?"
    rb")"
)
_AFTER_A_WORD = re.compile(
    rb"(?i:\bbearer\s+|\bbasic\s+(?=[A-Za-z0-9+/=]{16})|x-amz-signature=|x-amz-credential="
    rb"|x-amz-security-token=|\bsignature=(?=[0-9a-f]{32})|\bcredential=(?=[A-Z0-9]{16}))"
    rb"([A-Za-z0-9._~+/=-]{12,}|[A-Za-z0-9%._~-]{12,})"
)
# What every match of the two above begins with: looked for first, for it costs next to nothing.
_PREFIXES = """
    sk- sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_ AKIA ASIA AROA AIDA AIza ya29. eyJ
    github_pat_ -----BEGIN
"""
_BRANDS = "gsk hf ghp gho ghs ghu glpat xai pplx r8 nvapi xoxa xoxb xoxp xoxr xoxs AGE-SECRET-KEY"
_STARTS = [one.encode() for one in _PREFIXES.split()]
_STARTS += [(brand + dash).encode() for brand in _BRANDS.split() for dash in "_-"]
_WORDS = b"""
    bearer basic x-amz-signature= x-amz-credential= x-amz-security-token= signature= credential=
""".split()
_PERSONAL = re.compile(
    rb"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
    rb"(?![A-Za-z0-9])"
    rb"|(?<![A-Za-z0-9])(?:org|proj|user|acct|cus|wrkspc)[-_](?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{12,}"
    rb"|(?<![A-Za-z0-9])req_[A-Za-z0-9]{12,}"
)
_ACCOUNT = re.compile(
    rb"(?i:arn(?::|%3a)aws[a-z-]*(?::|%3a)[a-z0-9-]*(?::|%3a)[a-z0-9-]*(?::|%3a))(\d{12})"
)
_NOBODY = re.compile(
    rb"@(?:[a-z0-9-]+\.)*(?:example\.(?:com|org|net)|example|test|invalid)\Z", re.IGNORECASE
)

_BLANK_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.scrub(?:bed-)?\d*-?x*")
_LONG = re.compile(rb"[A-Za-z0-9+/_-]{32,}={0,2}")
_CLASSES = (re.compile(rb"[A-Z]"), re.compile(rb"[a-z]"), re.compile(rb"[0-9]"))
_RANDOM = 4.0  # bits a character; English words run together have less, and no digits

SECRET_FIELD = re.compile(
    r"(?:access|refresh|id|auth|session|bearer|security|csrf|agent)[-_]?(?:token|key|jwt)"
    r"|(?:[a-z]+[-_])*api[-_]?key|(?:client|app|shared)[-_]?secret|secret(?:[-_]?(?:access)?[-_]?key)?"
    r"|pass(?:word|wd|phrase)|private[-_]?key|authorization|(?:set-)?cookies?|x-api-key|jwt"
    r"|accessToken|refreshToken|idToken|sessionToken|apiKey|clientSecret|device_code|code_verifier",
    re.IGNORECASE,
)
PERSONAL_FIELD = re.compile(
    r"e-?mail(?:[-_]?address)?|user(?:[-_]?id)?|organi[sz]ation(?:[-_]?(?:id|uuid|name))?"
    r"|org[-_]?(?:id|uuid)|account(?:[-_]?(?:id|uuid))?|project[-_]?id|workspace[-_]?id"
    r"|x?-?request[-_]?id|safety_identifier|session[-_]?id|device[-_]?id|tenant[-_]?id"
    r"|customer[-_]?id|installation[-_]?id",
    re.IGNORECASE,
)
SECRET_PARAMETER = re.compile(
    r"key|sig|signature|code|state|token|auth|(?:access|refresh|id|session|auth)[-_]?token"
    r"|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|assertion|otp"
    r"|ticket|jwt",
    re.IGNORECASE,
)
OPAQUE_FIELD = re.compile(
    r".*signature|encrypted.*|redacted.*|data|b64_json|bytes|image.*|audio.*|obfuscation|embedding"
    r"|.*fingerprint|(?:.*[-_])?id|.*Id|logprobs|p",
    re.IGNORECASE,
)
# OAuth says in words what happened; and a client identifier is no secret (RFC 6749, 2.2).
OAUTH_WORDS = frozenset({"grant_type", "token_type", "scope", "error", "error_description"})
OAUTH_WORDS |= {"client_id", "message", "code", "type", "status", "error_uri", "redirect_uri"}
OAUTH_PATH = re.compile(r"/oauth|/token/?\Z|/login\b|/agent[-_]?key|/device/|/auth/", re.IGNORECASE)
OAUTH_WORD = re.compile(rb'grant_type=|"grant_type"|"(?:access|refresh|id)_token"|access_token=')


class Shape(NamedTuple):
    start: int
    end: int
    what: str


def key_shapes(data: bytes) -> Iterator[Shape]:
    """Keys by their prefix, and whatever stands after a word that a key follows."""
    for found in _matches(_KEYS, data, data, _STARTS):
        if not _BLANK_JWT.fullmatch(found[0]):
            yield Shape(found.start(), found.end(), "the shape of a key")
    for found in _matches(_AFTER_A_WORD, data, data.lower(), _WORDS):
        if not _BLANK_JWT.fullmatch(found[1]):
            yield Shape(found.start(1), found.end(1), "a credential after its scheme")


def _matches(
    pattern: re.Pattern[bytes], data: bytes, searched: bytes, starts: Iterable[bytes]
) -> Iterator[re.Match[bytes]]:
    """As `finditer`, of a pattern whose every match begins with one of `starts`."""
    places = []
    for start in starts:
        at = searched.find(start)
        while at >= 0:
            places.append(at)
            at = searched.find(start, at + 1)
    end = 0
    for at in sorted(places):
        found = pattern.match(data, at) if at >= end else None
        if found is not None:
            yield found
            end = found.end()


def is_blank_token(word: bytes) -> bool:
    """A JWT of ours, that says nothing and is signed by nobody."""
    return bool(_BLANK_JWT.fullmatch(word))


def personal(data: bytes) -> Iterator[Shape]:
    for found in _PERSONAL.finditer(data):
        if not _NOBODY.search(found[0]):
            yield Shape(found.start(), found.end(), "an address or an account")
    for found in _ACCOUNT.finditer(data):
        yield Shape(found.start(1), found.end(1), "an account")


def random_text(data: bytes) -> Iterator[Shape]:
    blank = [token.span() for token in _BLANK_JWT.finditer(data)] if b".scrub" in data else []
    for found in _LONG.finditer(data):
        if any(start <= found.start() and found.end() <= end for start, end in blank):
            continue
        word = found[0].rstrip(b"=")
        if all(one.search(word) for one in _CLASSES) and entropy(word) >= _RANDOM:
            yield Shape(found.start(), found.end(), "a long random text")


def entropy(data: bytes) -> float:
    """Bits a byte, by the frequencies of the data itself."""
    size = len(data)
    return -sum(n / size * math.log2(n / size) for n in Counter(data).values()) if size else 0.0
