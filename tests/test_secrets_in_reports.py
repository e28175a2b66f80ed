"""A secret of the environment reaches no report, no story, no terminal: whoever says it, and how.

Its value is set in a variable while cases are run, as a live key is on a desk or in CI.
"""

import json
import subprocess
import sys
from dataclasses import replace

import httpx
import planted
import pytest
import vendor_stand_in as vendor
from engine_stage import TALK, Toy, post, said, scenario

from harness.cassette import Cassette, save
from harness.cli import main
from harness.engine import cells, read_scenario, run_cell
from harness.engine.document import Terms, document_of
from harness.engine.story import tell
from harness.errors import TargetError
from harness.model import (
    Event,
    EventKind,
    Failure,
    FailureKind,
    Outcome,
    OutcomeKind,
    Piece,
    Report,
    ToolCall,
    VerdictKind,
)
from harness.record import Known, Scrubber
from harness.reports import REPORTS
from harness.secrets import masked

every = pytest.mark.parametrize("encoding", planted.ENCODINGS)


@pytest.fixture
def secret(encoding, monkeypatch):
    """As it would be said; the environment has the plain one."""
    monkeypatch.setenv("LIVE_API_KEY", planted.SECRET)
    return planted.ENCODINGS[encoding](planted.SECRET)


def cell_of(folder, **changes):
    changes.setdefault("wires", "[chat]")
    (cell,) = cells(read_scenario(scenario(folder, **changes)))
    return cell


def told(verdict, secret=""):
    """Everything that is made of a verdict for people, by format."""
    document = document_of(verdict, Terms(f"mine:make {secret}"))
    documents = json.loads(json.dumps([document], default=repr))
    yield "explain", tell(verdict, all_pieces=True)
    yield "story", tell(verdict)
    yield "document", json.dumps(document, ensure_ascii=False)
    yield "words", verdict.reason + repr(verdict.violations)
    yield "fragments", "\n".join(fragments(document))
    for name in REPORTS.names():
        yield name, REPORTS.get(name)(documents)


def fragments(document):
    """What somebody reads who puts the deltas together again."""
    trace = document["trace"] or {"reports": [], "tape": []}
    for report in trace["reports"]:
        yield "".join(event.get("text", "") for event in report["events"])
    for exchange in trace["tape"]:
        yield "".join(text for _, _, text in exchange["pieces"])
        for kind in ("text", "reasoning", "tool_arguments"):
            yield "".join(region[4] for region in exchange["regions"] if region[0] == kind)


def nowhere(verdict, secret=""):
    for name, text in told(verdict, secret):
        assert planted.traces(text.encode("utf-8", "replace")) == [], name
        assert secret == "" or secret not in text, name


def raising(error):
    def act(wire, turn):
        post(wire, turn)
        raise error

    return act


def reporting(report):
    def act(wire, turn):
        post(wire, turn)
        return report

    return act


def third(secret):
    return [part.decode() for part in planted.fragments(secret.encode())]


def sayings(secret):
    """(what the client under test does with it, the verdict that it gets)."""
    errored, failed = VerdictKind.ERRORED, VerdictKind.FAILED
    yield raising(ValueError(f"401 for the key {secret}")), errored
    yield raising(TargetError("cannot log in", found=secret, hint=f"try {secret}")), errored
    yield reporting(said(f"your key is {secret}.")), failed
    failure = Failure(FailureKind.AUTHENTICATION, f"refused: {secret}", secret, 401)
    yield reporting(Report(Outcome(OutcomeKind.ERROR, failure=failure))), failed
    call = ToolCall("call_1", "get", json.dumps({"q": secret}))
    response = replace(said("x").outcome.response, tool_calls=(call,), reasoning=f"hm {secret}")
    outcome = Outcome(OutcomeKind.COMPLETE, response, warnings=(secret,), dropped=(secret,))
    events = tuple(Event(EventKind.TEXT, part) for part in ("say ", *third(secret), "."))
    yield reporting(Report(outcome, events)), failed


@every
def test_what_a_target_says_is_masked(encoding, secret, tmp_path):
    """In an exception, an answer, an error, a call, a warning; and cut over three events."""
    for act, kind in sayings(secret):
        verdict = run_cell(cell_of(tmp_path), Toy(act))
        assert verdict.kind is kind
        nowhere(verdict, secret)


def sends(wire, headers=(), query="", body=None, path="/v1/chat/completions"):
    import httpx  # noqa: PLC0415

    with httpx.Client(transport=wire.transport(), trust_env=False) as client:
        url = wire.base_url + path + query
        client.post(url, json=body or {}, headers=dict(headers), timeout=5)


