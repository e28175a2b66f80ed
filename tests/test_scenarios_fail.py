"""No scenario is passed by whoever says nothing: what it expects can fail.

A run of the reference is taken, and what it reported or sent is emptied. Only what the scenario
itself expects counts: what is asked of every case is not its own.
"""

from dataclasses import replace

import pytest

from harness.data import builtin
from harness.engine.build import build
from harness.engine.cells import cells
from harness.engine.judge import judge, run_case
from harness.engine.names import read_scenario
from harness.model import (
    Event,
    EventKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Report,
    VerdictKind,
)
from harness.targets.reference import Reference

# A reply that ended well without a word, and agrees with its events.
EMPTY = Report(
    Outcome(OutcomeKind.COMPLETE, NormalizedResponse(finish_reason=FinishReason.STOP)),
    (Event(EventKind.FINISH, finish=FinishReason.STOP),),
)


def emptied(trace):
    yield replace(trace, reports=(EMPTY,) * len(trace.reports))
    asked = [replace(one, request=replace(one.request, body=b"{}")) for one in trace.sent]
    yield replace(trace, sent=tuple(asked))


@pytest.mark.parametrize(
    "path", sorted(builtin("scenarios").glob("*.yaml")), ids=lambda path: path.stem
)
def test_what_a_scenario_expects_can_fail(path):
    """An empty reply is red by what it expects itself, or an empty request is."""
    scenario = read_scenario(path)
    own = {spec.name for spec in scenario.expect}
    case = next(case for cell in cells(scenario) if not (case := build(cell)).untestable)
    verdict = run_case(case, Reference())
    assert verdict.kind is VerdictKind.PASSED
    red = {one.invariant for trace in emptied(verdict.trace) for one in judge(trace).violations}
    assert own & red
