"""Everything that can be wrong with a scenario file, also what shows only where its faults are
applied and its invariants asked: a collection does neither, so that it stays fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.engine.build import build, expectation_of
from harness.engine.cells import cells
from harness.engine.judge import judge
from harness.engine.names import in_order, read_scenario
from harness.engine.tapes import cassette_folders
from harness.errors import HarnessError, ScenarioError, UsageError, Where
from harness.model import (
    Case,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Report,
    Trace,
    Turn,
)
from harness.scenario import ExpectSpec, Scenario, Step, did_you_mean


def lint(path: Path) -> list[HarnessError]:
    """Every fault of a file, in its order; an empty list is a good file."""
    try:
        scenario = read_scenario(path)
    except ScenarioError as error:
        return error.faults
    return in_order([*_values_of_faults(scenario), *_values_asked(scenario), *_tapes(scenario)])


def _values_of_faults(scenario: Scenario) -> Iterator[HarnessError]:
    """Each cell is built, which applies its faults."""
    for cell in cells(scenario):
        try:
            build(cell)
        except ScenarioError as error:
            yield from error.faults


def _values_asked(scenario: Scenario) -> Iterator[HarnessError]:
    """Each invariant is asked about an empty reply: one that refuses its argument says so."""
    reply = NormalizedResponse(finish_reason=FinishReason.STOP)
    turns = tuple(Turn(turn.ask, (), reply) for turn in scenario.turns)
    case = Case(scenario.id, "", "", "", turns=turns)
    reports = tuple(Report(Outcome(OutcomeKind.COMPLETE, reply)) for _ in turns)
    for spec in scenario.expect:
        expectation = expectation_of(spec)
        try:
            judge(Trace(replace(case, expect=(expectation,)), reports=reports))
        except UsageError as error:
            yield HarnessError(error.what, where=_where(scenario, spec), hint=error.hint)


def _where(scenario: Scenario, spec: ExpectSpec) -> Where:
    return scenario.document.where(spec.path)


def _tapes(scenario: Scenario) -> Iterator[HarnessError]:
    """A tape that no folder holds leaves every case untestable."""
    folders = cassette_folders(scenario)
    known = {path.stem for folder in folders for path in folder.glob("*/*.yaml")}
    for step in (step for turn in scenario.turns for step in _steps(turn.steps)):
        if step.kind == "tape" and step.data not in known:
            yield HarnessError(
                f"no cassette {step.data!r} in any folder of {folders[0].name}/",
                where=scenario.document.where((*step.path, "tape")),
                hint=did_you_mean(step.data, known) if known else "",
            )


def _steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        if step.kind == "per_wire":
            yield from _steps(tuple(step.data.values()))
        else:
            yield step
