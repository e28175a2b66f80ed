"""The tutorial, typed from top to bottom in an empty folder with the installed package."""

import importlib.metadata

from docs_blocks import DOCS, blocks_of, shell
from test_docs_blocks import execute

TUTORIAL = DOCS / "tutorial.md"


def test_the_tutorial_is_red_and_then_green(tmp_path, monkeypatch):
    """Every command is there, ends as the page says, and prints what the page shows."""
    monkeypatch.chdir(tmp_path)
    blocks = list(blocks_of(TUTORIAL))
    for block in blocks:
        execute(block, tmp_path, {})
    typed = [block for block in blocks if block.language == "console"]
    assert sum(block.how == "exit" for block in typed) == 2  # two red tests
    assert "12 passed, 0 failed" in typed[-2].text  # green


def test_what_the_tutorial_installs_is_what_is_installed(tmp_path):
    """The distribution, its command and its plugin have the names that the page uses."""
    assert "pip install provider-harness" in TUTORIAL.read_text("utf-8")
    installed = importlib.metadata.distribution("provider-harness")
    entries = {(entry.group, entry.name) for entry in installed.entry_points}
    assert {("console_scripts", "harness"), ("pytest11", "harness")} <= entries
    code, told = shell("harness --help", tmp_path)
    assert code == 0
    assert "demo" in told


def test_the_skeleton_of_a_target_runs_as_it_is_written(tmp_path):
    """What `harness new target` says to do next works, before anything is changed."""
    assert shell("harness new target my_target", tmp_path)[0] == 0
    code, told = shell("harness run -q --target my_target:make stream_dies_in_text", tmp_path)
    assert code in {0, 1}, told
    assert "0 errored" in told
