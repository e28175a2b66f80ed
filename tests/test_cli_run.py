"""`harness run`, `explain`, `lint`, `new`, `schema`: exit codes, filters, and what they print."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from engine_stage import TALK

from harness.cli import main
from harness.cli.new import KINDS
from harness.schemas import names

TOY = """
from engine_stage import Toy, post, said

def act(wire, turn):
    {act}

def make():
    return Toy(act)
"""
ACTS = {
    "good": "post(wire, turn)",
    "lies": "post(wire, turn); return said('Goodbye.')",
    "broken": "raise ValueError('my adapter is broken')",
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder of a user's own: scenarios, and a target for each way to behave."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "scenarios").mkdir()
    text = TALK.replace("needs: [stream]", "needs: [stream]\nwires: [chat]")
    (tmp_path / "scenarios" / "greeting.yaml").write_text(text, "utf-8")
    for name, act in ACTS.items():
        (tmp_path / f"{name}_toy.py").write_text(TOY.format(act=act))
    (tmp_path / "pyproject.toml").write_text('[tool.harness]\nscenarios = ["scenarios"]\n')
    yield tmp_path
    for name in ACTS:
        sys.modules.pop(f"{name}_toy", None)


def run(*words):
    return main(["run", *words])


@pytest.mark.parametrize(("toy", "code"), [("good", 0), ("lies", 1), ("broken", 3)])
def test_the_exit_code_is_the_worst_of_the_verdicts(home, capsys, toy, code):
    """0 passed, 1 a MUST failed, 3 something errored."""
    assert run("--target", f"{toy}_toy:make") == code
    out, err = capsys.readouterr()
    counted = {"good": "1 passed", "lies": "1 failed", "broken": "1 errored"}[toy]
    assert counted in out
    assert ("greeting[openai-chat-clean]" in err) == (toy != "good")


def test_nothing_but_untestable_is_no_success(home):
    """0 needs at least one that passed."""
    assert run("--target", "good_toy:make", "--provider", "anthropic") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nothing_like_it"], "no scenario 'nothing_like_it'"),
        (["greeting[openai-chat-claen]"], "Did you mean 'openai-chat-clean'"),
        (["--provider", "opneai"], "Did you mean 'openai'"),
        (["--target", "referense"], "Did you mean 'reference'"),
        (["--target", "no_such_module:make"], "cannot be imported"),
        (["--report", "xml:out.xml"], "xml"),
        (["--report", "json"], "is not FORMAT:PATH"),
        (["--report", "json:scenarios"], "scenarios: is a folder"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--known-failures", "absent.yaml"], "absent.yaml: cannot be read"),
    ],
)
def test_a_usage_error_is_one_sentence_and_2(home, capsys, words, told):
    """Before anything is run."""
    assert run(*words) == 2
    assert told in capsys.readouterr().err


def test_a_bad_scenario_tells_every_fault_and_2(home, capsys):
    """Each with its line."""
    (home / "scenarios" / "bad.yaml").write_text("format: harness/1\ntitel: x\n")
    assert run() == 2
    err = capsys.readouterr().err
    assert "bad.yaml:2:1: unknown key 'titel'" in err
    assert "'expect' is missing" in err


@pytest.fixture
def twins(home):
    """A scenario of the same id in a second folder, which is listed too."""
    (home / "more").mkdir()
    text = (home / "scenarios" / "greeting.yaml").read_text("utf-8")
    (home / "more" / "greeting.yaml").write_text(text, "utf-8")
    listed = '[tool.harness]\nscenarios = ["scenarios", "more"]\n'
    (home / "pyproject.toml").write_text(listed)
    return home


@pytest.mark.parametrize(
    "words", [["run"], ["run", "greeting"], ["run", "scenarios", "more"], ["explain", "greeting"]]
)
def test_two_scenarios_of_one_id_are_refused(twins, capsys, words):
    """Both files are named: a known failure, or a case to replay, would mean either."""
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "more/greeting.yaml: another scenario has the id 'greeting' too, found" in err
    assert "scenarios/greeting.yaml" in err


def test_two_files_of_one_id_in_one_folder_are_refused(home, capsys):
    """`.yml` is as good an ending as `.yaml`, and no part of the id."""
    file = home / "scenarios" / "greeting.yaml"
    file.with_suffix(".yml").write_text(file.read_text("utf-8"), "utf-8")
    assert run() == run("greeting") == 2
    assert "another scenario has the id 'greeting' too" in capsys.readouterr().err


def test_one_of_two_scenarios_of_one_id_is_run_by_its_place(twins, capsys):
    """There is no doubt which file is meant."""
    assert run("more/greeting.yaml", "--target", "good_toy:make") == 0
    assert run("scenarios", "scenarios/greeting.yaml", "--target", "good_toy:make") == 0


def test_lint_names_two_scenarios_of_one_id(twins, capsys):
    """As a fault of the second."""
    assert main(["lint"]) == 1
    out, err = capsys.readouterr()
    assert "more/greeting.yaml: another scenario has the id 'greeting' too" in out
    assert "2 files, 1 fault" in err


@pytest.mark.parametrize(
    "selector",
    [
        "greeting",
        "scenarios/greeting.yaml",
        "greeting[openai-chat-clean]",
        "scenarios/greeting.yaml::provider[openai-chat-clean]",
    ],
)
def test_a_case_is_named_in_every_usual_way(home, capsys, selector):
    """By id, by file, by cell, and by the node id that pytest prints."""
    assert run("--target", "good_toy:make", selector) == 0
    assert "1 passed" in capsys.readouterr().out


def test_list_prints_the_selected_cases_and_runs_none(home, capsys):
    """One id a line, each of which `harness run` takes; 2 where nothing is selected, as ever."""
    faults = TALK.replace("expect:", "faults: [clean, {rechunk: {how: one_byte}}]\nexpect:")
    (home / "scenarios" / "pieces.yaml").write_text(faults, "utf-8")
    assert run("--list", "--provider", "openai", "--target", "broken_toy:make") == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == [
        "greeting[openai-chat-clean]",
        "pieces[openai-chat-clean]",
        "pieces[openai-chat-rechunk_one_byte]",
    ]
    assert run("--list", listed[2]) == 0
    assert capsys.readouterr().out == f"{listed[2]}\n"
    assert run("--list", "greeting", "--provider", "anthropic") == 2


def test_fail_fast_stops_at_the_first_red(home, capsys):
    """What comes after it is not run."""
    second = home / "scenarios" / "second.yaml"
    second.write_text((home / "scenarios" / "greeting.yaml").read_text("utf-8"), "utf-8")
    assert run("--target", "lies_toy:make") == 1
    assert "2 failed" in capsys.readouterr().out
    assert run("--target", "lies_toy:make", "--fail-fast") == 1
    assert "1 failed" in capsys.readouterr().out


def test_an_interrupted_run_tells_what_it_found(home, capsys):
    """130, and the reports hold what was judged until then."""
    second = home / "scenarios" / "second.yaml"
    second.write_text((home / "scenarios" / "greeting.yaml").read_text("utf-8"), "utf-8")
    (home / "halted_toy.py").write_text(
        TOY.format(
            act="post(wire, turn)\n    if 'second' in turn.id:\n        raise KeyboardInterrupt"
        )
    )
    assert run("--target", "halted_toy:make", "--report", "json:report.json") == 130
    out, err = capsys.readouterr()
    assert "1 passed" in out
    assert "1 of 2 cases were judged" in err
    assert json.loads((home / "report.json").read_text("utf-8"))["counts"]["drawn"] == 1


def test_a_known_failure_is_no_red_and_a_stale_one_is(home, capsys):
    """It fails as it is known to: 2, as nothing passed. One that passes, or names nothing: 1."""
    known = home / "known.yaml"
    known.write_text('- {case: "greeting[*]", reason: it lies, link: "https://example.com/1"}\n')
    assert run("--target", "lies_toy:make", "--known-failures", str(known)) == 2
    assert run("--target", "good_toy:make", "--known-failures", str(known), "--quiet") == 1
    assert "greeting[openai-chat-clean] is listed as a known failure" in capsys.readouterr().out
    known.write_text('- {case: "greetings[*]", reason: x, link: "https://example.com/1"}\n')
    assert run("--target", "good_toy:make", "--known-failures", str(known)) == 1
    assert "STALE known failure: no case is called 'greetings[*]'" in capsys.readouterr().out


def test_a_should_is_red_for_the_strict_only(home, capsys):
    """`--strict`, or `strict = true` in the settings."""
    file = home / "scenarios" / "greeting.yaml"
    text = file.read_text("utf-8").replace("[means]", "[{means: , level: should}]")
    file.write_text(text, "utf-8")
    assert run("--target", "lies_toy:make") == 0
    assert run("--target", "lies_toy:make", "--strict", "--quiet") == 1
    assert "SHOULD means: the text is 'Goodbye.'" in capsys.readouterr().out


def test_of_many_red_for_the_strict_some_are_told(home, capsys, monkeypatch):
    """The rest are counted: a summary stays one."""
    monkeypatch.setattr("harness.cli.run._MOST_TOLD", 0)
    file = home / "scenarios" / "greeting.yaml"
    text = file.read_text("utf-8").replace("[means]", "[{means: , level: should}]")
    file.write_text(text, "utf-8")
    assert run("--target", "lies_toy:make", "--strict", "--quiet") == 1
    out = capsys.readouterr().out
    assert "STRICT 1 more" in out
    assert "SHOULD" not in out


@pytest.mark.parametrize("form", ["json", "junit", "markdown", "text"])
def test_each_report_is_written(home, form):
    """In a folder that is made for it."""
    assert run("--target", "lies_toy:make", "--report", f"{form}:out/report.{form}") == 1
    assert "greeting" in (home / "out" / f"report.{form}").read_text("utf-8")


@pytest.mark.parametrize(("form", "parse"), [("json", json.loads), ("junit", ET.fromstring)])
def test_a_report_on_stdout_has_it_for_itself(home, capfd, form, parse):
    """Stdout parses; the summary, stale entries and what only the strict mind go to stderr."""
    file = home / "scenarios" / "greeting.yaml"
    text = file.read_text("utf-8").replace("[means]", "[{means: , level: should}]")
    file.write_text(text, "utf-8")
    (home / "known.yaml").write_text("[{case: gone, reason: r, link: 'https://example.com'}]")
    words = ["--target", "lies_toy:make", "--strict", "--known-failures", "known.yaml"]
    assert run(*words, "--report", f"{form}:-") == 1
    out, err = capfd.readouterr()
    assert len(parse(out))
    assert all(told in err for told in ("1 passed", "STRICT greeting", "SHOULD means", "STALE"))
    assert run(*words, "--report", f"{form}:out.{form}") == 1
    assert "1 passed" in capfd.readouterr().out


@pytest.mark.parametrize("place", ["-", "out/report"])
def test_two_reports_have_two_places(home, capsys, place):
    """The second would be written over the first, or into the middle of it."""
    both = ["--report", f"json:{place}", "--report", f"junit:{place}"]
    assert run("--target", "lies_toy:make", *both) == 2
    told = capsys.readouterr().err
    assert f"reports 'json:{place}' and 'junit:{place}' would go to one place" in told
    assert not (home / "out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_takes_the_report_and_not_the_answer(home, capsys):
    """2, with a sentence, and what was found all night is told."""
    assert run("--target", "lies_toy:make", "--report", "json:/dev/full") == 2
    out, err = capsys.readouterr()
    assert "1 failed" in out
    assert "/dev/full: the report cannot be written, found No space left on device" in err


def test_stdout_is_the_answer_alone(home):
    """Progress and stories go to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", "from harness.cli import console; console()", "run", "greeting"],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("1 passed")


