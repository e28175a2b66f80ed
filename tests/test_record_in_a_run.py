"""`pytest --provider P --harness-record=MODE`: what is missing is recorded, then judged, in one go.

The live API is a real server on 127.0.0.1 that wants a key.
"""

import pytest
import vendor_stand_in as vendor

from harness.cassette import load

pytest_plugins = ["pytester"]

SCENARIO = """
format: harness/1
title: A hello
family: text
why: {doc: "https://example.com/page", says: that it is answered}
providers: [openai]
wires: [chat]
ask: {messages: Say hello to Ada.}
wire: {tape: hello}
faults: [clean, {rechunk: {how: [one_byte]}}]
expect: [means, text_is_monotone, ends_once]
"""
RECORDS = ("--provider", "openai", "--harness-record")


@pytest.fixture
def server():
    with vendor.StandIn() as made:
        yield made


@pytest.fixture
def repo(pytester, server, monkeypatch):
    """A scenario without its tape; the key and the server are in the environment."""
    (pytester.mkdir("scenarios") / "hello.yaml").write_text(SCENARIO, "utf-8")
    pytester.makepyprojecttoml('[tool.harness]\nscenarios = ["scenarios"]\n')
    monkeypatch.setenv("OPENAI_API_KEY", vendor.FRESH)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    return pytester


def run(repo, *words):
    quiet = [word for name in ("cacheprovider", "randomly") for word in ("-p", f"no:{name}")]
    return repo.runpytest_subprocess(*quiet, *words)


def tapes(repo):
    return sorted(path.relative_to(repo.path) for path in repo.path.rglob("cassettes/**/*.yaml"))


def test_what_is_missing_is_recorded_and_judged_in_one_run(repo, server):
    """Once for all cells of a scenario; the next run finds the tape, and asks nobody."""
    run(repo).assert_outcomes(skipped=2)  # it was never recorded: untestable
    run(repo, *RECORDS, "once").assert_outcomes(passed=2)
    (path,) = tapes(repo)
    assert str(path) == "cassettes/openai/hello.yaml"
    (exchange,) = load(repo.path / path).exchanges
    assert exchange.status == 200
    assert vendor.FRESH not in (repo.path / path).read_text("utf-8")
    before = (repo.path / path).read_bytes()
    for words in ((), (*RECORDS, "once"), (*RECORDS, "none")):
        run(repo, *words).assert_outcomes(passed=2)
    assert (repo.path / path).read_bytes() == before
    assert server.asked == 1


@pytest.mark.parametrize("mode", ["once", "all"])
def test_workers_record_a_file_once(repo, server, mode):
    """Each of them has cells of the scenario; the answer is paid for once."""
    run(repo, *RECORDS, mode, "-n", "2").assert_outcomes(passed=2)
    (path,) = tapes(repo)
    assert len(load(repo.path / path).exchanges) == server.asked == 1


def test_a_missing_key_is_named(repo, server, monkeypatch):
    """As an error of the case, not a failure of the client; nothing is written."""
    monkeypatch.delenv("OPENAI_API_KEY")
    result = run(repo, *RECORDS, "once")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*there is no key for openai. Set OPENAI_API_KEY and run again*"])
    assert tapes(repo) == []
    assert server.asked == 0


def test_a_refused_key_is_told(repo, monkeypatch):
    """Nor is the error taken for an answer, nor is the key told."""
    monkeypatch.setenv("OPENAI_API_KEY", vendor.STALE)
    result = run(repo, *RECORDS, "once")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*openai answered an error*HTTP 401: authentication*"])
    assert vendor.STALE not in result.stdout.str() + result.stderr.str()
    assert tapes(repo) == []
