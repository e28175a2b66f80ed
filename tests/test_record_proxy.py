"""The recording proxy: the client sees what it would have seen, and the file says what passed."""

import asyncio
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from adversarial_upstream import DONE, PATIENCE, SCRIPTS, Upstream
from paced_upstream import PIECE, WHOLE, Paced
from running_proxy import BODY, Running, ask

from harness.cassette import load
from harness.model import Ending
from harness.record import proxy, storage

KEY = "sk-proj-A1b2C3d4E5f6G7h8I9j0"


@pytest.mark.parametrize("script", SCRIPTS)
def test_nothing_is_changed_on_the_way(script, tmp_path, monkeypatch):
    """Status, bytes, pieces and ending are those of the upstream: for the client, and in the
    file. A client that leaves after a silence has met a stall."""
    if script == "stall":
        monkeypatch.setattr(proxy, "STALLED", PATIENCE / 2)
    with Upstream() as upstream:
        direct = ask(upstream.url, script)
        upstream.forget()
        with Running(upstream.url, tmp_path / "out.yaml") as running:
            through = ask(running.url, script)
    recorded = running.tape
    assert len(direct) == len(through) == len(recorded)
    for was, now, tape in zip(direct, through, recorded, strict=True):
        assert now.status == was.status == tape.status
        assert now.body == was.body == tape.body
        assert [p.data for p in now.pieces] == [p.data for p in was.pieces]
        assert [p.data for p in tape.pieces] == [p.data for p in was.pieces]
        assert now.ending == was.ending == tape.ending


def test_each_piece_leaves_before_the_next_arrives(tmp_path):
    """The upstream sends the next only after the client has the last: a buffer would hang."""
    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        got = []
        with httpx.stream("POST", f"{running.url}/stream/20", timeout=20) as response:
            for piece in response.iter_raw():
                got.append(piece)
                upstream.go()
        assert got == [PIECE % number for number in range(20)]
    (exchange,) = running.tape
    assert [piece.data for piece in exchange.pieces] == got


def test_fifty_streams_pass_at_once(tmp_path):
    """No stream ends before all of them are open at the upstream."""
    count, pieces = 50, 4

    async def one(client, url, opened, all_open):
        got = []
        async with client.stream("POST", f"{url}/stream/{pieces}") as response:
            async for piece in response.aiter_raw():
                if not got:
                    opened()
                    await all_open.wait()
                got.append(piece)
        return got

    async def everything(upstream, url):
        all_open, opened = asyncio.Event(), []

        def note():
            opened.append(1)
            if len(opened) == count:
                upstream.go(count * pieces)
                all_open.set()

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            return await asyncio.gather(*(one(client, url, note, all_open) for _ in range(count)))

    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        seen = asyncio.run(everything(upstream, running.url))
        assert upstream.most == count
    assert seen == [[PIECE % number for number in range(pieces)]] * count
    assert len(running.tape) == count
    assert {exchange.ending for exchange in running.tape} == {Ending.COMPLETE}


def test_an_exchange_is_on_the_disk_when_the_client_sees_its_end(tmp_path):
    """Whole or streamed: the last bytes wait for the file, no other byte does."""
    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        folder = storage.folder_of(running.path)
        for number, path in enumerate(["whole", "slow/3", "whole"], 1):
            assert httpx.post(f"{running.url}/{path}", trust_env=False).status_code == 200
            assert len(list(folder.iterdir())) == number
    assert [exchange.body for exchange in running.tape][::2] == [WHOLE, WHOLE]


