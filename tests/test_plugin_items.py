"""The pytest door: which items there are, how they are named, selected and told."""

import re
import shlex
from textwrap import dedent

import pytest
from engine_stage import TALK

from harness.credentials import CREDENTIALS
from harness.faults import FAULTS
from harness.invariants import INVARIANTS
from harness.providers import PROVIDERS
from harness.reports import REPORTS
from harness.transports import TRANSPORTS

pytest_plugins = ["pytester"]

# A run inside this process forgets the modules that it imported first: so they are here before it.
ROOMS = [list(room) for room in (CREDENTIALS, FAULTS, INVARIANTS, PROVIDERS, REPORTS, TRANSPORTS)]

TARGET = """
import httpx
from harness.contracts import Started
from harness.model import FinishReason, NormalizedResponse, Outcome, OutcomeKind, Report

SAYS = "Hello, Ada."

class Toy:
    doors = frozenset({"inprocess", "loopback"})
    def start(self): return Started("toy", "1")
    def stop(self): pass
    def open(self, wire):
        self.wire = wire
        return self
    def close(self): pass
    def run(self, turn):
        if SAYS == "crash":
            raise ValueError("my adapter is broken")
        with httpx.Client(transport=self.wire.transport(), trust_env=False) as client:
            client.post(self.wire.base_url + "/v1/chat/completions", json={})
        reply = NormalizedResponse(SAYS, None, FinishReason.STOP)
        return Report(Outcome(OutcomeKind.COMPLETE, reply))

def make(): return Toy()
"""

CHAT = TALK.replace("needs: [stream]", "needs: [stream]\nwires: [chat]")


@pytest.fixture
def repo(pytester):
    """A user's repository: one adapter, one scenario, and what pyproject.toml says of them."""

    def made(*, says="Hello, Ada.", scenario=CHAT, settings="", scenarios=("scenarios",)):
        pytester.makepyfile(mine=TARGET.replace('SAYS = "Hello, Ada."', f"SAYS = {says!r}"))
        folder = pytester.mkdir("scenarios")
        (folder / "greeting.yaml").write_text(scenario, "utf-8")
        listed = ", ".join(f'"{name}"' for name in scenarios)
        pytester.makepyprojecttoml(
            f'[tool.harness]\ntarget = "mine:make"\nscenarios = [{listed}]\n{settings}\n'
            '[tool.pytest.ini_options]\npythonpath = ["."]\n'
        )
        return pytester

    return made


def run(repo, *arguments):
    quiet = [
        f"no:{name}" for name in ("cacheprovider", "randomly", "xdist", "asyncio", "recording")
    ]
    return repo.runpytest_inprocess(*(word for name in quiet for word in ("-p", name)), *arguments)


def test_a_cell_is_an_item_with_its_documented_name(repo):
    """`scenarios/<id>.yaml::provider[<backend>-<wire>-<fault>]`."""
    result = run(repo(), "--collect-only", "-q", "scenarios")
    result.stdout.fnmatch_lines(["scenarios/greeting.yaml::provider[[]openai-chat-clean[]]"])


def test_a_printed_node_id_runs_again(repo):
    """What a report prints can be pasted behind `pytest`."""
    result = run(repo(), "scenarios/greeting.yaml::provider[openai-chat-clean]")
    result.assert_outcomes(passed=1)


def test_a_built_in_node_id_runs_again(repo):
    """`builtin/...` is found wherever the wheel lies."""
    made = repo(scenarios=("builtin", "scenarios"))
    listed = run(made, "--collect-only", "-q", "builtin/text_is_text.yaml")
    pattern = r"^builtin/text_is_text.yaml::provider\[.*\]$"
    node = re.search(pattern, listed.stdout.str(), re.MULTILINE)
    assert node, listed.stdout.str()
    result = run(made, "--target", "reference", node.group())
    result.assert_outcomes(passed=1)


def test_the_listed_folders_are_run_by_default(repo):
    """Both the shipped scenarios and the user's own."""
    made = repo(scenarios=("builtin", "scenarios"))
    result = run(made, "--collect-only", "-q", "-k", "provider and (greeting or text_is_text)")
    text = result.stdout.str()
    assert "scenarios/greeting.yaml::" in text
    assert "builtin/text_is_text.yaml::" in text


def test_a_listed_folder_is_run_although_no_testpath_names_it(repo):
    """Once; and where a testpath names it, or one above it, it is not run twice."""
    made = repo(scenarios=("builtin", "scenarios"))
    made.mkdir("tests").joinpath("test_mine.py").write_text("def test_mine(): pass")
    for paths in ("tests", "tests scenarios", "."):
        words = ("-o", f"testpaths={paths}", "--collect-only", "-q", "-k", "greeting or mine")
        text = run(made, *words).stdout.str()
        assert "test_mine" in text, paths
        assert text.count("scenarios/greeting.yaml::") == 1, paths


