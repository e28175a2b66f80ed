"""What a person reads of a case, and what a report is given."""

import json
import re

import pytest
from engine_stage import Toy, post, said, scenario

from harness.data import builtin
from harness.engine import cells, read_scenario, run_cell
from harness.engine.document import Terms, document_of
from harness.engine.story import tell
from harness.engine.targets import make_target
from harness.schemas import names, validator

MASKED = (
    (r"\d+\.\d{3}s", "0.000s"),
    (r"(resp|msg|chatcmpl|req|fc|rs)[_-][A-Za-z0-9]+", r"\1_ID"),
    (r"\d{10}(\.\d+)?", "TIME"),
    (r"\(\d+ characters\)", "(N characters)"),
)


def masked(text):
    for pattern, word in MASKED:
        text = re.sub(pattern, word, text)
    return text


def lies(wire, turn):
    post(wire, turn)
    return said("Goodbye.")


@pytest.fixture
def verdict(tmp_path):
    file = scenario(tmp_path, wires="[chat]", faults="[{rechunk: {how: per_line}}]")
    (cell,) = cells(read_scenario(file))
    return run_cell(cell, Toy(lies))


def test_the_story_of_a_failed_case(verdict, tmp_path, snapshot):
    """Title, reason, each broken sentence, the wire in time, the report, and how to play it."""
    assert masked(tell(verdict, Terms(folders=[tmp_path]))) == snapshot


def test_the_whole_story_holds_every_piece(verdict):
    """`explain` leaves nothing of the wire out."""
    assert "terminator" in tell(verdict, all_pieces=True)
    assert "more pieces" not in tell(verdict, all_pieces=True)


def test_the_command_in_a_story_plays_the_same_case(verdict, tmp_path, monkeypatch):
    """Its argument is the case's id where the id finds the file, else its place; for a shell."""
    assert f"run '{verdict.case.id}'" in tell(verdict, Terms(folders=[tmp_path]))
    monkeypatch.chdir(tmp_path.parent)
    place = f"{tmp_path.name}/mine.yaml[openai-chat-rechunk_per_line]"
    assert f"run '{place}'\n" in tell(verdict)
    (tmp_path / "twin").mkdir()
    (tmp_path / "twin" / "mine.yaml").touch()
    assert f"explain '{place}'" in tell(verdict, Terms(folders=[tmp_path / "twin", tmp_path]))


def sampled():
    chosen = ("text_is_text", "unauthorized_then_refreshed", "not_a_reply", "refusals")
    for name in chosen:
        yield from cells(
            read_scenario(builtin("scenarios") / f"{name}.yaml"), frozenset({"openai"})
        )


def test_every_document_fits_its_schema(verdict):
    """What a report is made of is described, and JSON: passed, failed and untestable ones."""
    target = make_target("reference")
    verdicts = [verdict, *(run_cell(cell, target) for cell in sampled())]
    assert "verdict" in names()
    for one in verdicts:
        document = json.loads(json.dumps(document_of(one)))
        assert [
            error.message for error in validator("verdict", "verdict").iter_errors(document)
        ] == []


def test_no_secret_is_in_a_document_or_a_story():
    """Nor in what an explanation shows: a report is sent to people."""
    target = make_target("reference")
    for cell in sampled():
        one = run_cell(cell, target)
        text = json.dumps(document_of(one)) + tell(one, all_pieces=True)
        for secret in one.case.facts["secrets"]:
            assert secret not in text, cell.id
