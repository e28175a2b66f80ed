"""The in-process door: virtual time, no network, no patching, and the real pool's own behaviour."""

import asyncio
import concurrent.futures
import contextlib
import math
import socket
import threading
import time

import httpx
import httpx2
import pytest
from damaged import chat, exchange
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnexpectedRequest, UsageError
from harness.model import Ending, Exchange, Piece, Request
from harness.replay.clock import RealClock, VirtualClock, WaitsForEver
from harness.replay.inprocess import async_transport, transport
from harness.replay.player import Player

MODULES = [httpx, httpx2]
URL = "https://api.upstream.test/v1/x"
WIRE = chat()
both = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)


def answer(*pieces, **extra):
    pieces = tuple(p if isinstance(p, Piece) else Piece(p) for p in pieces)
    return Exchange(Request("POST", URL), pieces=pieces, **extra)


def player_of(*tape):
    return Player(tape, match_on=("method",), clock=VirtualClock(start=0.0))


@contextlib.contextmanager
def client_of(module, player, **options):
    made = transport(player, module.__name__)
    with module.Client(transport=made, **options) as client:
        yield client


@contextlib.asynccontextmanager
async def async_client_of(module, player, **options):
    made = async_transport(player, module.__name__)
    async with module.AsyncClient(transport=made, **options) as client:
        yield client


@both
def test_nothing_reaches_the_network(module, monkeypatch):
    """Any URL goes to the player, https and IP addresses too; no socket is ever made."""

    def forbidden(*_args, **_options):
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "create_connection", forbidden)
    urls = [URL, "http://[::1]:8080/v1/x?a=b", "http://169.254.169.254/latest"]
    player = player_of(*[answer(b"one")] * 3)
    with client_of(module, player) as client:
        assert [client.post(url).text for url in urls] == ["one"] * 3
    assert [sent.request.url for sent in player.sent] == urls


@both
def test_the_whole_request_is_written_down(module):
    """Headers, and a body of known length or in chunks, byte for byte."""
    player = player_of(*[answer(b"one")] * 3)
    with client_of(module, player) as client:
        client.post(URL, content=b"\x00body\r\n\r\n", headers={"X-A": "b"})
        client.post(URL, content=iter([b"in ", b"", b"0\r\n\r\n", b"chunks"]))
        client.post(URL)
    first, second, third = (sent.request for sent in player.sent)
    assert (first.body, first.header("x-a")) == (b"\x00body\r\n\r\n", "b")
    assert (second.body, second.header("transfer-encoding")) == (b"in 0\r\n\r\nchunks", "chunked")
    assert third.body == b""


@both
def test_one_connection_serves_many_requests(module):
    """Keep-alive as on a socket: the pool holds one idle connection."""
    player = player_of(*[answer(b"one")] * 3)
    made = transport(player, module.__name__)
    with module.Client(transport=made) as client:
        for _ in range(3):
            client.post(URL)
            assert len(made._pool.connections) == 1


@both
@pytest.mark.parametrize("ending", [Ending.EOF, Ending.RESET])
def test_a_dead_connection_is_not_used_again(module, ending):
    """The next request gets a new one, whatever the length had promised."""
    dead = answer(b"one", ending=ending, headers=(("content-length", "3"),))
    player = player_of(dead, answer(b"two"))
    with client_of(module, player) as client:
        assert [client.post(URL).text for _ in range(2)] == ["one", "two"]


@both
def test_a_client_that_leaves_early_leaves_nothing_behind(module):
    """What it did not read is never the next answer, over either kind of client."""
    player = player_of(answer(b"read", b"left"), answer(b"next"), answer(b"read", b"left"))
    with client_of(module, player) as client:
        with client.stream("POST", URL) as response:
            assert next(response.iter_raw()) == b"read"
        assert client.post(URL).content == b"next"

    async def leave():
        async with async_client_of(module, player) as client, client.stream("POST", URL) as got:
            return await anext(got.aiter_raw())

    assert asyncio.run(leave()) == b"read"
    assert not player.unplayed


