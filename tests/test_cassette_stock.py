"""Stock vcrpy and we read each other's files, through every client that it patches."""

import asyncio
import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import httpx2
import pytest
import requests
import vcr

from harness.cassette import Cassette, load, save
from harness.model import Ending, Exchange, Piece, Request

BODY = 'data: {"a": "é"}\r\n\r\ndata: \x85 \u2028x \n\n: ping\n\ndata: [DONE]\n\n'.encode()
BINARY = bytes(range(256))
BODIES = {"/sse": BODY, "/binary": BINARY, "/gzip": gzip.compress(BODY, mtime=0)}
ASKED = b'{"stream": true}'


def by_httpx(url, module=httpx):
    with module.Client() as client:
        answer = client.post(url, content=ASKED)
        return answer.status_code, answer.content, answer.headers.get_list("set-cookie")


def by_httpx2(url):
    return by_httpx(url, httpx2)


def by_async_httpx2(url):
    async def ask():
        async with httpx2.AsyncClient() as client:
            answer = await client.post(url, content=ASKED)
            return answer.status_code, answer.content, answer.headers.get_list("set-cookie")

    return asyncio.run(ask())


def by_requests(url):
    answer = requests.post(url, data=ASKED, timeout=5)
    cookies = answer.raw.headers.getlist("set-cookie")
    return answer.status_code, answer.content, cookies


def by_aiohttp(url):
    async def ask():
        async with aiohttp.ClientSession() as client, client.post(url, data=ASKED) as answer:
            return answer.status, await answer.read(), answer.headers.getall("set-cookie")

    return asyncio.run(ask())


CLIENTS = [by_httpx, by_httpx2, by_async_httpx2, by_requests, by_aiohttp]


class Handler(BaseHTTPRequestHandler):
    """Answers with the body that its path names, each time the same way."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = BODIES[self.path]
        self.send_response(200, "Fine")
        self.send_header("content-length", str(len(body)))
        if self.path == "/gzip":
            self.send_header("content-encoding", "gzip")
        self.send_header("set-cookie", "a=1")
        self.send_header("set-cookie", "b=2")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/sse", "/binary", "/gzip"])
@pytest.mark.parametrize("client", CLIENTS)
def test_what_stock_vcrpy_records_we_load_save_and_it_replays(client, path, upstream, tmp_path):
    """The same bytes live, in our exchange, and in its replay of the file that we wrote."""
    theirs, ours = tmp_path / "theirs.yaml", tmp_path / "ours.yaml"
    with vcr.use_cassette(str(theirs), record_mode="once"):
        live = client(upstream + path)
    cassette = load(theirs)
    exchange = cassette.exchanges[0]
    assert exchange.request.body == ASKED
    assert exchange.reason == "Fine"
    assert [v for k, v in exchange.headers if k.lower() == "set-cookie"] == live[2]
    assert not cassette.notes[0].pieces_known
    save(cassette, ours)
    assert load(ours) == cassette
    with vcr.use_cassette(
        str(ours), record_mode="none", match_on=["method", "uri", "body"]
    ) as tape:
        assert client(upstream + path) == live
        assert tape.all_played


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_both_serializers_are_read_alike(serializer, upstream, tmp_path):
    """The same exchange either way."""
    path = tmp_path / "tape"
    with vcr.use_cassette(str(path), serializer=serializer, record_mode="once"):
        by_httpx(f"{upstream}/sse")
    assert load(path).exchanges[0].body == BODY


def authored():
    """Everything that stock vcrpy cannot say, in one file."""
    request = Request("POST", "http://a.example/x", (("a", "b"),), ASKED)
    headers = (("content-type", "text/event-stream"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
    pieces = tuple(Piece(BODY[n : n + 1], 0.001 * n) for n in range(len(BODY)))
    damaged = Exchange(request, 200, "OK", headers, pieces, Ending.RESET, 0.35)
    dead = Exchange(request, None, ending=Ending.RESET, connected=False)
    return Cassette((dead, damaged), {"kind": "synthesized", "by": "a test"})


@pytest.mark.parametrize("client", CLIENTS)
def test_what_we_write_stock_vcrpy_replays(client, tmp_path):
    """The bytes, and only the bytes: it plays a damaged ending as a clean one."""
    path = tmp_path / "tape.yaml"
    save(authored(), path)
    with vcr.use_cassette(str(path), record_mode="none") as tape:
        status, body, cookies = client("http://a.example/x")
        assert tape.all_played
    assert (status, body, cookies) == (200, BODY, ["a=1", "b=2"])


def test_a_new_episode_of_stock_vcrpy_keeps_what_is_ours(upstream, tmp_path):
    """Recording more into our file rewrites it whole: pieces, endings and the dead stay."""
    path = tmp_path / "tape.yaml"
    save(authored(), path)
    with vcr.use_cassette(str(path), record_mode="new_episodes"):
        by_httpx(f"{upstream}/binary")
    again = load(path)
    dead, damaged, fresh = again.exchanges
    assert dead == authored().exchanges[0]
    assert damaged == authored().exchanges[1]
    assert again.provenance == authored().provenance
    assert fresh.body == BINARY
    assert not again.notes[2].pieces_known
