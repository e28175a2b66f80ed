"""What the command line says to someone who is tired: help where nothing was asked, one line for a
missing file, a short list for a wrong name."""

import json
import signal
import subprocess
import sys

import pytest
import yaml

from harness.cassette import Cassette, dumps, save
from harness.cli import COMMANDS, main
from harness.model import Exchange, Piece, Request

PROXY = ["record", "--proxy", "--upstream", "http://a.test", "--out", "tape2.yaml"]


def test_without_a_command_it_helps(capsys):
    """Every command with a sentence, on stderr, and a usage error's code."""
    assert main([]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "demo" in told.err
    assert "explain" in told.err


def test_it_says_its_version(capsys):
    """And nothing else."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.split()) == 1


@pytest.mark.parametrize("words", [["serve"], ["replay"], ["cassette", "lint"]])
def test_a_missing_file_is_one_line(words, capsys, tmp_path):
    """It names the file and the reason; no traceback."""
    missing = str(tmp_path / "gone.yaml")
    assert main([*words, missing]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert missing in told[0]
    assert "No such file" in told[0]


def test_a_name_that_nothing_is_like_gets_a_short_list(capsys):
    """A wall of every scenario helps nobody; how many there are is said."""
    assert main(["run", "zzzzzz"]) == 2
    told = capsys.readouterr().err
    assert "in all)" in told
    assert len(told) < 2000


def test_a_target_that_is_not_there_is_told_with_those_that_are(capsys):
    """Few names are listed."""
    assert main(["run", "--target", "zzzzzz", "text_is_text"]) == 2
    assert "naive" in capsys.readouterr().err


def test_a_module_without_its_function_says_how_a_target_is_named(capsys):
    """The word that is missing is `:make`, whatever else is known."""
    assert main(["run", "--target", "my_client", "text_is_text"]) == 2
    assert "Your own is package.module:make" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["json:loads", "harness.client:Client", "json:__doc__"])
def test_what_makes_no_target_when_it_is_called_is_a_usage_error(name, capsys):
    """A function that wants more, a class of something else, and what cannot be called at all."""
    assert main(["run", "--target", name, "text_is_text"]) == 2
    assert "cannot be called without arguments" in capsys.readouterr().err


def test_a_targets_module_that_breaks_is_no_verdict_on_a_client(tmp_path):
    """Python's traceback, and the exit code of what errored."""
    (tmp_path / "my_toy.py").write_text("def make():\n    raise RuntimeError('not my day')\n")
    words = ["harness", "run", "--target", "my_toy:make", "text_is_text"]
    command = f"import sys; from harness.cli import console; sys.argv = {words!r}; console()"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr.strip().endswith("RuntimeError: not my day")


def test_a_run_without_a_pass_says_why(capsys):
    """The reasons of the cells that could not be run, on stderr."""
    words = ["run", "-q", "--target", "openai_sdk", "--door", "inprocess", "--provider", "openai"]
    assert main([*words, "text_is_text"]) == 2
    told = capsys.readouterr()
    assert told.err == "harness: nothing passed. 2 untestable: reached only by: loopback\n"
    assert "untestable" in told.out


def test_an_adapter_that_talks_nonsense_is_told_in_the_summary(capsys):
    """What it did, and not only that its stderr was empty."""
    words = ["run", "-q", "--provider", "openai", "text_is_text[openai-chat-whole]"]
    assert main([*words, "--target-cmd", "python -c \"input(print('hi'))\""]) == 3
    assert "the adapter's line is no JSON object: 'hi'" in capsys.readouterr().out


def test_a_folder_stands_for_what_is_in_it(tmp_path, capsys, monkeypatch):
    """Of scenarios and of cassettes, whatever their endings; an empty one is no success."""
    monkeypatch.chdir(tmp_path)
    for command in (["lint"], ["run"], ["replay"], ["cassette", "lint"], ["cassette", "show"]):
        assert main([*command, "."]) == 2
        assert "in ." in capsys.readouterr().err
    main(["new", "scenario", "mine"])
    assert main(["lint", "scenarios"]) == 0
    assert main(["run", "-q", "--provider", "openai", "scenarios"]) == 0
    exchange = Exchange(Request("GET", "http://a.test/"), pieces=(Piece(b"hi"),))
    kept = json.dumps(yaml.safe_load(dumps(Cassette((exchange,), {"kind": "recorded"}), "x")))
    (tmp_path / "tapes").mkdir()
    (tmp_path / "tapes" / "one.json").write_text(kept)
    capsys.readouterr()
    for command in (["replay"], ["cassette", "show"]):
        assert main([*command, "tapes"]) == 0
        assert "a.test" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_not_looked_for_by_its_name(capsys):
    """A path is a path: no list of ids."""
    assert main(["run", "scenarios/nothing_here.yaml"]) == 2
    assert capsys.readouterr().err == "harness: there is no file scenarios/nothing_here.yaml\n"


@pytest.mark.parametrize("command", [["serve", "tape.yaml"], PROXY], ids=["serve", "proxy"])
def test_a_port_that_is_none_is_one_line(command, tmp_path, monkeypatch, capsys):
    """What was found, and what to do."""
    monkeypatch.chdir(tmp_path)
    exchange = Exchange(Request("GET", "http://a.test/"), pieces=(Piece(b"hi"),))
    save(Cassette((exchange,), {"kind": "recorded"}), tmp_path / "tape.yaml")
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert main([*command, "--port", "99999"]) == 2
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    told = capsys.readouterr().err.splitlines()[-1]
    assert "cannot listen on 127.0.0.1:99999" in told
    assert "port must be 0-65535. Without a port" in told


def test_a_mode_that_is_none_is_told_with_those_that_are(capsys):
    """As they are typed, and not as Python's enum shows them."""
    with pytest.raises(SystemExit):
        main(["record", "--provider", "openai", "--mode", "al"])
    assert "Mode." not in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_for_who_types_it(command, capsys):
    """It says what the list says or more, and nothing that is meant for who reads the code."""
    with pytest.raises(SystemExit) as ended:
        main([command, "-h"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"`harness {command}" in told
    assert "rule of this file" not in told


def test_the_list_of_commands_is_the_one_that_is_kept(capsys):
    """One sentence a command, in one place."""
    with pytest.raises(SystemExit):
        main(["--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert all(says in told for says in COMMANDS.values())


def test_half_of_a_surrogate_pair_is_shown_as_its_escape(tmp_path):
    """A story is told to its end, whatever a target has reported."""
    (tmp_path / "half.py").write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    turn = json.loads(line)\n"
        "    if turn['op'] == 'start':\n"
        "        answer = dict(op='started', name='h', version='0', language='python',\n"
        "                      transports=['chat_completions'])\n"
        "    elif turn['op'] == 'run':\n"
        "        told = dict(content='\\ud83d', tool_calls=None, finish_reason='stop')\n"
        "        answer = dict(op='result', id=turn['id'], outcome='complete', response=told)\n"
        "    else:\n"
        "        break\n"
        "    print(json.dumps(answer), flush=True)\n"
    )
    words = ["harness", "explain", "text_is_text[openai-chat-whole]"]
    words += ["--target-cmd", f"{sys.executable} half.py"]
    command = f"import sys; from harness.cli import console; sys.argv = {words!r}; console()"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\ud83d" in done.stdout