def test_two_processes_give_the_same_answer(home, capsys):
    """The verdicts come in the order of the cells, however many processes there are."""
    (home / "scenarios" / "pieces.yaml").write_text(
        TALK.replace("expect:", "faults: [clean, {rechunk: {how: [one_byte, random]}}]\nexpect:"),
        "utf-8",
    )
    answers = []
    for jobs in ("1", "2"):
        assert run("--jobs", jobs, "-q", "--report", f"json:{jobs}.json") == 0
        text = (home / f"{jobs}.json").read_text("utf-8")
        found = json.loads(text)
        found = found if isinstance(found, list) else found["verdicts"]
        answers.append([(one["case"], one["verdict"]) for one in found])
    assert answers[0] == answers[1]
    assert len(answers[0]) > 10


def test_a_target_that_kills_its_process_is_errored(home, capsys):
    """3, and not the code of a MUST that failed: nothing is known of what was not judged."""
    (home / "dead_toy.py").write_text(TOY.format(act="import os; os._exit(0)"))
    second = home / "scenarios" / "second.yaml"
    second.write_text((home / "scenarios" / "greeting.yaml").read_text("utf-8"), "utf-8")
    assert run("--jobs", "2", "--quiet", "--target", "dead_toy:make") == 3
    out = capsys.readouterr().out
    assert "2 errored" in out
    assert "a process of this run ended before its work did" in out


