"""scenario x provider x fault -> cells: names only. Nothing is built before a cell is run, so that
collecting thousands costs no more than naming them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.contracts import ProviderTransport
from harness.faults import FAULTS
from harness.model import Provider
from harness.providers import PROVIDERS
from harness.registry import module_of
from harness.scenario import FaultSpec, Scenario
from harness.transports import TRANSPORTS


@dataclass(frozen=True, slots=True)
class Cell:
    """One square of the matrix, not yet built."""

    scenario: Scenario
    provider: Provider
    transport: ProviderTransport
    faults: tuple[FaultSpec, ...]
    stream: bool | None  # None: as the scenario asks, and not part of the name
    slug: str

    @property
    def name(self) -> str:
        return f"{self.provider.name}-{self.transport.wire}-{self.slug}"

    @property
    def id(self) -> str:
        return f"{self.scenario.id}[{self.name}]"


def cells(scenario: Scenario, only: frozenset[str] | None = None) -> Iterator[Cell]:
    """Every cell of a scenario, or those of some providers."""
    streams = scenario.turns[0].streams
    for provider in backends(scenario):
        if only is not None and provider.name not in only:
            continue
        transport = TRANSPORTS.get(provider.transport)
        for stream in streams if len(streams) > 1 else (None,):
            for faults in scenario.faults:
                slug = slug_of(faults, stream=stream)
                yield Cell(scenario, provider, transport, faults, stream, slug)


def backends(scenario: Scenario) -> list[Provider]:
    """The providers that a scenario concerns, in a steady order."""
    if scenario.providers is not None:
        chosen = [PROVIDERS.get(name) for name in scenario.providers]
    else:
        chosen = [p for p in PROVIDERS if p.home or scenario.spread == "providers"]
    if scenario.wires is None:
        return chosen
    return [p for p in chosen if TRANSPORTS.get(p.transport).wire in scenario.wires]


def fault_slug(spec: FaultSpec) -> str:
    """A fault as part of an id: its own word for it, or its name and arguments."""
    apply = FAULTS.get(spec.name)
    own: Any = getattr(module_of(apply), "slug", None)
    text = own(**spec.args) if own else "_".join([spec.name, *map(_word, spec.args.values())])
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")


def _word(value: Any) -> str:
    return str(value).removesuffix("%")


def slug_of(faults: tuple[FaultSpec, ...], *, stream: bool | None = None) -> str:
    """The last part of a case's id: the mode, if it is on the axis, and each fault."""
    parts = [fault_slug(spec) for spec in faults]
    if stream is not None:
        parts.insert(0, "stream" if stream else "whole")
    return ".".join(parts) or "clean"