@every
def test_what_a_target_sends_is_masked(encoding, secret, tmp_path):
    """In a header that is shown and in one that is not, in the URL, in the body; also in a request
    that the tape does not expect, of which the difference is told."""
    quoted = secret if "%" in secret else secret.replace("+", "%2B").replace("\\", "")
    ways = [
        {"headers": {"authorization": f"Bearer {secret}"}},
        {"headers": {"x-api-key": secret, "cookie": f"a={secret}"}},
        {"headers": {"user-agent": f"mine/1 ({secret})"}},
        {"query": f"?k={quoted}"},
        {"body": {"messages": [{"role": "user", "content": secret}]}},
        {"path": "/v1/elsewhere", "query": f"?k={quoted}", "body": {"k": secret}},
    ]
    for way in ways:
        act = Toy(lambda wire, turn, way=way: sends(wire, **way))
        nowhere(run_cell(cell_of(tmp_path), act), secret)


def recorded(folder, body, *, scrubbed):
    """A cassette of a server that said it, as we record it, or as a stranger did."""
    head = (planted.SSE,)
    exchange = replace(planted.answered(body), headers=head)
    url = "https://api.openai.com/v1/chat/completions"
    exchange = replace(exchange, request=replace(exchange.request, url=url))
    size = max(len(body) // 7, 1)
    pieces = tuple(Piece(body[at : at + size], 0.01) for at in range(0, len(body), size))
    exchange = replace(exchange, pieces=pieces)
    if scrubbed:
        exchange = Scrubber(Known([planted.SECRET])).exchange(exchange)[0]
    provenance = {"kind": "recorded", "from": "a test", "at": "2026-01-01T00:00:00Z"}
    (folder / "cassettes" / "openai").mkdir(parents=True, exist_ok=True)
    save(Cassette((exchange,), provenance), folder / "cassettes" / "openai" / "mine.yaml")


@every
@pytest.mark.parametrize("scrubbed", [True, False], ids=["ours", "foreign"])
def test_what_a_tape_says_is_masked(encoding, secret, scrubbed, tmp_path):
    """Whole in one delta and cut over three, over seven pieces: of a cassette that was recorded by
    us, and of one that somebody else committed with the secret in it."""
    inside = secret if encoding in planted.IN_JSON_ONLY else json.dumps(secret)[1:-1]
    stop = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    for parts in ([inside.encode()], planted.fragments(inside.encode())):
        body = b"".join(map(planted.delta, parts)) + stop + b"data: [DONE]\n\n"
        recorded(tmp_path, body, scrubbed=scrubbed)
        text = TALK[: TALK.index("\nsays:") + 1] + "wire: {tape: mine}\nexpect: [means]\n"
        path = scenario(tmp_path / "scenarios", text, wires="[chat]", providers="[openai]")
        (cell,) = cells(read_scenario(path))

        def echo(wire, turn):
            post(wire, turn)
            return said(secret)

        verdict = run_cell(cell, Toy(echo))
        assert verdict.trace is not None, verdict.reason
        nowhere(verdict, secret)


def test_offsets_hold_where_something_is_masked(monkeypatch):
    """A mask has as many bytes as what it hides; its first part says which variable it was."""
    monkeypatch.setenv("LIVE_API_KEY", planted.SECRET)
    text = f"caf\u00e9 {planted.SECRET} \ud83d end"
    clean = masked(text)
    assert len(clean.encode("utf-8", "surrogatepass")) == len(text.encode("utf-8", "surrogatepass"))
    assert clean == f"caf\u00e9 {'<LIVE_API_KEY>'.ljust(len(planted.SECRET), '*')} \ud83d end"


def test_the_shape_of_a_key_is_enough(monkeypatch):
    """Nobody told us the value; what is a placeholder already stays."""
    assert masked("no sk-proj-Ab3dEf6hIj9kLm2nOp5q!") == f"no {'<a key>'.ljust(28, '*')}!"
    for text in ("sk-scrubbed-1-xxxxxxxxx", "Bearer <secret 0>", "risk-averse", "Basic (12)"):
        assert masked(text) is text


HELLO = """
format: harness/1
title: A hello
family: text
why: {doc: "https://example.com/page", says: that it is answered}
providers: [gateway]
ask: {messages: Say hello to Ada.}
wire: {tape: hello}
expect: [means]
"""


@every
def test_the_shown_difference_of_a_recording_tells_none(
    secret, tmp_path, monkeypatch, capsys, caplog
):
    """Also where the server's new field, or its new type of event, is called so."""
    monkeypatch.setenv("LLM_GATEWAY_TOKEN", vendor.FRESH)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "hello.yaml").write_text(HELLO, "utf-8")
    last = {"content": "", "is_final": True, "usage": {"prompt_tokens": 3, "completion_tokens": 3}}
    events = [{"content": "Hello", "is_final": False}, last]
    with vendor.StandIn(events) as server:
        words = ["record", "--provider", "gateway", "scenarios/hello.yaml", "--mode", "all"]
        words += ["--base-url", server.url]
        assert main(words) == 0
        server.events[:] = [{**events[0], secret: 1, "type": secret}, {**last, "note": secret}]
        code = main(words)
    told = capsys.readouterr()
    assert code == 0, told.err
    assert "changed: new field" in told.err
    for text in (told.out, told.err, caplog.text):
        assert planted.traces(text.encode()) == []
    for path in tmp_path.rglob("*.yaml"):
        assert planted.traces(path.read_bytes()) == []