@pytest.mark.parametrize("chosen", [[], ["--door", "loopback"]])
@pytest.mark.parametrize("place", ["greeting", "elsewhere/my greeting.yaml"])
def test_the_commands_under_a_red_case_show_it_again(home, capsys, place, chosen):
    """Pasted in the same folder: for a file that no setting lists, and at the door of the run."""
    (home / "elsewhere").mkdir()
    text = (home / "scenarios" / "greeting.yaml").read_text("utf-8")
    (home / "elsewhere" / "my greeting.yaml").write_text(text, "utf-8")
    door = "wire.transport() is None" if chosen else "wire.transport() is not None"
    act = f"post(wire, turn); return said('Goodbye.' if {door} else 'Hello, Ada.')"
    (home / "lies_toy.py").write_text(TOY.format(act=act))
    assert run(place, *chosen, "--target", "lies_toy:make", "--report", "json:1.json") == 1
    _, err = capsys.readouterr()
    for line in ("replay it", "the whole story"):
        command = next(text for text in err.splitlines() if line in text).partition(": ")[2]
        words = shlex.split(command)
        assert words[0] == "harness"
        assert main(words[1:]) == (1 if words[1] == "run" else 0)
        told = capsys.readouterr()
        assert "MUST means: the text is 'Goodbye.'" in told.out + told.err
    (document,) = json.loads((home / "1.json").read_text("utf-8"))["verdicts"]
    assert document["file"] == (place if "/" in place else "scenarios/greeting.yaml")


