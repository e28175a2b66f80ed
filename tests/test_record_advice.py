"""What an untestable case advises to record is what makes its tape."""

import shlex
from pathlib import Path

import pytest
from engine_stage import TALK, scenario

from harness.cli import main
from harness.cli import record as command
from harness.engine import build, cells, read_scenario
from harness.record.session import Recorded

SAYS = TALK[TALK.index("\nsays:") + 1 : TALK.index("expect:")]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Where `harness record` writes, with nobody asked."""
    paths = []

    def record(scenario, backend, path, wishes):
        paths.append(path.resolve())
        return Recorded(path, written=True)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "record", record)
    return paths


def advice(folder, tape, name="mine"):
    text = TALK.replace(SAYS, f"wire: {{tape: {tape}}}\n")
    (cell,) = cells(read_scenario(scenario(folder, text, name, wires="[chat]")))
    what, _, hint = build(cell).untestable.partition(". ")
    assert what == f"not recorded: there is no cassette {tape!r} for openai"
    return hint


@pytest.mark.parametrize("tape", ["mine", "a_chat_body_is_read_as_what_it_is", "beside"])
@pytest.mark.parametrize("place", ["scenarios", "deep/below/scenarios"])
def test_a_tape_of_a_scenarios_name_is_recorded_by_asking_it(tmp_path, written, tape, place):
    """Of this one, a shipped one, or one in the same folder; beside the folder of this one."""
    folder = tmp_path / place
    scenario(folder, name="beside")
    words = shlex.split(advice(folder, tape))
    assert main(words[1:]) == 0
    assert written == [folder.parent / "cassettes" / "openai" / f"{tape}.yaml"]


def test_a_tape_of_another_name_is_what_a_proxy_is_told_to_write(tmp_path, written):
    """Asking this scenario makes a tape of its own id: both ways are told, each as what it is."""
    proxy, _, own = advice(tmp_path / "scenarios", "of_a_night").partition("; ")
    words = shlex.split(proxy.partition(" writes ")[0])
    wanted = Path("cassettes/openai/of_a_night.yaml")
    assert words[1:] == ["record", "--proxy", "--upstream", "URL", "--out", str(wanted)]
    assert own.endswith(" records a tape 'mine'")
    assert main(shlex.split(own.partition(" records ")[0])[1:]) == 0
    assert written == [tmp_path / "cassettes" / "openai" / "mine.yaml"]
