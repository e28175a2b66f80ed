"""`harness serve`: the base URL first, then recorded answers until a signal comes."""

import contextlib
import signal
import subprocess
import sys

import httpx
import pytest

from harness.cassette import Cassette, save
from harness.cli.serve import assemble
from harness.errors import UsageError
from harness.model import Ending, Exchange, Piece, Request
from harness.replay.matching import STRICT

COMMAND = [sys.executable, "-c", "import sys; from harness.cli import main; sys.exit(main())"]
JSON = (("content-type", "application/json"),)


def taped(body, answer, status=200):
    request = Request("POST", "https://api.upstream.test/v1/chat", JSON, body)
    return Exchange(request, status, "OK", (), (Piece(answer),))


def cassette(path, *exchanges):
    save(Cassette(exchanges), path)
    return path


@contextlib.contextmanager
def serving(*words):
    process = subprocess.Popen(
        [*COMMAND, "serve", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(tmp_path, number):
    """Each cassette answers what it holds; identical requests in order, the last one for good."""
    one = cassette(tmp_path / "one.yaml", taped(b'{"n":1}', b"no", 401), taped(b'{"n":1}', b"yes"))
    two = cassette(tmp_path / "two.yaml", taped(b'{"n":2}', b"two"))
    with serving(one, two, "--speed", "10") as (process, base_url):
        assert base_url.startswith("http://127.0.0.1:")
        asked = [httpx.post(base_url + "/v1/chat", json={"n": n}) for n in (1, 2, 1, 1, 3)]
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert [response.status_code for response in asked] == [401, 200, 200, 200, 400]
    assert [response.text for response in asked[:4]] == ["no", "two", "yes", "yes"]
    assert "body.n: the tape has" in asked[4].text
    assert process.returncode == 0
    assert out == ""
    assert err.count("-> exchange") == 4
    assert err.count("400 no exchange expects") == 1


def test_the_port_can_be_chosen(tmp_path):
    """And is refused, in words, while somebody else has it."""
    path = cassette(tmp_path / "one.yaml", taped(b"{}", b"one"))
    with serving(path) as (_, base_url):
        port = base_url.rpartition(":")[2]
        again = subprocess.run(
            [*COMMAND, "serve", str(path), "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert again.returncode == 2
    assert again.stdout == ""
    assert f"cannot listen on 127.0.0.1:{port}" in again.stderr


def test_two_cassettes_with_the_same_request_are_refused(tmp_path):
    """At the start, with both names."""
    one = cassette(tmp_path / "one.yaml", taped(b'{"a":1,"b":2}', b"one"))
    two = cassette(tmp_path / "two.yaml", taped(b'{"b": 2, "a": 1}', b"two"))
    with pytest.raises(UsageError, match=r"one\.yaml and .*two\.yaml hold the same request POST"):
        assemble([one, two], STRICT)
    assert len(assemble([one], STRICT).tape) == 1


def test_an_exchange_that_never_connected_is_left_out(tmp_path):
    """A port that listens cannot refuse."""
    dead = Exchange(
        Request("POST", "https://h/v1/chat", JSON, b"{}"),
        None,
        ending=Ending.RESET,
        connected=False,
    )
    path = cassette(tmp_path / "one.yaml", taped(b"{}", b"one"), dead)
    assert [exchange.status for exchange in assemble([path], STRICT).tape] == [200]