def test_explain_tells_the_whole_story(home, capsys):
    """What was asked, the wire, the events, the verdict; exit 0 whatever it was."""
    assert main(["explain", "--target", "lies_toy:make", "greeting[openai-chat-clean]"]) == 0
    out = capsys.readouterr().out
    for part in ("A reply that is told", "Say hello to Ada.", "POST", "Goodbye.", "MUST means"):
        assert part in out


def test_lint_counts_faults(home, capsys):
    """0 for good files, 1 with each fault on a line of its own."""
    assert main(["lint"]) == 0
    (home / "scenarios" / "bad.yaml").write_text("format: harness/1\ntitel: x\n")
    assert main(["lint"]) == 1
    out, err = capsys.readouterr()
    assert all("bad.yaml:" in line for line in out.splitlines())
    assert "2 files," in err


@pytest.mark.parametrize("name", names())
def test_each_schema_is_printed(capsys, name):
    """As JSON, for editors and other languages."""
    assert main(["schema", name]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"]


def test_schema_without_a_name_lists_them(capsys):
    """One a line."""
    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split() == list(names())


@pytest.mark.parametrize("kind", KINDS)
def test_each_skeleton_is_written_and_never_over_another(home, capsys, kind):
    """Its place is printed, and what to do next."""
    assert main(["new", kind, "my_own"]) == 0
    out, err = capsys.readouterr()
    assert (home / out.strip()).is_file()
    assert "next:" in err
    assert main(["new", kind, "my_own"]) == 2
    assert main(["new", kind, "My Own"]) == 2


def test_a_new_scenario_and_a_new_target_run_as_they_are(home, capsys):
    """The skeletons are right before a word of them is changed."""
    assert main(["new", "scenario", "my_own"]) == 0
    assert main(["lint", "scenarios/my_own.yaml"]) == 0
    assert run("my_own") == 0
    assert main(["new", "target", "my_client"]) == 0
    assert run("--target", "my_client:make", "greeting") == 0
    sys.modules.pop("my_client", None)


def test_a_new_backend_fault_and_invariant_hold_their_contracts(home):
    """Each has what its room asks for, and does what its text says."""
    for kind in ("provider", "fault", "invariant"):
        assert main(["new", kind, f"my_{kind}"]) == 0
    sys.path.insert(0, str(home))
    try:
        import my_fault  # noqa: PLC0415
        import my_invariant  # noqa: PLC0415
        import my_provider  # noqa: PLC0415
    finally:
        sys.path.remove(str(home))
    from harness.engine import read_scenario  # noqa: PLC0415
    from harness.faults import FAULTS  # noqa: PLC0415
    from harness.invariants import INVARIANTS  # noqa: PLC0415
    from harness.providers import PROVIDERS  # noqa: PLC0415

    added = ((FAULTS, "my_fault", my_fault.apply), (INVARIANTS, "my_invariant", my_invariant.check))
    for room, name, thing in added:
        room._loaded[name] = thing
    PROVIDERS._loaded["my_provider"] = my_provider.PROVIDER
    try:
        assert my_provider.PROVIDER.name == "my_provider"
        with pytest.MonkeyPatch.context() as patch:
            for room, name, _ in added:
                known = room.names()
                patch.setattr(room, "names", lambda known=known, name=name: [*known, name])
            file = home / "scenarios" / "greeting.yaml"
            written = yaml.safe_load(file.read_text("utf-8"))
            written |= {"faults": ["my_fault"], "expect": [{"my_invariant": 5}]}
            file.write_text(yaml.safe_dump(written), "utf-8")
            assert read_scenario(file).faults[0][0].name == "my_fault"
            assert run("greeting") == 0
            assert run("greeting", "--strict") == 1
    finally:
        FAULTS._loaded.pop("my_fault", None)
        INVARIANTS._loaded.pop("my_invariant", None)
        PROVIDERS._loaded.pop("my_provider", None)