def test_k_selects_conformance_cases_only(repo):
    """Also in a folder whose own name holds the word."""
    made = repo()
    made.makepyfile(test_mine="def test_mine(): pass")
    home = made.mkdir("provider-checkout")
    for name in ("mine.py", "test_mine.py", "scenarios", "pyproject.toml"):
        (made.path / name).rename(home / name)
    import os  # noqa: PLC0415

    os.chdir(home)
    result = run(made, "--collect-only", "-q", "-k", "provider")
    text = result.stdout.str()
    assert "greeting.yaml::provider[" in text
    assert "test_mine" not in text


def test_k_with_a_backend_selects_its_cells_alone(repo):
    """`-k "provider and NAME"`, `--provider NAME`, and `-m conformance` for all of them."""
    made = repo(scenario=TALK)
    by_word = run(made, "--collect-only", "-q", "-k", "provider and gateway")
    by_option = run(made, "--collect-only", "-q", "--provider", "gateway")
    for result in (by_word, by_option):
        lines = [line for line in result.stdout.lines if "::provider[" in line]
        assert lines
        assert all("[gateway-" in line for line in lines)
    every = run(made, "--collect-only", "-q", "-m", "conformance")
    assert sum("::provider[" in line for line in every.stdout.lines) >= 5


def test_a_foreign_file_in_a_listed_folder_is_an_error(repo):
    """Every YAML there is ours; one that is not says so with its place."""
    made = repo()
    (made.path / "scenarios" / "compose.yaml").write_text("services: {web: {}}\n")
    result = run(made, "scenarios")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*compose.yaml:1:1: 'format' is missing*"])


def test_two_scenarios_of_one_id_are_refused(repo):
    """Each is a collection error that names the other file; other tests are still run."""
    made = repo(scenarios=("scenarios", "more"))
    (made.mkdir("more") / "greeting.yaml").write_text(CHAT, "utf-8")
    result = run(made, "--continue-on-collection-errors")
    result.assert_outcomes(errors=2)
    told = "*another scenario has the id 'greeting' too, found *greeting.yaml*"
    result.stdout.fnmatch_lines([told])


def test_files_elsewhere_are_not_read(repo):
    """Installing the plugin takes nobody's YAML."""
    made = repo()
    folder = made.mkdir("deploy")
    (folder / "compose.yaml").write_text("services: [")
    run(made, ".").assert_outcomes(passed=1)


def test_without_settings_nothing_is_collected(pytester):
    """A repository that never heard of us is left alone."""
    folder = pytester.mkdir("scenarios")
    (folder / "x.yaml").write_text("services: [")
    pytester.makepyfile("def test_mine(): pass")
    run(pytester).assert_outcomes(passed=1)


def test_what_cannot_be_run_is_a_skip_with_its_reason(repo):
    """Drawn, counted, and told why."""
    made = repo(scenario=CHAT.replace("[stream]", "[stream, no_such_thing]"))
    result = run(made, "scenarios")
    assert result.ret == 2  # an unknown need is a mistake, not a skip
    result.stdout.fnmatch_lines(["*no capability 'no_such_thing'*"])


def test_untestable_is_skipped(repo):
    """With the sentence that a report shows."""
    made = repo(scenario=CHAT.replace("expect:", "faults: [corrupt_frame]\nexpect:"))
    result = run(made, "-rs", "scenarios")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*corrupt_frame means nothing on chat, only on converse*"])


def test_a_broken_invariant_fails_with_its_story(repo):
    """The sentence, the wire in time, what was reported, and the command that plays it again."""
    result = run(repo(says="Goodbye."), "scenarios")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "MUST means: the text is 'Goodbye.', and 'Hello, Ada.' was said" in text
    assert "POST" in text
    assert "reported: complete" in text
    assert "replay it: harness run 'greeting[openai-chat-clean]' --target mine:make\n" in text
    assert "Traceback" not in text


def test_the_command_in_a_story_is_for_the_folder_that_one_is_in(repo, monkeypatch):
    """From below the root `harness run` reads no settings; the chosen door is chosen again. A
    report knows the file by its place in the project."""
    made = repo(says="Goodbye.")
    monkeypatch.chdir(made.mkdir("below"))
    result = run(
        made, "--rootdir=..", "-c", "../pyproject.toml", "../scenarios",
        "--harness-door=loopback", "--harness-report=junit:out.xml",
    )  # fmt: skip
    file = (made.path / "scenarios" / "greeting.yaml").as_posix()
    case = shlex.quote(f"{file}[openai-chat-clean]")
    asked = f"replay it: harness run {case} --target mine:make --door loopback\n"
    assert asked in result.stdout.str()
    written = (made.path / "below" / "out.xml").read_text("utf-8")
    assert 'file="scenarios/greeting.yaml"' in written


