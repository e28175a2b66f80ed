"""Which credential a case is run with: never a real one, and every value of it a known secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.model import Provider
from harness.scenario import Scenario


@dataclass(frozen=True, slots=True)
class CaseCredential:
    """`sent` is what the target is given; `secrets` are the values that no output may show."""

    sent: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


def credential_of(scenario: Scenario, provider: Provider) -> CaseCredential:
    wanted = scenario.credential
    value = _fake(scenario.id, provider.name, "key")
    if wanted == "refreshable":
        refresh = _fake(scenario.id, provider.name, "refresh")
        options = dict(provider.credential_options)
        sent = {"kind": provider.credential, "value": value, "refresh_token": refresh}
        return CaseCredential(sent | {"options": options}, (value, refresh))
    if isinstance(wanted, Mapping):
        chosen = str(wanted.get("value", value))
        sent = {"kind": wanted["kind"], "value": chosen, "options": wanted.get("options", {})}
        return CaseCredential(sent, (chosen,))
    return CaseCredential({"kind": "key", "value": value}, (value,))


def _fake(scenario: str, provider: str, role: str) -> str:
    """A value of no service, recognizable as ours, the same at every run."""
    digest = hashlib.sha256(f"{scenario} {provider} {role}".encode()).hexdigest()[:24]
    return f"not-a-{role}-{digest}"
