"""Whether every name in a scenario is one that exists, with its place and the nearest that does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from harness.dialects import PROFILES
from harness.errors import HarnessError, ScenarioError, UsageError, Where
from harness.faults import FAULTS
from harness.invariants import INVARIANTS
from harness.providers import PROVIDERS
from harness.registry import Room
from harness.scenario import ExpectSpec, FaultSpec, Scenario, Step, did_you_mean


def check_names(scenario: Scenario) -> Scenario:
    """The scenario itself, or a ScenarioError with every unknown name of it."""
    found = list(_faults(scenario))
    if found:
        raise ScenarioError(found)
    return scenario


def _faults(scenario: Scenario) -> Iterator[HarnessError]:
    where = scenario.document.where
    for index, name in enumerate(scenario.providers or ()):
        yield from _known(PROVIDERS, name, where(("providers", index)))
    for index, name in enumerate(sorted(scenario.profiles)):
        if name not in PROFILES:
            yield _unknown("profile", name, PROFILES, where(("profiles", index)))
    yield from _capabilities(scenario)
    specs = [spec for composed in scenario.faults for spec in composed]
    specs += [spec for turn in scenario.turns for step in turn.steps for spec in _of_step(step)]
    for spec in {spec.path: spec for spec in specs}.values():
        yield from _fault(spec, scenario)
    for expectation in scenario.expect:
        yield from _expectation(expectation, scenario)
    yield from _axis_target(scenario)


def _of_step(step: Step) -> Iterable[FaultSpec]:
    if step.kind == "per_wire":
        return [spec for inner in step.data.values() for spec in _of_step(inner)]
    return step.faults


def _capabilities(scenario: Scenario) -> Iterator[HarnessError]:
    known = {capability for backend in PROVIDERS for capability in backend.can}
    for index, need in enumerate(sorted(scenario.needs)):
        if need not in known:
            yield _unknown("capability", need, known, scenario.document.where(("needs", index)))


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
    if spec.turn is not None and spec.turn >= len(scenario.turns):
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


def _unknown(kind: str, name: str, known: Iterable[str], where: Where) -> HarnessError:
    return HarnessError(f"no {kind} {name!r}", where=where, hint=did_you_mean(name, known))
