"""The loopback door, seen by a raw client: exact bytes, pieces, times and endings; no leaks."""

import asyncio
import socket
import threading
import time

import httpx
import pytest
import raw_client
from damaged import chat, damaged, exchange

from harness.errors import UsageError
from harness.model import Ending, Exchange, Piece, Request
from harness.replay.clock import RealClock
from harness.replay.connection import _AHEAD_LIMIT
from harness.replay.loopback import Closed, Loopback, untestable
from harness.replay.player import Player

POST = Request("POST", "http://upstream.test/x", (), b"{}")
WIRE = chat()


def answer(*pieces, ending=Ending.COMPLETE, status=200, headers=(), **extra):
    pieces = tuple(p if isinstance(p, Piece) else Piece(p) for p in pieces)
    return Exchange(POST, status, "OK", headers, pieces, ending, **extra)


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


@pytest.fixture
def play(door):
    """Open a tape, give its URL; everything is closed at the end."""
    handles = []

    def opened(*tape, match_on=("method",), **options):
        handle = door.open(Player(tape, match_on=match_on), **options)
        handles.append(handle)
        return handle.base_url + "/x"

    yield opened
    for handle in handles:
        handle.close()


def test_each_piece_is_one_chunk_and_one_write(play):
    """A paced stream arrives write by write, byte for byte."""
    url = play(answer(*[Piece(b"piece %d" % n, 0.03) for n in range(4)]))
    got = raw_client.ask(url)
    assert got.pieces[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"transfer-encoding: chunked\r\n\r\n" in got.pieces[0]
    assert b"".join(got.pieces[1:]) == b"".join(b"7\r\npiece %d\r\n" % n for n in range(4)) + (
        b"0\r\n\r\n"
    )
    assert len(got.pieces) >= 5
    assert got.end == "silent"  # kept alive


@pytest.mark.parametrize(
    ("ending", "end"),
    [(Ending.EOF, "fin"), (Ending.RESET, "reset"), (Ending.STALL, "silent")],
)
def test_each_ending_is_the_real_one(play, ending, end):
    """FIN, RST, or silence; and all bytes before it."""
    got = raw_client.ask(play(answer(b"one", b"two", ending=ending)))
    assert got.body == b"3\r\none\r\n3\r\ntwo\r\n"
    assert got.end == end


def test_a_reset_loses_none_of_a_large_body(play):
    """The server waits until the peer has everything."""
    got = raw_client.ask(play(answer(*[b"x" * 500_000] * 8, ending=Ending.RESET)), patience=3)
    assert got.body.count(b"x") == 4_000_000
    assert got.end == "reset"


def test_a_declared_length_is_sent_as_it_stands(play):
    """Also a wrong one; then the server can only hang up."""
    for length, end in (("6", "silent"), ("9", "fin"), ("2", "fin")):
        got = raw_client.ask(play(answer(b"one", b"two", headers=(("Content-Length", length),))))
        assert b"Content-Length: %s\r\n" % length.encode() in got.data
        assert got.body == b"onetwo"
        assert got.end == end


def test_a_body_until_close_ends_with_the_connection(play):
    """`connection: close` without a length: no framing at all."""
    got = raw_client.ask(play(answer(b"one", b"two", headers=(("connection", "close"),))))
    assert (got.body, got.end) == (b"onetwo", "fin")


def test_an_answer_without_status_is_its_bytes(play):
    """What came instead of an answer, before the peer left."""
    got = raw_client.ask(play(answer(b"HTTP/1.1 2", status=None, ending=Ending.EOF)))
    assert (got.data, got.end) == (b"HTTP/1.1 2", "fin")


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_has_none(play, status):
    """Whatever the tape holds."""
    assert raw_client.ask(play(answer(b"one", status=status))).body == b""


def test_head_is_answered_without_a_body(play):
    """With the head that GET would have had."""
    length = (("content-length", "3"),)
    url = play(answer(b"one", headers=length), answer(b"two", headers=length), match_on=())
    with raw_client.connect(url) as wire:
        for method in ("HEAD", "GET"):
            wire.sendall(raw_client.request(url, b"", method=method))
            got = raw_client.receive(wire)
            assert b"content-length: 3" in got.data
            assert got.body == (b"" if method == "HEAD" else b"two")


def test_a_connection_is_kept_and_pipelined_requests_are_answered_in_order(play):
    """Two requests in one write, two answers on one connection."""
    url = play(answer(b"one"), answer(b"two"))
    with raw_client.connect(url) as wire:
        wire.sendall(raw_client.request(url) * 2)
        data = raw_client.receive(wire).data
    assert data.count(b"HTTP/1.1 200 OK") == 2
    assert data.index(b"one") < data.index(b"two")


def test_a_client_that_expects_100_gets_it_before_it_sends(play):
    """Expect: 100-continue, as boto3 and curl send it."""
    url = play(answer(b"one"))
    whole = raw_client.request(url, b'{"a": 1}', headers=(("expect", "100-continue"),))
    head, _, body = whole.partition(b"\r\n\r\n")
    with raw_client.connect(url) as wire:
        wire.sendall(head + b"\r\n\r\n")
        first = raw_client.receive(wire, until=b"\r\n\r\n")
        assert first.data == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(body)
        assert b"one" in raw_client.receive(wire).data


def test_a_chunked_request_body_is_read_whole(play):
    """And matched like any other."""
    tape = Exchange(Request("POST", "/x", (), b'{"a": 1}'), pieces=(Piece(b"one"),))
    url = play(tape, match_on=("method", "body"))
    response = httpx.post(url, content=iter([b'{"a"', b": 1}", b"  "]))
    assert (response.status_code, response.text) == (200, "one")


def test_an_unexpected_request_is_a_400_that_no_sdk_retries(play):
    """With the difference as text, and the connection stays usable."""
    tape = Exchange(Request("POST", "/x", (), b'{"a": 1}'))
    response = httpx.post(play(tape, match_on=("method", "body")), json={"a": 2})
    assert response.status_code == 400
    assert response.headers["x-should-retry"] == "false"
    assert "body.a: the tape has 1, the request has 2" in response.text


def test_nothing_is_answered_without_the_prefix(door, play):
    """Parallel cases cannot meet, and nobody can guess a neighbour's path."""
    url = play(answer(b"one"))
    prefix = url.split("/")[3]
    assert len(prefix) >= 20
    for path in ("/", "/x", f"/{prefix[:-1]}/x", f"//{prefix}/x"):
        response = httpx.post(f"http://127.0.0.1:{door.port}{path}")
        assert (response.status_code, "no case" in response.text) == (404, True)
    assert raw_client.ask(url).body.startswith(b"3\r\none")


def test_the_player_sees_the_path_without_the_prefix(door):
    """And the whole of what was sent."""
    player = Player([answer(b"one")], match_on=("method",))
    with door.open(player) as handle:
        httpx.post(handle.base_url + "/v1/x?a=1", content=b"body", headers={"X-A": "b"})
    request = player.sent[0].request
    assert request.url == f"http://127.0.0.1:{door.port}/v1/x?a=1"
    assert (request.method, request.body, request.header("x-a")) == ("POST", b"body", "b")


def test_many_cases_run_side_by_side(door):
    """Each client gets its own case's bytes."""
    players = [Player([answer(b"%d" % n)] * 5, match_on=("method",)) for n in range(20)]
    handles = [door.open(player) for player in players]

    async def one(client, n):
        url = handles[n].base_url
        return {(await client.post(url + "/x")).text for _ in range(5)}

    async def everybody():
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(one(client, n) for n in range(20)))

    assert asyncio.run(everybody()) == [{str(n)} for n in range(20)]
    for handle, player in zip(handles, players, strict=True):
        handle.close()
        assert player.unplayed == ()


