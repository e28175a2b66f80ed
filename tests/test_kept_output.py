"""What people and their scripts read of us, kept as it is: whoever changes it sees what he changed.

No invariant stands here. Every case is a toy of this module's own, and what differs from run to run
or with another release of a library is masked.
"""

import json
import re
import sys

import pytest
from engine_stage import TALK, Toy, post, said, scenario

from harness.cassette import Cassette, save
from harness.cli import main
from harness.engine import cells, read_scenario, run_cell
from harness.engine.document import Terms, document_of
from harness.engine.targets import make_target
from harness.model import Exchange, Piece, Request
from harness.reports import REPORTS

MASKS = (
    (r"Traceback[^\0]*?\n(?=\w+Error)", "Traceback\n"),
    (r"\b\d+(\.\d+)? ?m?s\b", "TIME"),
    (r'("seconds"|"at"|"time"|time=)(: ?|)"?\d+(\.\d+)?"?', r"\1 TIME"),
    (r"\b(resp|msg|chatcmpl|req|fc|rs|call|toolu|tooluse|item)[_-][A-Za-z0-9_]+", r"\1_ID"),
    (r"\d{10}(\.\d+)?", "TIME"),
    (r"\d{4}-\d\d-\d\d(T[\d:.]+Z?)?", "DATE"),
    (r'"(model|message)": "[^"]+"', r'"\1": "MASKED"'),
)
PIECES = (
    Piece(b'data: {"choices":[{"index":0,"delta":{"content":"Hel'),
    Piece(b'lo"},"finish_reason":null}]}\n\n', 0.2),
    Piece(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'),
    Piece(b"data: [DONE]\n\n"),
)
BACKENDS = {  # one for each wire
    "chat": "openai",
    "messages": "anthropic",
    "responses": "openai_codex",
    "converse": "bedrock",
    "jwt": "gateway",
}
CALL = """\
format: harness/1
title: A call that is cut
family: mine
why: {doc: "https://example.com/page", says: that nothing half is offered}
needs: [stream]
ask:
  messages: What is the weather in Oslo?
  tools: [get_weather]
  stream: true
says:
  - {text: "Let me look.", parts: 2}
  - {call: get_weather, arguments: {city: Oslo}, parts: 3}
  - finish: tool_calls
faults: [{cut: {before: finish, ending: eof}}]
expect: [truncation_is_visible]
"""


def masked(text, folder):
    text = text.replace(str(folder), "FOLDER")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def good(wire, turn):
    post(wire, turn)


def lies(wire, turn):
    post(wire, turn)
    return said("Goodbye.")


def breaks(_wire, _turn):
    raise ValueError("my adapter is broken")


@pytest.fixture
def documents(tmp_path):
    """Of one passed, one failed, one errored and one untestable case."""

    def judged(name, target, **changes):
        folder = tmp_path / "scenarios"
        (cell,) = cells(read_scenario(scenario(folder, name=name, wires="[chat]", **changes)))
        terms = Terms("toy", folders=[folder], root=tmp_path)
        return document_of(run_cell(cell, target), terms)

    return [
        judged("good", Toy(good)),
        judged("lies", Toy(lies)),
        judged("broken", Toy(breaks)),
        judged("impossible", Toy(good), needs="[stream, signatures]"),
    ]


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "github"])
def test_a_report_reads_as_it_did(form, documents, tmp_path, snapshot):
    """One case of each verdict, in each format that people or their tools read as text."""
    assert masked(REPORTS.get(form)(documents), tmp_path) == snapshot


@pytest.mark.parametrize("wire", BACKENDS)
def test_a_trace_is_what_it_was(wire, tmp_path, snapshot):
    """What the reference sent and reported of a call that was cut."""
    file = scenario(tmp_path, CALL, wires=f"[{wire}]")
    (cell, *_) = cells(read_scenario(file), frozenset({BACKENDS[wire]}))
    trace = document_of(run_cell(cell, make_target("reference")))["trace"]
    (report,) = trace["reports"]
    told = {
        "asked": [json.loads(one["body"]) for one in trace["sent"]],
        "heard": [
            [event["kind"], event.get("text", "")]
            for event in report["events"]
            if event["kind"] != "activity"
        ],
        "outcome": report["outcome"],
    }
    assert masked(json.dumps(told, indent=1, sort_keys=True), tmp_path) == snapshot


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's folder: a scenario, the same with mistakes, and a target that lies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "scenarios"
    scenario(folder, name="greeting", wires="[chat]", faults="[{rechunk: {how: per_line}}]")
    wrong = (
        TALK.replace("text:", "txet:").replace("expect:", "epxect:").replace("stream]", "steam]")
    )
    (tmp_path / "wrong.yaml").write_text(wrong, "utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.harness]\ntarget = "lying_toy:make"\nscenarios = ["scenarios"]\n'
    )
    (tmp_path / "lying_toy.py").write_text(
        "from engine_stage import Toy\nfrom test_kept_output import lies\n\n"
        "def make():\n    return Toy(lies)\n"
    )
    yield tmp_path
    sys.modules.pop("lying_toy", None)


WORDS = {
    "run": ("run", "--quiet"),
    "run_nothing": ("run", "greting"),
    "explain": ("explain", "greeting"),
    "lint": ("lint", "wrong.yaml"),
    "replay": ("replay", "tape.yaml"),
    "show": ("cassette", "show", "tape.yaml"),
    "lint_tape": ("cassette", "lint", "tape.yaml"),
    "no_tape": ("replay", "absent.yaml"),
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_command_says_what_it_said(words, home, capsys, snapshot):
    """The answer on stdout, the words on stderr and the exit code."""
    asked = Request("POST", "https://upstream.test/v1/chat/completions", (), b'{"model":"m"}')
    tape = Exchange(asked, headers=(("content-type", "text/event-stream"),), pieces=PIECES)
    save(Cassette((tape,), {"kind": "recorded"}), home / "tape.yaml")
    code = main(list(words))
    out, err = capsys.readouterr()
    assert masked(f"exit {code}\n--- stdout\n{out}--- stderr\n{err}", home) == snapshot