def test_long_headers_pass(tmp_path):
    """Signed requests and tokens with many claims are longer than a parser takes by itself."""
    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        port = httpx.URL(running.url).port
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(b"POST /whole HTTP/1.1\r\nhost: a\r\nx-claims: " + b"x" * 30_000)
            time.sleep(0.2)  # the parser is shown the half of it
            wire.sendall(b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.endswith(WHOLE)


def test_a_client_that_leaves_early_is_kept_as_such(tmp_path):
    """The upstream had more to say, and did not say it in time."""
    with (
        Paced() as upstream,
        Running(upstream.url, tmp_path / "out.yaml") as running,
        httpx.stream("POST", f"{running.url}/stream/9", trust_env=False) as response,
    ):
        next(response.iter_raw())
        response.close()
    (exchange,) = running.tape
    assert exchange.ending is Ending.CLIENT_CLOSED
    assert exchange.body == PIECE % 0


def test_a_client_that_leaves_at_the_last_event_has_seen_a_whole_answer(tmp_path):
    """HTTP's terminator was on its way: it is drained, and the ending is complete."""
    with (
        Upstream() as upstream,
        Running(upstream.url, tmp_path / "out.yaml") as running,
        httpx.stream("POST", f"{running.url}/paced", json=BODY) as response,
    ):
        for piece in response.iter_raw():
            if b"[DONE]" in piece:
                response.close()
                break
    (exchange,) = running.tape
    assert exchange.ending is Ending.COMPLETE
    assert exchange.body.endswith(DONE)


def test_an_upstream_that_is_not_there_is_told_and_kept(tmp_path):
    """The client is told by a 502; the file has an exchange that never connected."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with Running(f"http://127.0.0.1:{port}", tmp_path / "out.yaml") as running:
            answer = httpx.post(f"{running.url}/x", trust_env=False)
    assert answer.status_code == 502
    (exchange,) = running.tape
    assert exchange.status is None
    assert not exchange.connected


def test_secrets_pass_to_the_upstream_only(tmp_path):
    """It gets the key as it was; the file and what is said of it do not."""
    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        headers = {"authorization": f"Bearer {KEY}", "accept-encoding": "br, gzip, zstd"}
        httpx.post(f"{running.url}/whole?api_key={KEY}", headers=headers, trust_env=False)
    assert KEY in upstream.seen[0]
    assert "accept-encoding: gzip\r\n" in upstream.seen[0].lower()
    assert KEY not in running.path.read_text("utf-8")
    assert KEY not in "".join(running.said)
    assert len(running.said) == 1


def test_a_connection_is_used_again(tmp_path):
    """Requests one after the other on one connection, as clients do."""
    ports = set()
    with (
        Paced() as upstream,
        Running(upstream.url, tmp_path / "out.yaml") as running,
        httpx.Client(trust_env=False) as client,
    ):
        for _ in range(3):
            with client.stream("POST", f"{running.url}/whole") as response:
                stream = response.extensions["network_stream"]
                ports.add(stream.get_extra_info("client_addr"))
                response.read()
    assert len(ports) == 1
    assert len(running.tape) == 3


def test_what_is_no_http_ends_its_own_connection_only(tmp_path):
    """Others go on."""
    with Paced() as upstream, Running(upstream.url, tmp_path / "out.yaml") as running:
        port = int(running.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            wire.sendall(b"\x16\x03\x01 this is TLS\r\n\r\n")
            assert wire.recv(100) == b""
        assert httpx.post(f"{running.url}/whole", trust_env=False).content == WHOLE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_on_a_signal(number, tmp_path):
    """Its first line is the base URL; the file is whole; it does not overwrite unless told."""
    out = tmp_path / "out.yaml"
    with Paced() as upstream:
        words = [sys.executable, "-c", "from harness.cli import console; console()", "record"]
        words += ["--proxy", "--upstream", upstream.url, "--out", str(out)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            url = process.stdout.readline().decode().strip()
            assert httpx.post(f"{url}/whole", trust_env=False).content == WHOLE
            process.send_signal(number)
            rest, said = process.communicate(timeout=30)
        assert (process.returncode, rest) == (0, b"")
        assert b"1 exchanges" in said
        assert [path.name for path in tmp_path.rglob("*")] == ["out.yaml"]
        again = subprocess.run(words, capture_output=True, timeout=30, check=False)
    assert again.returncode == 2
    assert b"--mode new_episodes adds to it" in again.stderr
    assert load(out).exchanges[0].body == WHOLE
