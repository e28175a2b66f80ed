"""What a token endpoint says, read into a state or into an error that tells what to do about it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable
from typing import Any

from harness.credentials._state import LATEST, State
from harness.errors import CredentialError
from harness.model import Answer

TERMINAL = frozenset({"invalid_grant", "invalid_token", "refresh_token_reused"})
SIGN_IN = "Sign in again"


class RefreshFailed(CredentialError):
    """`terminal`: these tokens will never work again; else the same refresh may work later."""

    def __init__(
        self, what: str, *, terminal: bool = False, found: str = "", hint: str = ""
    ) -> None:
        self.terminal = terminal
        super().__init__(what, found=found, hint=hint)


def json_object(answer: Answer) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def text(value: Any) -> str | None:
    """A token as it goes into a header: blanks around it are the answer's, not the token's."""
    return (value.strip() or None) if isinstance(value, str) else None


def seconds(value: Any) -> float | None:
    """A positive number of seconds, also as text; anything else is not known."""
    try:
        number = float(value) if not isinstance(value, bool) else 0.0
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 < number < LATEST else None


def claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified: it is the server that judges it; {} if it is opaque."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def scopes(token: str) -> frozenset[str]:
    named = claims(token).get("scope", claims(token).get("scp", ""))
    words = named.split() if isinstance(named, str) else named if isinstance(named, list) else ()
    return frozenset(word for word in words if isinstance(word, str))


def expiry(token: str, answered: Any, now: float) -> float | None:
    """When the token ends: what the JWT says, else what the answer said, else not known."""
    says = seconds(claims(token).get("exp"))
    lasts = seconds(answered)
    return says if says is not None else now + lasts if lasts is not None else None


def failure(answer: Answer, state: State, secrets: Iterable[str]) -> RefreshFailed:
    """A refused refresh. Reuse is told apart from expiry, and from our own interrupted refresh."""
    body = json_object(answer)
    error = body.get("error")
    if isinstance(error, dict):
        error = error.get("code") or error.get("type")
    code = error if isinstance(error, str) else ""
    text = str(body.get("error_description") or body.get("message") or "")
    found = _clean(f"HTTP {answer.status} {code} {text}".strip(), secrets)
    if "reuse" in f"{code} {text}".lower():
        began = state.get("in_flight")
        if began:
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began))
            return RefreshFailed(
                f"the refresh token was spent by a refresh of {when} that died before its answer "
                "came back",
                terminal=True,
                found=found,
                hint=SIGN_IN,
            )
        return RefreshFailed(
            "the refresh token was already used by another program or another copy of this state",
            terminal=True,
            found=found,
            hint=f"{SIGN_IN}, and keep one state for all programs",
        )
    if code in TERMINAL or (answer.status in {401, 403} and not code):
        return RefreshFailed(
            "the refresh token is expired or revoked", terminal=True, found=found, hint=SIGN_IN
        )
    if answer.status == 429:
        return RefreshFailed(
            "the token endpoint limits its rate; the credential is still good", found=found
        )
    return RefreshFailed("the token endpoint did not answer with a token", found=found)


def _clean(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return "".join(char if char.isprintable() else " " for char in text)[:200]