@both
def test_a_piece_above_a_clients_buffer_comes_in_several_reads(module):
    """And those before and after it are whole, as they were written."""
    large = b"x" * 200_000
    player = player_of(answer(b"a", large, b"b", Piece(b"c", 1.0)))
    with client_of(module, player) as client, client.stream("POST", URL) as response:
        items = list(response.iter_raw())
    assert (items[0], items[-2:], b"".join(items)) == (b"a", [b"b", b"c"], b"a" + large + b"bc")


@both
def test_delays_pass_on_the_clock_alone(module):
    """An hour's stream takes no time, and each piece has its own."""
    player = player_of(answer(Piece(b"one", 600.0), Piece(b"two", 3000.0), head_delay=1.0))
    at = []
    with (
        client_of(module, player, timeout=3600) as client,
        client.stream("POST", URL) as response,
    ):
        at.append(player.clock.now())
        at.extend(player.clock.now() for _ in response.iter_raw())
    assert at == [1.0, 601.0, 3601.0]
    assert player.clock.waits == []  # the wire's time is not the target's waiting


@both
def test_threads_that_wait_at_the_same_time_wait_side_by_side(module):
    """Two streams of ten seconds, read by two threads, take ten seconds."""
    together = threading.Barrier(2, timeout=10)

    class Watched(VirtualClock):
        def until(self, moment):
            together.wait()  # both know how long they wait before either has waited
            super().until(moment)

    player = player_of(*[answer(Piece(b"one", 5.0), Piece(b"two", 5.0))] * 2)
    player.clock = Watched(start=0.0)
    with (
        client_of(module, player, timeout=60) as client,
        concurrent.futures.ThreadPoolExecutor(2) as threads,
    ):
        assert [got.text for got in threads.map(client.post, [URL] * 2)] == ["onetwo"] * 2
    assert player.clock.now() == 10.0


@both
def test_a_slow_reader_does_not_slow_the_peer(module):
    """Pieces that were due while the client was busy are there at once."""
    player = player_of(answer(*[Piece(b"%d" % n, 1.0) for n in range(4)]))
    with client_of(module, player) as client, client.stream("POST", URL) as response:
        for _ in response.iter_raw():
            player.clock.sleep(2.5)
    assert player.clock.now() == 1.0 + 4 * 2.5
    assert player.clock.waits == [2.5] * 4


@both
@pytest.mark.parametrize(
    ("tape", "timeouts", "error", "at"),
    [
        (answer(head_delay=9.0), {"read": 3.0}, "ReadTimeout", 3.0),
        (answer(b"one", ending=Ending.STALL), {"read": 240.0}, "ReadTimeout", 240.0),
        (answer(b"one", Piece(b"two", 5.0)), {"read": 4.0}, "ReadTimeout", 4.0),
        (
            answer(status=None, connected=False, ending=Ending.STALL),
            {"connect": 7.0},
            "ConnectTimeout",
            7.0,
        ),
        (
            answer(status=None, connected=False, ending=Ending.RESET, head_delay=2.0),
            {"connect": 7.0},
            "ConnectError",
            2.0,
        ),
    ],
)
def test_a_declared_timeout_is_met_on_the_clock(module, tape, timeouts, error, at):
    """Sync and async, at the declared second and not before."""
    patience = module.Timeout(None, **timeouts)
    player = player_of(tape)
    with client_of(module, player, timeout=patience) as client:
        with pytest.raises(getattr(module, error)):
            client.post(URL)
        assert player.clock.now() == at
        assert player.unplayed == ()

    async def asynchronously():
        player = player_of(tape)
        async with async_client_of(module, player, timeout=patience) as client:
            with pytest.raises(getattr(module, error)):
                await client.post(URL)
            assert player.clock.now() == at

    asyncio.run(asynchronously())


@both
@pytest.mark.parametrize(
    "tape",
    [answer(b"one", ending=Ending.STALL), answer(status=None, ending=Ending.STALL)],
)
def test_waiting_for_ever_is_said_instead_of_done(module, tape):
    """A target without a timeout would hang; the error is one that no client swallows."""
    with (
        client_of(module, player_of(tape), timeout=None) as client,
        pytest.raises(WaitsForEver, match="declared no timeout"),
    ):
        client.post(URL)
    assert not issubclass(WaitsForEver, Exception)


