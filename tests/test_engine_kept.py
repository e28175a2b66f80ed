"""What the scripts of scenarios mean stands in cassettes/, where anyone can look at the bytes."""

import pytest
from vcr.persisters.filesystem import FilesystemPersister
from vcr.serializers import yamlserializer

from harness.cassette import dumps, load
from harness.data import builtin
from harness.engine import build, cells, read_scenario
from harness.engine.synthesize import synthesize

ROOT = builtin("cassettes")
FILES = sorted(ROOT.glob("*/*.yaml"))


def names(steps):
    for step in steps:
        if step.kind == "per_wire":
            yield from names(step.data.values())
        elif step.kind == "tape":
            yield step.data


@pytest.fixture(scope="module")
def scenarios():
    return [read_scenario(file) for file in sorted(builtin("scenarios").glob("*.yaml"))]


def test_what_is_kept_is_what_the_writers_make_now(scenarios):
    """`harness cassette synthesize` changes nothing: a writer's change shows in a diff."""
    wrong = [
        f"{wire}/{scenario.id}"
        for scenario in scenarios
        for wire, cassette in synthesize(scenario)
        if (file := ROOT / wire / f"{scenario.id}.yaml")
        and (not file.is_file() or file.read_bytes() != dumps(cassette))
    ]
    assert wrong == [], "run: harness cassette synthesize"


def test_every_cassette_is_played_by_a_scenario(scenarios):
    """A tape that we made and nobody plays proves nothing; a recording is evidence by itself."""
    made = {ROOT / wire / f"{one.id}.yaml" for one in scenarios for wire, _ in synthesize(one)}
    tapes = {name for one in scenarios for turn in one.turns for name in names(turn.steps)}
    ours = [file for file in FILES if load(file).provenance.get("kind") != "recorded"]
    left = [file for file in ours if file not in made and file.stem not in tapes]
    assert left == []


def test_stock_vcrpy_loads_every_cassette():
    """What we write, everything that is built on vcrpy can read."""
    for file in FILES:
        requests, responses, *_ = FilesystemPersister.load_cassette(str(file), yamlserializer)
        assert len(requests) == len(responses)


def test_every_cassette_says_where_it_comes_from():
    """Recorded, authored, synthesized or derived: never one that is called what it is not."""
    for file in FILES:
        kind = load(file).provenance.get("kind")
        assert kind in {"recorded", "authored", "synthesized", "derived"}, file


def test_cassettes_stay_small():
    """A tape is read by people: a hundred kilobytes are too many."""
    for file in FILES:
        assert file.stat().st_size <= 96 * 1024, file


@pytest.mark.parametrize("stream", [True, False])
def test_a_backend_that_signs_no_thoughts_sends_them_in_its_plain_field(stream):
    """The kept tape is in the dialect that signs them; its clients alone know those fields. One
    that thinks in parts of the content has neither field."""
    found = {}
    for cell in cells(read_scenario(builtin("scenarios") / "reasoning_is_separate.yaml")):
        case = build(cell)
        if cell.transport.wire == "chat" and cell.stream == stream and not case.untestable:
            body = case.tape[0].body
            fields = (b'"reasoning_content"', b'"reasoning_details"')
            found[cell.provider.name] = tuple(field in body for field in fields)
            in_parts = "thinking_parts" in cell.provider.profiles
            assert (b'"type":"thinking"' in body) == in_parts
            plain = (not in_parts, False)
            assert found[cell.provider.name] == (
                (False, True) if "signatures" in cell.provider.can else plain
            )
    assert set(found.values()) == {(True, False), (False, True), (False, False)}