def test_delays_keep_absolute_deadlines(play):
    """Lateness of one piece does not move the next: no piece comes before its time."""
    url = play(answer(*[Piece(b"%d" % n, 0.02) for n in range(10)]))
    times = raw_client.ask(url).times
    assert all(at >= 0.02 * n - 0.02 for n, at in enumerate(times))


def test_speed_divides_the_delays(play):
    """A minute's stream can be played in the wink of an eye."""
    url = play(answer(Piece(b"one", 60.0), Piece(b"two", 60.0), head_delay=60.0), speed=3000)
    assert b"two" in raw_client.ask(url, patience=2).data


@pytest.mark.parametrize(
    "junk",
    [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n\r\n"],
)
def test_junk_is_answered_and_never_raises(door, play, junk):
    """A stranger's bytes end in a 400 or a closed connection."""
    play(answer())  # the door starts with the first case, and this test may be the first
    with raw_client.connect(f"http://127.0.0.1:{door.port}") as wire:
        wire.sendall(junk + b"\r\n\r\n")
        got = raw_client.receive(wire)
    assert got.data.startswith(b"HTTP/1.1 400") or got.data == b""


def test_a_flood_while_an_answer_plays_is_cut_off(play):
    """Bytes that nobody asked for are not kept without bound."""
    url = play(answer(ending=Ending.STALL))
    with raw_client.connect(url) as wire:
        wire.sendall(raw_client.request(url))
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            wire.sendall(b"x" * _AHEAD_LIMIT * 64)


def test_closing_a_handle_ends_a_stall(door):
    """The way out for a client without a timeout."""
    handle = door.open(Player([answer(b"one", ending=Ending.STALL)], match_on=("method",)))
    with raw_client.connect(handle.base_url) as wire:
        wire.sendall(raw_client.request(handle.base_url + "/x"))
        raw_client.receive(wire, until=b"one\r\n")
        handle.close()
        assert raw_client.receive(wire, patience=5).end in {"fin", "reset"}
    handle.close()  # twice is once


def test_closing_the_door_leaves_no_thread_task_or_port():
    """Also in the middle of answers."""
    before = set(threading.enumerate())
    door = Loopback()
    slow = answer(Piece(b"one", 30.0))
    urls = [door.open(Player([slow], match_on=("method",))).base_url for _ in range(3)]
    wires = [raw_client.connect(url) for url in urls]
    for wire, url in zip(wires, urls, strict=True):
        wire.sendall(raw_client.request(url + "/x"))
        raw_client.receive(wire, until=b"\r\n\r\n")
    port = door.port
    door.close()
    assert set(threading.enumerate()) == before
    assert door.port == 0
    assert raw_client.ask(f"http://127.0.0.1:{port}/x").end == "refused"
    for wire in wires:
        assert raw_client.receive(wire, patience=5).end in {"fin", "reset"}
        wire.close()
    door.close()


def test_a_door_opens_again_after_it_was_closed():
    """On the same port, where one was wished for."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    door = Loopback(port)
    for _ in range(2):
        with door.open(Player([answer(b"one")], match_on=("method",))) as handle:
            assert handle.base_url.startswith(f"http://127.0.0.1:{port}/")
            assert httpx.post(handle.base_url + "/x").text == "one"
        door.close()


def test_a_taken_port_is_said():
    """And nothing is left running."""
    before = threading.active_count()
    with Closed() as closed:
        port = int(closed.base_url.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
            Loopback(port).open(Player([]))
    assert threading.active_count() == before


def test_a_refused_connection_is_untestable_on_a_listening_port(door):
    """And says why; a closed port alone can play it."""
    refused = damaged(WIRE)["refused"].exchange
    assert "in-process" in untestable([refused])
    assert untestable([exchange(WIRE, WIRE.events)]) is None
    with pytest.raises(UsageError, match="in-process"):
        door.open(Player([refused]))
    with Closed() as closed:
        assert raw_client.ask(closed.base_url + "/x").end == "refused"


def test_a_player_without_a_clock_gets_the_real_one(door):
    """What is written down has real times."""
    player = Player([answer(b"one")], match_on=("method",))
    with door.open(player) as handle:
        httpx.post(handle.base_url + "/x")
    assert isinstance(player.clock, RealClock)
    assert abs(player.sent[0].at - time.time()) < 60


def test_closing_the_door_on_clients_that_just_came_leaves_nothing(caplog):
    """A connection that is taken and not yet made is ended too."""
    before = set(threading.enumerate())
    for _ in range(25):
        door = Loopback()
        door.open(Player([]))
        wires = [socket.create_connection(("127.0.0.1", door.port)) for _ in range(8)]
        loop = door._loop
        door.close()
        assert not door._connections
        assert not asyncio.all_tasks(loop)
        for wire in wires:
            wire.close()
    assert set(threading.enumerate()) == before
    assert caplog.records == []


def test_a_half_closed_client_is_answered_and_then_left(play):
    """Also when it closed its side before the answer was over: nobody can ask for more."""
    url = play(answer(Piece(b"one", 0.1)), answer(Piece(b"two", 0.1)))
    with raw_client.connect(url) as wire:
        wire.sendall(raw_client.request(url) * 2)
        wire.shutdown(socket.SHUT_WR)
        got = raw_client.receive(wire, patience=2)
    assert (got.end, got.data.count(b"0\r\n\r\n")) == ("fin", 2)


def test_closing_a_case_leaves_the_answer_of_another_alone(door):
    """Clients keep connections: one that served this case may serve that one now."""
    slow = answer(Piece(b"two"), Piece(b"three", 0.4))
    one = door.open(Player([answer(b"one")], match_on=("method",)))
    other = door.open(Player([slow], match_on=("method",)))
    with raw_client.connect(one.base_url) as wire:
        wire.sendall(raw_client.request(one.base_url + "/x"))
        raw_client.receive(wire, until=b"0\r\n\r\n")
        wire.sendall(raw_client.request(other.base_url + "/x"))
        raw_client.receive(wire, until=b"two\r\n")
        one.close()
        assert b"three" in raw_client.receive(wire, patience=2, until=b"three").data
        other.close()
        assert raw_client.receive(wire, patience=2).end in {"fin", "reset"}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://api.upstream.test/x", 200),
        ("/x?a=1", 200),
        ("[x", 400),
        ("*", 400),
        ("api.upstream.test:443", 400),
        ("//[x", 200),
        ("/\xff", 400),
    ],
)
def test_any_target_is_answered(door, caplog, target, status):
    """As a proxy is asked, as a server is asked, or as nobody should ask."""
    with door.open(Player([answer(b"one")], match_on=()), prefix="") as handle:
        with raw_client.connect(handle.base_url) as wire:
            wire.sendall(f"POST {target} HTTP/1.1\r\nhost: h\r\n\r\n".encode("latin-1"))
            got = raw_client.receive(wire, until=b"\n\r\n")
        assert got.data.startswith(b"HTTP/1.1 %d" % status)
    assert caplog.records == []


def test_a_base_url_may_be_asked_with_a_query_alone(play):
    """Its prefix ends where the path does."""
    url = play(answer(b"one")).removesuffix("/x")
    assert b"one" in raw_client.ask(f"{url}?a=b").data
