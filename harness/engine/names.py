"""Whether every name in a scenario is one that exists, with its place and the nearest that does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.dialects import PROFILES
from harness.engine.cells import slug_of
from harness.engine.fair import OF_THE_TARGET
from harness.errors import HarnessError, ScenarioError, UsageError, Where
from harness.faults import FAULTS
from harness.invariants import INVARIANTS
from harness.providers import PROVIDERS
from harness.registry import Room
from harness.scenario import ExpectSpec, FaultSpec, Scenario, Step, did_you_mean, examine


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file, or a ScenarioError with every fault of it, in the file's order."""
    scenario, found = examine(path)
    if scenario is not None:
        found = [*found, *_faults(scenario)]
    if found or scenario is None:
        raise ScenarioError(in_order(found))
    return scenario


def in_order(found: Iterable[HarnessError]) -> list[HarnessError]:
    """By line and column, each once."""
    unique = {fault.render(): fault for fault in found}
    return sorted(unique.values(), key=lambda fault: _place(fault.where))


def _place(where: Where | None) -> tuple[int, int]:
    return (where.line or 0, where.column or 0) if where else (0, 0)


def _faults(scenario: Scenario) -> Iterator[HarnessError]:
    where = scenario.document.where
    for index, name in enumerate(scenario.providers or ()):
        yield from _known(PROVIDERS, name, where(("providers", index)))
    capabilities = {capability for backend in PROVIDERS for capability in backend.can}
    for key, given, known in (
        ("profiles", scenario.profiles, set(PROFILES)),
        ("needs", scenario.needs, capabilities | OF_THE_TARGET),
    ):
        for index, name in enumerate(scenario.document.value[key] if given else ()):
            if name not in known:
                kind = {"profiles": "profile", "needs": "capability"}[key]
                hint = did_you_mean(name, known)
                yield HarnessError(f"no {kind} {name!r}", where=where((key, index)), hint=hint)
    wrong: set[tuple[str | int, ...]] = set()
    specs = [spec for composed in scenario.faults for spec in composed]
    specs += [spec for turn in scenario.turns for step in turn.steps for spec in _of_step(step)]
    for spec in {spec.path: spec for spec in specs}.values():
        for fault in _fault(spec, scenario):
            wrong.add(spec.path)
            yield fault
    for expectation in scenario.expect:
        yield from _expectation(expectation, scenario)
    if scenario.turns:
        yield from _axis_target(scenario)
    yield from _twice(scenario, wrong)


def _of_step(step: Step) -> Iterable[FaultSpec]:
    if step.kind == "per_wire":
        return [spec for inner in step.data.values() for spec in _of_step(inner)]
    return step.faults


def _fault(spec: FaultSpec, scenario: Scenario) -> Iterator[HarnessError]:
    where = scenario.document.where_key(spec.path)
    yield from _known(FAULTS, spec.name, where)
    if spec.name in FAULTS.names():
        what = f"fault {spec.name!r}"
        yield from _arguments(what, FAULTS.get(spec.name), spec.args, where)


def _expectation(spec: ExpectSpec, scenario: Scenario) -> Iterator[HarnessError]:
    where = scenario.document.where_key(spec.path)
    yield from _known(INVARIANTS, spec.name, where)
    if spec.name not in INVARIANTS.names():
        return
    check = INVARIANTS.get(spec.name)
    names = list(inspect.signature(check).parameters)[2:]
    if spec.has_value and not names:
        yield HarnessError(f"invariant {spec.name!r} takes no argument", where=where)
        return
    args = {names[0]: spec.value} if spec.has_value else spec.args
    yield from _arguments(f"invariant {spec.name!r}", check, args, where)
    if spec.turn is not None and spec.turn >= len(scenario.turns) > 0:
        yield HarnessError(
            f"there is no turn {spec.turn}",
            where=where,
            hint=f"The scenario has {len(scenario.turns)}, counted from 0",
        )


def _axis_target(scenario: Scenario) -> Iterator[HarnessError]:
    where = scenario.document.where(("damage",))
    if scenario.on_turn >= len(scenario.turns):
        yield HarnessError(f"there is no turn {scenario.on_turn}", where=where)
        return
    steps = scenario.turns[scenario.on_turn].steps
    if scenario.on_step is not None and scenario.on_step >= len(steps):
        yield HarnessError(f"turn {scenario.on_turn} has no step {scenario.on_step}", where=where)
    if any(scenario.faults) and all(step.kind == "fails" for step in steps):
        yield HarnessError("the faults have no answer to damage", where=where)


def _twice(scenario: Scenario, wrong: set[tuple[str | int, ...]]) -> Iterator[HarnessError]:
    """Two faults of one name would be two cases of one id."""
    seen: dict[str, FaultSpec] = {}
    for composed in scenario.faults:
        if not composed or wrong & {spec.path for spec in composed}:
            continue
        where = scenario.document.where_key(composed[0].path)
        try:
            slug = slug_of(composed)
        except UsageError as error:  # an argument that is not even a name
            yield HarnessError(error.what, where=where, hint=error.hint)
            continue
        if slug in seen:
            first = scenario.document.where_key(seen[slug].path)
            what = f"two cases have the id {slug!r}"
            yield HarnessError(what, where=where, hint=f"The first is on line {first.line}")
        seen[slug] = composed[0]


def _arguments(
    what: str, function: Callable[..., Any], given: Mapping[str, Any], where: Where
) -> Iterator[HarnessError]:
    """The first two parameters are the engine's: exchange and regions, or trace and turn."""
    parameters = dict(list(inspect.signature(function).parameters.items())[2:])
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    for key in given:
        if key not in parameters:
            hint = did_you_mean(key, set(parameters) - {"seed"}) or "It takes none"
            yield HarnessError(f"{what} has no argument {key!r}", where=where, hint=hint)
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and key not in given:
            yield HarnessError(f"{what} needs the argument {key!r}", where=where)


def _known(room: Room[Any], name: str, where: Where) -> Iterator[HarnessError]:
    if name not in room.names():
        error: UsageError = room.unknown(name)
        yield HarnessError(error.what, where=where, hint=error.hint)
