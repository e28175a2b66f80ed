"""A scenario as a value: checked, but not yet met with a provider or a fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.model import Ask, Level, Script
from harness.scenario.positions import Document


class FaultSpec(NamedTuple):
    """A fault by name, with its arguments as the file gives them, and where it stands."""

    name: str
    args: Mapping[str, Any]
    path: tuple[str | int, ...]


class ExpectSpec(NamedTuple):
    """An invariant by name. `value` is a lone argument, `args` are named ones."""

    name: str
    args: Mapping[str, Any]
    value: Any = None
    has_value: bool = False
    level: Level | None = None
    turn: int | None = None
    unless: frozenset[str] = frozenset()
    wires: frozenset[str] | None = None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One answer of the server: `kind` is the key that the file uses for it."""

    kind: str  # tape, says, fails, token, answers, per_wire
    data: Any
    script: Script = ()
    exchange: int | None = None
    names_url: str | None = None  # of a token answer
    faults: tuple[FaultSpec, ...] = ()
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnPlan:
    ask: Ask
    streams: tuple[bool, ...]
    steps: tuple[Step, ...]
    at_once: int = 1  # how many times it is asked at the same time


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    path: Path
    title: str
    family: str
    why: tuple[Mapping[str, str], ...]
    turns: tuple[TurnPlan, ...]
    faults: tuple[tuple[FaultSpec, ...], ...]  # each a composition; () is the undamaged case
    expect: tuple[ExpectSpec, ...]
    document: Document
    rows: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    providers: tuple[str, ...] | None = None
    wires: tuple[str, ...] | None = None
    spread: str = "wires"
    profiles: frozenset[str] = frozenset()
    every_event: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    credential: str | Mapping[str, Any] = "key"
    secrets: tuple[str, ...] = ()
    client: Mapping[str, Any] = field(default_factory=dict)
    on_turn: int = 0
    on_step: int | None = None
