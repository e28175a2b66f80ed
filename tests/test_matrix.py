"""The whole matrix on the reference, run once: what is drawn, what passes, and a floor under it.

tests/floor.json holds, for each family and wire, how many cells were drawn and passed when somebody
last looked. A cell may be added; one that is lost, or no longer passes, is seen here.
`HARNESS_RAISE_FLOOR=1 pytest tests/test_matrix.py` writes the file anew, never lower.
"""

import importlib.util
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from harness.data import builtin
from harness.engine import cells, read_scenario
from harness.engine.build import ALWAYS
from harness.engine.pool import Maker, pooled
from harness.faults import FAULTS
from harness.invariants import INVARIANTS
from harness.model import VerdictKind
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS

FLOOR = Path(__file__).with_name("floor.json")
WIRES = {transport.wire for transport in TRANSPORTS}
FOUR = ("stream_death", "auth_refresh", "repeated_names", "think_tags")
ENDINGS = ("complete", "eof", "reset", "stall")


@pytest.fixture(scope="module")
def scenarios():
    return [read_scenario(file) for file in sorted(builtin("scenarios").glob("*.yaml"))]


@pytest.fixture(scope="module")
def verdicts(scenarios):
    """Every cell of the backends that stand for a wire; the others speak the same wires, and are
    run as items of their own by pytest."""
    home = {backend.name for backend in PROVIDERS if backend.home}
    drawn = [
        cell for scenario in scenarios for cell in cells(scenario) if cell.provider.name in home
    ]
    return list(pooled(drawn, Maker("reference"), "inprocess", 2))


@pytest.fixture(scope="module")
def counts(verdicts):
    table = defaultdict(Counter)
    for verdict in verdicts:
        key = f"{verdict.case.facts.get('family')} {verdict.case.wire}"
        table[key].update(["drawn", verdict.kind.value])
    return table


def test_nothing_fails_and_nothing_is_errored(verdicts):
    """The reference passes every cell that can be run."""
    red = {VerdictKind.FAILED, VerdictKind.ERRORED}
    assert [verdict.case.id for verdict in verdicts if verdict.kind in red] == []


def test_every_untestable_cell_says_why(verdicts):
    """Drawn, never dropped: its reason is a sentence."""
    for verdict in verdicts:
        if verdict.kind is VerdictKind.UNTESTABLE:
            assert len(verdict.reason.split()) >= 3, verdict.case.id


def test_nothing_is_untestable_for_want_of_a_package(verdicts):
    """Every extra is installed where these tests run, and what needs one is judged."""
    assert importlib.util.find_spec("botocore")
    missing = [one.case.id for one in verdicts if "not installed" in one.reason]
    assert missing == []
    judged = {verdict.case.id for verdict in verdicts if verdict.kind is VerdictKind.PASSED}
    assert "unauthorized_twice[bedrock-converse-clean]" in judged


@pytest.mark.parametrize("family", FOUR)
@pytest.mark.parametrize("wire", sorted(WIRES))
def test_the_four_families_are_drawn_on_every_wire(counts, family, wire):
    """Dying streams, refreshed credentials, repeated names and think tags: all of them pass."""
    assert counts[f"{family} {wire}"]["passed"] > 0


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("wire", sorted(WIRES))
def test_streams_die_in_every_way_on_every_wire(verdicts, wire, ending):
    """A body that ends well, an early FIN, a reset and a stall."""
    died = [
        verdict
        for verdict in verdicts
        if verdict.case.wire == wire
        and verdict.case.facts.get("family") == "stream_death"
        and verdict.case.fault.endswith(f"_{ending}")
    ]
    assert any(verdict.kind is VerdictKind.PASSED for verdict in died)


def test_the_floor_only_rises(counts):
    """For each family and wire: as many drawn and passed as were seen before."""
    now = {key: {n: table[n] for n in ("drawn", "passed")} for key, table in counts.items()}
    floor = json.loads(FLOOR.read_text("utf-8")) if FLOOR.is_file() else {}
    sunk = {
        key: (was, now.get(key))
        for key, was in floor.items()
        if any(now.get(key, {}).get(name, 0) < count for name, count in was.items())
    }
    assert sunk == {}
    if os.environ.get("HARNESS_RAISE_FLOOR"):
        raised = {**floor, **now}
        FLOOR.write_text(json.dumps(dict(sorted(raised.items())), indent=1) + "\n", "utf-8")
    assert set(now) <= set(json.loads(FLOOR.read_text("utf-8"))), "a family stands on no floor"


def test_every_invariant_is_asked_by_some_scenario(scenarios):
    """One that nobody asks could say anything."""
    asked = {spec.name for scenario in scenarios for spec in scenario.expect} | set(ALWAYS)
    assert set(INVARIANTS.names()) - asked == set()


def test_every_fault_is_applied_by_some_scenario(scenarios):
    """And is seen: it passes in a cell, so a wire has it."""
    used = {spec.name for scenario in scenarios for spec in _faults(scenario)}
    assert set(FAULTS.names()) - used == set()


def _faults(scenario):
    for composed in scenario.faults:
        yield from composed
    for turn in scenario.turns:
        for step in _flat(turn.steps):
            yield from step.faults


def _flat(steps):
    for step in steps:
        yield from _flat(step.data.values()) if step.kind == "per_wire" else [step]


# Families that are about what is sent, or whose whole subject is a writer's own reply.
WITHOUT_A_SECOND_WITNESS = {"caching"}


def test_our_writers_are_not_the_only_witness(scenarios, verdicts):
    """For each family and wire that passes, the bytes of some case come from elsewhere."""
    foreign = {
        scenario.id
        for scenario in scenarios
        if any(step.kind in {"tape", "answers"} for t in scenario.turns for step in _flat(t.steps))
    }
    passed, witnessed = set(), set()
    for verdict in verdicts:
        if verdict.kind is VerdictKind.PASSED:
            key = (verdict.case.facts["family"], verdict.case.wire)
            passed.add(key)
            if verdict.case.scenario in foreign:
                witnessed.add(key)
    alone = {key for key in passed - witnessed if key[0] not in WITHOUT_A_SECOND_WITNESS}
    assert sorted(alone) == []
