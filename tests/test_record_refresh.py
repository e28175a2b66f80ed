"""401, refresh, 200: recorded in one pass from a local stand-in, and replayed green."""

import pytest
import vendor_stand_in as vendor

from harness.cassette import load
from harness.cassette.lint import lint
from harness.cli import main
from harness.engine import cells, read_scenario, run_cell
from harness.engine.targets import make_target
from harness.model import Ending, VerdictKind
from harness.providers import PROVIDERS
from harness.record import Known, Mode, Tape, live
from harness.scenario import load as load_scenario

SCENARIO = """
format: harness/1
title: An expired token is renewed once, and the answer comes
family: auth_refresh
why: {spec: RFC 6749 section 6, says: a refresh token is exchanged for a new access token}
credential: refreshable
providers: [BACKEND]
ask: {messages: Say hello to Ada.}
wire: {tape: hello}
expect:
  - text_is_exact
  - refreshes_once
  - new_credential_is_used
  - body_is_unchanged
  - ends_once
  - secrets_stay_secret
"""
FLAT = [{"content": word, "is_final": False} for word in vendor.SAID]
FLAT.append(
    {"content": "", "is_final": True, "usage": {"prompt_tokens": 3, "completion_tokens": 3}}
)
BACKENDS = {
    "nous": (["oauth/token"], None, ["nous", "NOUS_API_KEY", "NOUS_REFRESH_TOKEN"]),
    "gateway": ([], FLAT, ["gateway", "LLM_GATEWAY_TOKEN", "RENEWED_TOKEN"]),
}
every = pytest.mark.parametrize("kind", BACKENDS)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A project with a scenario; its cassettes are beside it."""

    def make(kind):
        name, key, refresh = BACKENDS[kind][2]
        monkeypatch.setenv(key, vendor.STALE)
        second = vendor.REFRESH[0] if kind == "nous" else vendor.FRESH
        monkeypatch.setenv(refresh, second)
        folder = tmp_path / "scenarios"
        folder.mkdir()
        (tmp_path / "cassettes").mkdir()
        path = folder / "hello.yaml"
        path.write_text(SCENARIO.replace("BACKEND", name), "utf-8")
        monkeypatch.chdir(tmp_path)
        return path

    return make


def record(kind, scenario, url, *more):
    name = BACKENDS[kind][2][0]
    words = ["record", "--provider", name, str(scenario), "--base-url", url, *more]
    return main([*words, "--refresh-command", 'echo "$RENEWED_TOKEN"'])


@every
def test_it_is_recorded_in_one_pass(kind, world, tmp_path, capsys):
    """Every exchange in its order; not one secret in the file or on the terminal."""
    scenario = world(kind)
    with vendor.StandIn(BACKENDS[kind][1]) as server:
        assert record(kind, scenario, server.url) == 0
    path = next((tmp_path / "cassettes").rglob("hello.yaml"))
    told = capsys.readouterr()
    for secret in vendor.SECRETS:
        for text in (path.read_text("utf-8"), told.out, told.err):
            assert secret not in text
            assert secret.rpartition(".")[2] not in text
    tape = load(path).exchanges
    statuses = [200] if BACKENDS[kind][0] else []
    assert [exchange.status for exchange in tape] == [401, *statuses, 200]
    assert [fault for fault in lint(path) if fault.level == "fault"] == []
    assert "analytical-engine" not in path.read_text("utf-8")


@every
def test_the_placeholders_keep_who_is_who(kind, world, tmp_path):
    """The token that was refused, the one that was handed out, and the one that was then used."""
    scenario = world(kind)
    with vendor.StandIn(BACKENDS[kind][1]) as server:
        record(kind, scenario, server.url)
    tape = load(next((tmp_path / "cassettes").rglob("hello.yaml"))).exchanges
    stale = tape[0].request.header("authorization").removeprefix("Bearer ")
    used = tape[-1].request.header("authorization").removeprefix("Bearer ")
    assert stale != used
    assert stale in tape[0].body.decode()
    if BACKENDS[kind][0]:
        assert used in tape[1].body.decode()


@every
def test_it_is_replayed_green(kind, world, tmp_path):
    """By the engine, through both doors, to the reference client."""
    scenario = world(kind)
    with vendor.StandIn(BACKENDS[kind][1]) as server:
        record(kind, scenario, server.url)
    if kind == "gateway":  # its refresh is the application's own: the engine plays it by HTTP
        text = scenario.read_text("utf-8")
        steps = "[{tape: hello, exchange: 0}, {token: refreshed}, {tape: hello, exchange: 1}]"
        scenario.write_text(text.replace("{tape: hello}", steps), "utf-8")
    (cell,) = cells(read_scenario(scenario))
    for door in ("inprocess", "loopback"):
        verdict = run_cell(cell, make_target("reference"), door)
        assert verdict.kind is VerdictKind.PASSED, (verdict.violations, verdict.reason)
        assert verdict.trace.reports[0].outcome.response.content == "Hello, Ada."


@every
def test_it_is_replayed_to_a_client_with_real_tokens(kind, world, tmp_path, monkeypatch):
    """A tape that plays knows a placeholder for the secret that a request has."""
    scenario = world(kind)
    name = BACKENDS[kind][2][0]
    with vendor.StandIn(BACKENDS[kind][1]) as server:
        record(kind, scenario, server.url)
        url = server.url
    path = next((tmp_path / "cassettes").rglob("hello.yaml"))
    backend = PROVIDERS.get(name)
    credential = live.credential_of(backend, url, vendor.STALE, 'echo "$RENEWED_TOKEN"')
    asks = live.asks_of(load_scenario(scenario))
    tape = Tape(path, Mode.NONE)
    assert list(live.ask_all(asks, backend, tape, base_url=url, credential=credential)) == []
    assert tape.player.unplayed == ()
    assert tape.exchanges == ()


@every
def test_recording_again_changes_nothing_but_times(kind, world, tmp_path):
    """The tokens of the second recording are others: the file says the same of them."""
    scenario = world(kind)
    with vendor.StandIn(BACKENDS[kind][1]) as server:
        record(kind, scenario, server.url)
        path = next((tmp_path / "cassettes").rglob("hello.yaml"))
        first = load(path)
        record(kind, scenario, server.url, "--mode", "all")
    assert untimed(load(path)) == untimed(first)


def untimed(cassette):
    found = []
    for exchange in cassette.exchanges:
        headers = tuple(pair for pair in exchange.headers if pair[0].lower() != "date")
        pieces = tuple(piece.data for piece in exchange.pieces)
        found.append((exchange.request, exchange.status, headers, pieces, exchange.ending))
        assert exchange.ending is Ending.COMPLETE
    return found, {k: v for k, v in cassette.provenance.items() if k != "at"}


def test_a_missing_key_is_named(world, monkeypatch, capsys):
    """The variables that would have held it; nothing was asked."""
    scenario = world("nous")
    monkeypatch.delenv("NOUS_API_KEY")
    monkeypatch.delenv("NOUS_REFRESH_TOKEN")
    assert main(["record", "--provider", "nous", str(scenario)]) == 2
    assert "Set NOUS_API_KEY or" in capsys.readouterr().err


def test_an_error_is_recorded_only_when_asked_for(world, tmp_path, capsys):
    """A real 401: told, and written with --keep-errors only."""
    scenario = world("gateway")
    with vendor.StandIn(FLAT) as server:
        words = ["record", "--provider", "gateway", str(scenario), "--base-url", server.url]
        assert main(words) == 1
        assert "HTTP 401" in capsys.readouterr().err
        assert list((tmp_path / "cassettes").rglob("*.yaml")) == []
        assert main([*words, "--keep-errors"]) == 1
    path = next((tmp_path / "cassettes").rglob("hello.yaml"))
    assert [exchange.status for exchange in load(path).exchanges] == [401]


def test_the_environment_is_looked_for(world, tmp_path, monkeypatch, capsys):
    """A secret of the environment that the model repeats never reaches the file."""
    monkeypatch.setenv("OTHER_SERVICE_TOKEN", "zz9-plural-alpha-0451")
    scenario = world("gateway")
    chunks = [{"content": part, "is_final": False} for part in ("zz9-plu", "ral-alp", "ha-0451")]
    with vendor.StandIn([*chunks, FLAT[-1]]) as server:
        assert record("gateway", scenario, server.url) == 0
    text = next((tmp_path / "cassettes").rglob("hello.yaml")).read_text("utf-8")
    assert "zz9-plu" not in text
    assert "ha-0451" not in text
    assert Known(["zz9-plural-alpha-0451"])