@both
def test_an_unexpected_request_passes_through_the_library(module):
    """Neither wrapped nor retried, sync and async."""
    player = Player([])
    with client_of(module, player) as client, pytest.raises(UnexpectedRequest, match="is empty"):
        client.post(URL)

    async def asynchronously():
        async with async_client_of(module, player) as client:
            with pytest.raises(UnexpectedRequest, match="is empty"):
                await client.post(URL)

    asyncio.run(asynchronously())
    assert len(player.sent) == 2


@both
def test_a_retry_after_a_refused_connection_is_answered(module):
    """Also when an idle connection could have been used."""
    dead = answer(status=None, connected=False, ending=Ending.RESET)
    player = player_of(answer(b"one"), dead, answer(b"two"))
    with client_of(module, player) as client:
        assert client.post(URL).text == "one"
        with pytest.raises(module.ConnectError):
            client.post(URL)
        assert client.post(URL).text == "two"
    assert player.unplayed == ()


@both
def test_a_reading_task_lets_others_run(module):
    """A stream of any length is read without starving the loop, and can be cancelled between
    pieces."""

    async def main():
        player = player_of(answer(*[Piece(b"x", 0.001)] * 500))
        seen = 0

        async def read():
            nonlocal seen
            async with (
                async_client_of(module, player) as client,
                client.stream("POST", URL) as response,
            ):
                async for _ in response.aiter_raw():
                    seen += 1

        task = asyncio.create_task(read())
        while seen < 5:  # noqa: ASYNC110 -- turns of the loop are what is tested
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert 5 <= asyncio.run(main()) < 500


@both
def test_parallel_tasks_each_get_their_own_answer(module):
    """No global state to mix them up: a player each, all at once."""

    async def one(n):
        player = player_of(*[answer(Piece(b"%d" % n, 0.1), Piece(b"!", 0.1))] * 3)
        async with async_client_of(module, player) as client:
            return [(await client.post(URL)).text for _ in range(3)]

    async def everybody():
        return await asyncio.gather(*map(one, range(20)))

    assert asyncio.run(everybody()) == [[f"{n}!"] * 3 for n in range(20)]


def test_a_real_clock_really_waits():
    """Where a case needs it, the same door keeps real time."""
    player = Player([answer(Piece(b"one", 0.05))], match_on=("method",), clock=RealClock())
    start = time.monotonic()
    with client_of(httpx, player) as client:
        client.post(URL)
    assert time.monotonic() - start >= 0.05


def test_a_player_without_a_clock_gets_a_virtual_one():
    """In-process time is virtual unless somebody says otherwise."""
    player = Player([answer(Piece(b"one", 4.0))], match_on=("method",))
    with client_of(httpx, player) as client:
        client.post(URL)
    assert isinstance(player.clock, VirtualClock)


def test_another_module_has_no_door():
    """And the error names those that have one."""
    with pytest.raises(UsageError, match="httpx2"):
        transport(Player([]), "requests")


@both
@given(
    sizes=st.lists(st.integers(0, 70_000), max_size=12),
    delays=st.lists(st.sampled_from([0.0, 0.5]), min_size=12, max_size=12),
)
def test_pieces_keep_their_boundaries(module, sizes, delays):
    """Whatever is joined into one read, each piece comes out as one item (up to a read's size)."""
    pieces = [Piece(bytes([n]) * size, delays[n]) for n, size in enumerate(sizes)]
    with (
        client_of(module, player_of(answer(*pieces))) as client,
        client.stream("POST", URL) as response,
    ):
        items = list(response.iter_raw())
    assert b"".join(items) == b"".join(piece.data for piece in pieces)
    if max(sizes, default=0) < 65_000:
        assert items == [piece.data for piece in pieces if piece.data]


def test_patience_is_compared_with_what_is_left():
    """A virtual clock that is already past the due time makes no client wait."""
    player = player_of(exchange(WIRE, WIRE.events, head_delay=5.0))
    with client_of(httpx2, player, timeout=math.inf) as client:
        assert client.post(URL).content == b"".join(WIRE.events)
    assert player.clock.now() == 5.0