def test_a_broken_adapter_is_pytest_s_error(repo):
    """Never its failure: nothing is known of the client."""
    result = run(repo(says="crash"), "scenarios")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*my adapter is broken*"])


KNOWN = """\
- case: "greeting[*]"
  reason: it never greets
  link: https://example.com/1
"""


def test_a_known_failure_is_an_expected_one(repo):
    """With its reason and its link."""
    made = repo(says="Goodbye.", settings='known_failures = "known.yaml"')
    (made.path / "known.yaml").write_text(KNOWN)
    result = run(made, "-rx", "scenarios")
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["*it never greets (https://example.com/1)*"])


def test_a_known_failure_that_passes_breaks_the_build(repo):
    """The entry is to be taken out."""
    made = repo(settings='known_failures = "known.yaml"')
    (made.path / "known.yaml").write_text(KNOWN)
    result = run(made, "scenarios")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*now it passes: take the entry out*"])


SHOULD = CHAT.replace("expect: [means]", "expect: [{means: , level: should}]")


def test_a_should_is_a_warning(repo):
    """It fails only who is strict."""
    result = run(repo(says="Goodbye.", scenario=SHOULD), "-W", "default", "scenarios")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*means: the text is 'Goodbye.'*"])


def test_a_should_fails_the_strict(repo):
    """`strict = true` in the settings."""
    run(
        repo(says="Goodbye.", scenario=SHOULD, settings="strict = true"), "scenarios"
    ).assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('scenario = ["x"]', "has no 'scenario'"),
        ('known_failures = "absent.yaml"', "absent.yaml"),
    ],
)
def test_a_mistake_in_the_settings_ends_the_run(repo, settings, told):
    """Before anything is collected, in one sentence."""
    result = run(repo(settings=settings), "scenarios")
    assert result.ret == 4
    assert told in result.stderr.str()


def test_an_unknown_target_ends_in_one_sentence(repo):
    """With what would be right."""
    result = run(repo(), "--target", "referense", "scenarios")
    assert result.ret != 0
    assert "Did you mean 'reference'" in result.stdout.str() + result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str()


def test_an_unknown_backend_ends_in_one_sentence(repo):
    """A misspelt `--provider` would else select nothing, and look green."""
    result = run(repo(), "--provider", "opneai", "scenarios")
    assert result.ret == 4
    assert "Did you mean 'openai'" in result.stderr.str()


def test_a_report_is_written(repo):
    """Of every case, whatever became of it."""
    made = repo(says="Goodbye.", scenario=dedent(TALK))
    run(made, "scenarios", "--harness-report", "json:out/report.json")
    text = (made.path / "out" / "report.json").read_text("utf-8")
    assert text.count('"greeting[') >= 5


def test_a_report_of_pytest_s_own_is_not_swollen_by_ours(repo):
    """What is in our report is in ours alone."""
    made = repo()
    run(made, "scenarios", "--harness-report", "json:ours.json", "--junitxml", "theirs.xml")
    assert "harness" in (made.path / "ours.json").read_text("utf-8")
    assert "<propert" not in (made.path / "theirs.xml").read_text("utf-8")


@pytest.mark.parametrize("asked", ["jsno:x.json", "json", "json:scenarios"])
def test_a_report_that_cannot_be_is_refused_before_the_run(repo, asked):
    """And not after it."""
    result = run(repo(), "scenarios", "--harness-report", asked)
    assert result.ret == 4
    assert "Traceback" not in result.stderr.str()


@pytest.mark.parametrize(("says", "code"), [("Hello, Ada.", 3), ("Goodbye.", 1)])
def test_a_report_that_cannot_be_written_is_told_beside_the_failures(repo, says, code):
    """Never green, and what failed is still said."""
    made = repo(says=says)
    (made.path / "file").write_text("")
    result = run(made, "scenarios", "--harness-report", "json:file/report.json")
    assert result.ret == code
    assert "the report cannot be written" in result.stderr.str()
    assert ("MUST means" in result.stdout.str()) == (code == 1)


def test_a_collection_overwrites_no_report(repo):
    """It judges nothing, so it has nothing to tell."""
    made = repo()
    run(made, "scenarios", "--harness-report", "json:report.json", "--collect-only")
    assert not (made.path / "report.json").exists()