def test_an_upstream_that_is_none_is_told_without_its_password(capsys):
    """No variable has it: it stands in the URL only."""
    words = ["record", "--proxy", "--upstream", "ftp://ada:blue-horse-22@host.test", "--out", "x"]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "host.test" in told
    assert "blue-horse-22" not in told


CRASHES = """
from harness.contracts import Started
import logging, os, warnings

SECRET = os.environ["LIVE_API_KEY"]

class Broken:
    doors = frozenset({"inprocess", "loopback"})
    def start(self):
        return Started("broken", "1")
    def open(self, wire):
        return self
    def run(self, turn):
        logging.getLogger("mine").error("with %s", SECRET)
        warnings.warn("with " + SECRET)
        raise RuntimeError("refused: " + SECRET)
    def close(self): pass
    def stop(self): pass

def make():
    return Broken()

def never():
    raise RuntimeError("cannot log in with " + SECRET)
"""
HARNESS = [sys.executable, "-c", "from harness.cli import console; console()"]


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A project whose target tells its key whenever it can."""
    monkeypatch.setenv("LIVE_API_KEY", planted.SECRET)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crashes.py").write_text(CRASHES, "utf-8")
    scenario(tmp_path / "scenarios", wires="[chat]")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.harness]\ntarget = "crashes:make"\nscenarios = ["scenarios"]\n'
        '[tool.pytest.ini_options]\npythonpath = ["."]\n'
    )
    return tmp_path


def clean(done, folder):
    """Nor what was printed, nor any file that was written."""
    assert planted.traces((done.stdout + done.stderr).encode()) == []
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert planted.traces(path.read_bytes()) == [], path


def ran(*words):
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_the_commands_show_no_secret(world):
    """`run` with every report, and `explain`: on the terminal and in the files."""
    reports = [word for name in REPORTS.names() for word in ("--report", f"{name}:out/{name}")]
    done = ran(*HARNESS, "run", "mine", *reports)
    assert done.returncode == 3, done.stderr
    assert "refused: <LIVE_API_KEY>" in done.stderr
    assert len(list((world / "out").iterdir())) == len(list(REPORTS.names()))
    clean(done, world)
    clean(ran(*HARNESS, "explain", "mine"), world)


def test_a_target_that_cannot_be_made_tells_no_secret(world):
    """It fails before any case is run: a plain traceback, but for the value."""
    done = ran(*HARNESS, "run", "mine", "--target", "crashes:never")
    assert done.returncode == 3
    assert "cannot log in with <LIVE_API_KEY>" in done.stderr
    clean(done, world)


@pytest.mark.parametrize("target", ["crashes:make", "crashes:never"])
def test_pytest_shows_no_secret(world, target):
    """Nor its own JUnit file, which has the whole verdict in it."""
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = ran(*words, "--target", target, "--junitxml=junit.xml", "--harness-report=json:out.json")
    assert done.returncode == 1, done.stdout
    assert "<LIVE_API_KEY>" in done.stdout
    clean(done, world)


def test_serving_tells_no_secret_of_a_request(world):
    """Of one that no tape expects, the difference is told."""
    body = planted.delta(b"hi") + planted.event(b"[DONE]")
    recorded(world, body, scrubbed=True)
    tape = str(world / "cassettes" / "openai" / "mine.yaml")
    words = [*HARNESS, "serve", tape]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        url = process.stdout.readline().decode().strip()
        text = {"messages": [{"role": "user", "content": f"my key is {planted.SECRET}"}]}
        answer = httpx.post(f"{url}/v1/chat/completions", json=text, trust_env=False)
        process.terminate()
        _, said_of_it = process.communicate(timeout=30)
    assert answer.status_code == 400
    assert b"<LIVE_API_KEY>" in said_of_it
    assert planted.traces(said_of_it) == []
