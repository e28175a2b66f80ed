"""scenario x backend x fault: the names of the matrix, and what it costs to draw it."""

import re
from collections import defaultdict

import pytest
from engine_stage import TALK, scenario

import harness.engine.build
import harness.faults.cut
from harness.data import builtin
from harness.engine import cells, read_scenario, run_cell
from harness.engine.build import build
from harness.engine.targets import make_target
from harness.errors import UsageError
from harness.model import VerdictKind
from harness.providers import PROVIDERS

WORDS = {"gateway", "custom"}  # also plain words
PART = re.compile(r"[a-z0-9_.]+")


@pytest.fixture(scope="module")
def drawn():
    files = sorted(builtin("scenarios").glob("*.yaml"))
    return [cell for file in files for cell in cells(read_scenario(file))]


def test_every_part_of_an_id_is_plain(drawn):
    """Backend, wire and fault are [a-z0-9_.]+, joined by a dash that none of them holds."""
    for cell in drawn:
        parts = cell.name.split("-")
        assert len(parts) == 3
        assert all(PART.fullmatch(part) for part in parts), cell.id
        assert PART.fullmatch(cell.scenario.id), cell.id


def test_ids_are_unique_over_all_scenarios(drawn):
    """Two cases of one id could not be told apart, nor replayed."""
    ids = [cell.id for cell in drawn]
    assert len(ids) == len(set(ids))


def test_the_matrix_is_large_enough(drawn):
    """At least a thousand cells are drawn."""
    assert len(drawn) >= 1000


def test_a_scenario_named_after_a_backend_runs_on_that_alone(drawn):
    """So that `-k NAME` never takes another one's cells."""
    concerned = defaultdict(set)
    for cell in drawn:
        concerned[cell.scenario.id].add(cell.provider.name)
    for scenario_id, backends in concerned.items():
        for name in PROVIDERS.names():
            if f"_{name}_" in f"_{scenario_id}_" and name not in WORDS:
                assert all(name in backend for backend in backends), scenario_id


def test_drawing_applies_no_fault(tmp_path, monkeypatch):
    """A cell is a name: its fault is applied when it is run, and only then."""
    calls = []

    def applied(exchange, regions, **arguments):
        calls.append(arguments)
        return exchange

    applied.__module__ = harness.faults.cut.__name__
    monkeypatch.setattr(harness.faults.cut, "apply", applied)
    monkeypatch.setitem(harness.faults.FAULTS._loaded, "cut", applied)
    file = scenario(tmp_path, faults="[{cut: {inside: text}}]", expect="[ends_once]")
    (cell,) = (c for c in cells(read_scenario(file)) if c.transport.wire == "chat")
    assert calls == []
    run_cell(cell, make_target("reference"))
    assert len(calls) == 1


def test_what_every_event_has_stands_beside_its_own(tmp_path):
    """An event's own field wins, on this wire alone; what is sent as it is stays so."""
    text = "\n".join(line for line in TALK.splitlines() if not line.startswith(("says", "  -")))
    file = scenario(
        tmp_path,
        text,
        wires="[chat]",
        every_event="{chat: {id: chatcmpl-1, model: m-1}, messages: {id: msg_1}}",
        wire="{answers: {sse: [{choices: [], model: m-2}, {event: x, data: {n: 1}}, '[DONE]']}}",
        expect="[ends_once]",
    )
    (cell,) = cells(read_scenario(file))
    (tape,) = build(cell).tape
    assert tape.body.decode() == (
        'data: {"id":"chatcmpl-1","model":"m-2","choices":[]}\n\n'
        'event: x\ndata: {"id":"chatcmpl-1","model":"m-1","n":1}\n\n'
        "data: [DONE]\n\n"
    )


def test_a_list_of_one_mapping_stands_beside_each_item_of_that_list(tmp_path):
    """An item's own field wins; an event that has no such list is given none."""
    text = "\n".join(line for line in TALK.splitlines() if not line.startswith(("says", "  -")))
    listed = "{choices: [{n: 1}, {finish_reason: stop}, 7]}"
    file = scenario(
        tmp_path,
        text,
        wires="[chat]",
        every_event="{chat: {choices: [{finish_reason: null}]}}",
        wire=f"{{answers: {{sse: [{listed}, {{choices: x}}, {{n: 2}}]}}}}",
        expect="[ends_once]",
    )
    (cell,) = cells(read_scenario(file))
    (tape,) = build(cell).tape
    assert tape.body.decode() == (
        'data: {"choices":[{"finish_reason":null,"n":1},{"finish_reason":"stop"},7]}\n\n'
        'data: {"choices":"x"}\n\n'
        'data: {"n":2}\n\n'
    )


def test_what_a_wire_lacks_is_untestable(tmp_path):
    """Drawn with its reason, never dropped and never failed."""
    file = scenario(tmp_path, faults="[empty_choices]", wires="[messages]")
    (cell,) = cells(read_scenario(file))
    verdict = run_cell(cell, make_target("reference"))
    assert verdict.kind is VerdictKind.UNTESTABLE
    assert "means nothing on messages, only on chat" in verdict.reason


def test_what_a_backend_cannot_do_is_untestable(tmp_path):
    """The need is named."""
    file = scenario(tmp_path, needs="[stream, vision]", wires="[jwt]")
    (cell,) = cells(read_scenario(file))
    verdict = run_cell(cell, make_target("reference"))
    assert (verdict.kind, verdict.reason) == (
        VerdictKind.UNTESTABLE,
        f"{cell.provider.name} has no vision",
    )


def test_an_argument_that_a_fault_refuses_is_errored_with_its_place(tmp_path):
    """Collection applies no fault, so it shows when the cell is run: as the file's fault."""
    file = scenario(tmp_path, faults="[{cut: {inside: txet}}]", wires="[chat]")
    (cell,) = cells(read_scenario(file))
    verdict = run_cell(cell, make_target("reference"))
    assert verdict.kind is VerdictKind.ERRORED
    assert verdict.reason.startswith(f"{file}:11:")
    assert "'txet' is no place" in verdict.reason


def test_an_unknown_target_is_named_with_its_nearest():
    """The room's names are offered."""
    with pytest.raises(UsageError, match="Did you mean 'reference'"):
        make_target("referense")


@pytest.mark.parametrize("name", ["no.such.module:make", "harness.model:make", "json:loads"])
def test_what_makes_no_target_is_a_usage_error(name):
    """A module that is not there, an attribute that it lacks, or something else entirely."""
    with pytest.raises((UsageError, TypeError)):
        make_target(name)
