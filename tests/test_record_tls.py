"""Recording through https: what passes is what the upstream sent, and a bad certificate is told."""

import signal
import ssl
import subprocess
import sys

import httpx
import pytest
from adversarial_upstream import PATIENCE, SCRIPTS, WHOLE
from running_proxy import Running, ask
from tls_upstream import TLSUpstream, certificates

from harness.cassette import load
from harness.cli import main
from harness.model import Ending
from harness.record import proxy

CLEAR = ["one_byte_chunks", "paced", "eof_without_finish", "error_event", "reset_mid_tool_call"]
CLEAR += ["stall", "401_then_200"]
SCENARIO = """
format: harness/1
title: A hello
family: text
why: {doc: "https://example.com/page", says: that it is answered}
providers: [openai]
wires: [chat]
ask: {messages: Say hello to Ada.}
wire: {tape: hello}
expect: [means]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(made, monkeypatch):
    """As a user says it: the CA's file, in the variable that OpenSSL itself reads."""
    monkeypatch.setenv("SSL_CERT_FILE", str(made[0]))
    return made[0]


@pytest.fixture
def upstream(made):
    with TLSUpstream(*made[1]["server"]) as running:
        yield running


@pytest.mark.parametrize("script", CLEAR)
def test_nothing_is_changed_on_the_way(script, upstream, trusted, tmp_path, monkeypatch):
    """Status, bytes, pieces and ending: for the client of the proxy as for one that speaks TLS
    itself, and in the file."""
    if script == "stall":
        monkeypatch.setattr(proxy, "STALLED", PATIENCE / 2)
    context = ssl.create_default_context(cafile=trusted)
    direct = ask(upstream.url, script, httpx.HTTPTransport(verify=context))
    upstream.forget()
    with Running(upstream.url, tmp_path / "out.yaml") as running:
        through = ask(running.url, script)
    recorded = running.tape
    assert len(direct) == len(through) == len(recorded) == len(SCRIPTS[script])
    for was, now, tape in zip(direct, through, recorded, strict=True):
        assert now.status == was.status == tape.status
        assert now.body == was.body == tape.body
        assert [p.data for p in now.pieces] == [p.data for p in was.pieces]
        assert [p.data for p in tape.pieces] == [p.data for p in was.pieces]
        assert (
            now.ending == tape.ending
        )  # of `was`, Python's own TLS says eof for a reset till 3.12
    if script == "paced":
        assert all(piece.delay > 0.02 for piece in recorded[0].pieces)
    wanted = {"eof_without_finish": Ending.EOF, "reset_mid_tool_call": Ending.RESET}
    wanted["stall"] = Ending.STALL
    assert recorded[-1].ending == wanted.get(script, Ending.COMPLETE)
    assert recorded[0].request.url.startswith("https://127.0.0.1")


BAD = {"server": "unable to get local issuer certificate", "stranger": "certificate is not valid"}


def bad(whose, made, monkeypatch):
    """Nobody knows the CA; or it is known, and the certificate is another machine's."""
    if whose == "stranger":
        monkeypatch.setenv("SSL_CERT_FILE", str(made[0]))
    return TLSUpstream(*made[1][whose])


@pytest.mark.parametrize("whose", BAD)
def test_the_proxy_tells_of_a_bad_certificate(whose, made, tmp_path, monkeypatch):
    """To the client in a 502, to whoever started it in a line; nothing was sent to that server."""
    with (
        bad(whose, made, monkeypatch) as upstream,
        Running(upstream.url, tmp_path / "out.yaml") as running,
    ):
        answer = httpx.post(f"{running.url}/paced", content=b"{}", trust_env=False)
    assert answer.status_code == 502
    for text in (answer.text, "\n".join(running.said)):
        assert "its certificate is not trusted" in text
        assert BAD[whose] in text
        assert "SSL_CERT_FILE" in text
    (exchange,) = running.tape
    assert not exchange.connected


@pytest.fixture
def world(tmp_path, monkeypatch):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "hello.yaml").write_text(SCENARIO, "utf-8")
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-this-test-0451")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cassettes" / "openai" / "hello.yaml"


def record(url):
    words = ["record", "--provider", "openai", "scenarios/hello.yaml", "--base-url", url]
    return main(words)


def test_a_backend_is_recorded_through_https(world, upstream, trusted, monkeypatch):
    """Piece by piece, with its delays; the key went over TLS, and not into the file."""
    monkeypatch.setitem(SCRIPTS, "v1/chat/completions", SCRIPTS["paced"])
    assert record(f"{upstream.url}/v1") == 0
    (exchange,) = load(world).exchanges
    assert exchange.body == WHOLE
    assert len(exchange.pieces) == 5
    assert all(piece.delay > 0.02 for piece in exchange.pieces)
    assert exchange.ending is Ending.COMPLETE
    assert "a-key-of-this-test" not in world.read_text("utf-8")


@pytest.mark.parametrize("whose", BAD)
def test_the_command_tells_of_a_bad_certificate(whose, made, world, monkeypatch, capsys):
    """What is wrong with it and what to do; no file is written."""
    with bad(whose, made, monkeypatch) as upstream:
        assert record(f"{upstream.url}/v1") == 1
    told = capsys.readouterr().err
    assert BAD[whose] in told
    assert "SSL_CERT_FILE" in told
    assert not world.exists()


def test_the_command_proxies_to_https(upstream, trusted, tmp_path):
    """As its own process, until it is told to end."""
    out = tmp_path / "out.yaml"
    words = [sys.executable, "-c", "from harness.cli import console; console()", "record"]
    words += ["--proxy", "--upstream", upstream.url, "--out", str(out)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        url = process.stdout.readline().decode().strip()
        assert httpx.post(f"{url}/utf8_split", content=b"{}", trust_env=False).content == WHOLE
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert load(out).exchanges[0].body == WHOLE
