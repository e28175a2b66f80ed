"""What is asked, drawn, run and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from harness.model.meaning import (
    Event,
    FinishReason,
    NormalizedResponse,
    Outcome,
    Usage,
)
from harness.model.wire import Exchange, Regions, Request

Json = Any
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A canonical request, chat-completions-shaped; each transport converts it to its own wire.

    `reasoning` is {"enabled": bool, "effort": str} or None for no wish. `options` holds what only
    some wires know: session_id, response_format, parallel_tool_calls, top_p, stop, guardrail,
    provider_preferences, extra_body, extra_headers, overrides ...
    """

    messages: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...] = ()
    tool_choice: Json = None
    stream: bool = True
    model: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    reasoning: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


class SayKind(StrEnum):
    TEXT = "text"
    REASONING = "reasoning"
    CALL = "call"
    REFUSAL = "refusal"
    FINISH = "finish"
    USAGE = "usage"


@dataclass(frozen=True, slots=True)
class Say:
    """One line of a script of meaning, from which every writer makes its own wire.

    `signature` is opaque reasoning state (a redacted block has it without text). `parts` is how
    many fragments a streaming wire cuts the line into, where it can. `dialects` are those of its
    server that say how it is laid out, by their names among the profiles."""

    kind: SayKind
    text: str = ""
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    signature: str | None = None
    redacted: bool = False
    finish: FinishReason | None = None
    usage: Usage | None = None
    parts: int = 4
    dialects: frozenset[str] = field(default=frozenset(), repr=False)  # no part of what is said


Script = tuple[Say, ...]


class Level(StrEnum):
    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Expectation:
    invariant: str
    args: Mapping[str, Any] = field(default_factory=dict)
    level: Level | None = None  # None: the invariant's own
    turn: int | None = None  # None: every turn


@dataclass(frozen=True, slots=True)
class Turn:
    """One ask of a case, and the indexes of the tape's exchanges that were laid out for it."""

    ask: Ask
    exchanges: tuple[int, ...] = ()
    meaning: NormalizedResponse | None = None  # what the undamaged last exchange means, if known


@dataclass(frozen=True, slots=True)
class Case:
    """scenario x provider x fault = one cell: everything a target and a judge need, no files."""

    scenario: str
    provider: str
    transport: str
    wire: str
    fault: str = "clean"
    turns: tuple[Turn, ...] = ()
    tape: tuple[Exchange, ...] = ()
    regions: tuple[Regions | None, ...] = ()  # of the tape as it is played, faults applied
    expect: tuple[Expectation, ...] = ()
    profiles: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    untestable: str | None = None  # drawn, never dropped: the reason it cannot be run
    facts: Mapping[str, Any] = field(default_factory=dict)  # family, why, secrets, credential ...

    @property
    def cell(self) -> str:
        return f"{self.provider}-{self.wire}-{self.fault}"

    @property
    def id(self) -> str:
        return f"{self.scenario}[{self.cell}]"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that reached the player, and the exchange that answered it (None: unexpected)."""

    request: Request
    at: float = 0.0
    exchange: int | None = None
    turn: int = 0
    difference: str = ""  # for an unexpected request: how it differs from the nearest exchange


@dataclass(frozen=True, slots=True)
class Report:
    """What a target says of one turn."""

    outcome: Outcome
    events: tuple[Event, ...] = ()
    retried: int | None = None
    skipped: str | None = None  # the feature it lacks, if it declined


@dataclass(frozen=True, slots=True)
class Trace:
    """Both sides of one case: everything that was sent, and everything that was reported."""

    case: Case
    sent: tuple[Sent, ...] = ()
    reports: tuple[Report, ...] = ()  # one a turn
    unplayed: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()  # logs, reprs, messages: where a secret must not be
    waits: tuple[float, ...] = ()  # what the target slept, on the injected clock


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    level: Level
    sentence: str
    turn: int | None = None


class VerdictKind(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    UNTESTABLE = "untestable"


@dataclass(frozen=True, slots=True)
class Verdict:
    case: Case
    kind: VerdictKind
    violations: tuple[Violation, ...] = ()
    reason: str = ""  # why errored or untestable
    trace: Trace | None = None
    seconds: float = 0.0
    known: str | None = None  # the link of a known failure that this was
