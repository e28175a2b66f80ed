"""Which credential a case is run with: never a real one, and every value of it a known secret.

Whatever the kind, a refresh is an HTTP request to the token endpoint that the target is told of, so
that both sides of it are seen: an application's callback, or AWS's provider chain, is played by the
adapter asking there.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from harness.model import Exchange, Piece, Provider, Request
from harness.scenario import Scenario, Step

TOKEN_PATH = "/oauth/token"  # noqa: S105 -- a path
EXCHANGED = "token_exchange"  # the kind whose token is fetched, and says `token`
FAR_FUTURE = 4_102_444_800  # 2100: no fake token expires during a run


@dataclass(frozen=True, slots=True)
class CaseCredential:
    """`sent` is what the target is given; `secrets` are the values that no output may show."""

    sent: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def credential_of(scenario: Scenario, provider: Provider) -> CaseCredential:
    wanted = scenario.credential
    value = _fake(scenario.id, provider.name, "key")
    if wanted == "refreshable":
        return _refreshable(scenario, provider)
    if isinstance(wanted, Mapping):
        chosen = str(wanted.get("value", value))
        sent = {"kind": wanted["kind"], "value": chosen, "options": wanted.get("options", {})}
        return CaseCredential(sent, (chosen,))
    return CaseCredential({"kind": "key", "value": value}, (value,))


def _refreshable(scenario: Scenario, provider: Provider) -> CaseCredential:
    """The provider's own refreshing kind; plain OAuth for one whose keys are static."""
    kind = provider.credential if provider.credential != "key" else "oauth_refresh"
    options = dict(provider.credential_options) if provider.credential != "key" else {}
    first, second = _token(scenario, provider, 0), _token(scenario, provider, 1)
    refresh = _fake(scenario.id, provider.name, "refresh-0")
    sent = {
        "kind": kind,
        "value": first,
        "refresh_token": refresh,
        "refresh_path": _token_path(provider),
        "options": options,
    }
    rotated = _fake(scenario.id, provider.name, "refresh-1")
    return CaseCredential(sent, (first, second, refresh, rotated))


def token_answer(scenario: Scenario, provider: Provider, step: Step, host: str) -> Exchange:
    """The token endpoint's side: one answer that every kind of refresh finds its words in."""
    how = step.data
    exchanged = provider.credential == EXCHANGED
    request = Request("GET" if exchanged else "POST", host + _token_path(provider))
    if how == "refreshed":
        token = _token(scenario, provider, 1)
        body: dict[str, Any] = {
            "access_token": token,
            "refresh_token": _fake(scenario.id, provider.name, "refresh-1"),
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "inference:invoke",
        }
        if exchanged:
            body = {"token": token, "expires_at": FAR_FUTURE}
        if step.names_url is not None:
            field_name = provider.credential_options.get("base_url_field", "inference_base_url")
            body[field_name] = step.names_url
        return _json(request, 200, body)
    if how == "refused":
        body = {"error": "invalid_grant", "error_description": "the refresh token was revoked"}
        return _json(request, 400, body)
    return _json(request, 503, {"error": "temporarily_unavailable"})


def _json(request: Request, status: int, body: dict[str, Any]) -> Exchange:
    data = json.dumps(body).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(data))))
    return Exchange(request, status, "", headers, (Piece(data),))


def _token_path(provider: Provider) -> str:
    url = provider.credential_options.get("token_url") if provider.credential != "key" else None
    return urlsplit(str(url)).path if url else TOKEN_PATH


def _token(scenario: Scenario, provider: Provider, number: int) -> str:
    """An unsigned JWT of no service: some credentials read the claims of what they hold."""
    unique = _fake(scenario.id, provider.name, f"token-{number}")
    claims = {"jti": unique, "scope": "inference:invoke", "exp": FAR_FUTURE}
    parts = [_base64({"alg": "none"}), _base64(claims), _base64(unique)]
    return ".".join(parts)


def _base64(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _fake(scenario: str, provider: str, role: str) -> str:
    """A value of no service, recognizable as ours, the same at every run."""
    digest = hashlib.sha256(f"{scenario} {provider} {role}".encode()).hexdigest()[:24]
    return f"not-a-{role}-{digest}"
