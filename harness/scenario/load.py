"""A scenario file in, a value out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.model import Ask, Expectation

FaultSpec = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    title: str
    path: Path
    ask: Ask
    tape: str
    faults: tuple[FaultSpec, ...]
    expect: tuple[Expectation, ...]
    providers: tuple[str, ...]


def load(path: Path) -> Scenario:
    raw = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    ask = raw["ask"]
    return Scenario(
        id=path.stem,
        title=raw["title"],
        path=path,
        ask=Ask(
            tuple(ask["messages"]), tuple(ask.get("tools", ())), stream=ask.get("stream", True)
        ),
        tape=raw["wire"]["tape"],
        faults=tuple(spec for fault in raw.get("faults", ()) for spec in _spread(fault)),
        expect=tuple(Expectation(name) for name in raw["expect"]),
        providers=tuple(raw["providers"]),
    )


def _spread(fault: dict[str, dict[str, Any]]) -> list[FaultSpec]:
    """A list for an argument means one fault for each of its values."""
    ((name, arguments),) = fault.items()
    lists = [value if isinstance(value, list) else [value] for value in arguments.values()]
    return [(name, dict(zip(arguments, row, strict=True))) for row in itertools.product(*lists)]
