"""The tee: what it writes down, when the client leaves early too, and that nobody notices it."""

import asyncio
import gzip

import doors
import httpx
import httpx2
import pytest
from damaged import chat, damaged, messages

from harness.model import Ending, Exchange, Piece, Request
from harness.replay.capture import DRAIN_BYTES, async_tee, tee
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import async_transport, transport
from harness.replay.loopback import Loopback
from harness.replay.player import Player

MODULES = {"httpx": httpx, "httpx2": httpx2}
URL = "http://upstream.test/v1/x"
WIRES = {"chat": damaged(chat()), "messages": damaged(messages())}
both = pytest.mark.parametrize("module", MODULES)


def answer(*pieces, **extra):
    pieces = tuple(p if isinstance(p, Piece) else Piece(p) for p in pieces)
    return Exchange(Request("POST", URL), pieces=pieces, **extra)


def player_of(*tape):
    return Player(tape, match_on=("method",), clock=VirtualClock(start=0.0))


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


def record(module, exchange, use, **options):
    """What the tee wrote down while `use(response)` ran, sync and async, over the same tape."""
    seen = []
    player = player_of(exchange)
    made = tee(seen.append, transport(player, module), module=module, clock=player.clock)
    errors = MODULES[module].TransportError
    with MODULES[module].Client(transport=made, **options) as client:
        try:
            with client.stream("POST", URL, content=b"asked") as response:
                use(response.iter_raw())
        except errors:
            pass

    async def asynchronously():
        player = player_of(exchange)
        inner = async_transport(player, module)
        made = async_tee(seen.append, inner, module=module, clock=player.clock)
        async with MODULES[module].AsyncClient(transport=made, **options) as client:
            try:
                async with client.stream("POST", URL, content=b"asked") as response:
                    if use is leave:
                        await anext(response.aiter_raw())
                    else:
                        async for _ in response.aiter_raw():
                            pass
            except errors:
                pass

    asyncio.run(asynchronously())
    sync, asynchronous = seen
    assert sync.ending == asynchronous.ending
    assert sync.pieces == asynchronous.pieces
    return sync


def leave(items):
    next(items)


@both
@pytest.mark.parametrize("ending", [Ending.COMPLETE, Ending.EOF, Ending.RESET, Ending.STALL])
def test_pieces_delays_and_ending_are_what_came(module, ending):
    """To the tick, on a clock that both sides share."""
    pieces = Piece(b"one", 0.5), Piece(b"two", 0.0), Piece(b"\xff\x00", 2.0)
    headers = (("X-Odd-Case", "a"), ("x-odd-case", "b"), ("transfer-encoding", "chunked"))
    played = answer(*pieces, ending=ending, head_delay=1.5, reason="Fine", headers=headers)
    got = record(module, played, list)
    assert got.pieces == pieces
    assert (got.ending, got.head_delay, got.status) == (ending, 1.5, 200)
    assert (got.reason, got.headers, got.http_version) == ("Fine", headers, "HTTP/1.1")
    assert (got.request.method, got.request.url, got.request.body) == ("POST", URL, b"asked")
    assert got.request.header("host") == "upstream.test"


@both
@pytest.mark.parametrize(
    ("ending", "connected"),
    [
        (Ending.RESET, True),
        (Ending.EOF, True),
        (Ending.STALL, True),
        (Ending.RESET, False),
        (Ending.STALL, False),
    ],
)
def test_a_death_before_the_status_is_an_exchange_too(module, ending, connected):
    """Without a status, with the way it died."""
    played = answer(status=None, ending=ending, connected=connected)
    got = record(module, played, list)
    assert (got.status, got.ending, got.connected, got.pieces) == (None, ending, connected, ())
    assert got.request.body == b"asked"


@both
def test_a_compressed_body_is_kept_compressed(module):
    """The bytes of the wire, not their meaning."""
    packed = gzip.compress(b"meaning" * 50)
    got = record(
        module, answer(packed[:9], packed[9:], headers=(("content-encoding", "gzip"),)), list
    )
    assert got.body == packed


@both
def test_leaving_at_the_last_event_is_still_a_complete_answer(module):
    """What was on its way is read, so that a finished answer is told from an abandoned one."""
    got = record(module, answer(b"data: 1\n\n", b"data: [DONE]\n\n"), leave)
    assert (got.ending, len(got.pieces)) == (Ending.COMPLETE, 2)


@both
def test_leaving_an_endless_answer_is_the_clients_doing(module):
    """Reading on is bounded."""
    pieces = [b"x" * 1000] * (DRAIN_BYTES // 1000 * 3)
    got = record(module, answer(*pieces), leave)
    assert got.ending is Ending.CLIENT_CLOSED
    assert len(got.body) <= DRAIN_BYTES + 1000


@both
def test_leaving_a_peer_that_would_be_silent_for_ever_ends(module):
    """No timeout was declared, and nobody waits."""
    got = record(module, answer(b"one", b"two", ending=Ending.STALL), leave, timeout=None)
    assert (got.ending, got.body) == (Ending.CLIENT_CLOSED, b"onetwo")


@both
def test_leaving_a_silent_socket_ends(module, door):
    """A read that blocks is woken."""
    seen = []
    stalled = answer(b"one", ending=Ending.STALL)
    library = MODULES[module]
    with (
        door.open(Player([stalled], match_on=("method",))) as handle,
        library.Client(transport=tee(seen.append, module=module), timeout=None) as client,
        client.stream("POST", handle.base_url + "/x") as response,
    ):
        assert next(response.iter_raw()) == b"one"
    assert [(exchange.ending, exchange.body) for exchange in seen] == [
        (Ending.CLIENT_CLOSED, b"one")
    ]


@both
def test_a_cancelled_task_has_left(module, door):
    """Before the head or after it."""
    library = MODULES[module]

    async def cancelled(exchange):
        seen = []
        got_one = asyncio.Event()

        async def read(url):
            made = async_tee(seen.append, module=module)
            async with (
                library.AsyncClient(transport=made, timeout=None) as client,
                client.stream("POST", url) as response,
            ):
                async for _ in response.aiter_raw():
                    got_one.set()

        player = Player([exchange], match_on=("method",))
        with door.open(player) as handle:
            task = asyncio.create_task(read(handle.base_url + "/x"))
            if exchange.status is None:
                while not player.sent:  # noqa: ASYNC110 -- another thread appends
                    await asyncio.sleep(0.001)
            else:
                await got_one.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return [(one.status, one.ending, one.body) for one in seen]

    stall = {"ending": Ending.STALL}
    assert asyncio.run(cancelled(answer(status=None, **stall))) == [
        (None, Ending.CLIENT_CLOSED, b"")
    ]
    assert asyncio.run(cancelled(answer(b"one", **stall))) == [(200, Ending.CLIENT_CLOSED, b"one")]


@both
def test_a_request_that_never_left_is_no_exchange(module):
    """What the client library itself refuses has not been on the wire."""
    seen = []
    library = MODULES[module]
    made = tee(seen.append, transport(player_of(answer(b"one")), module), module=module)
    with (
        library.Client(transport=made) as client,
        pytest.raises(library.LocalProtocolError),
    ):
        client.post(URL, headers={"bad name": "x"})
    assert seen == []


@pytest.mark.parametrize("client", ["httpx", "httpx2", "openai", "anthropic"])
@pytest.mark.parametrize("fault", WIRES["chat"])
def test_nobody_notices_the_tee(fault, client):
    """Items, errors and causes are those of a client without it, sync and async."""
    damage = WIRES["messages" if client == "anthropic" else "chat"][fault]
    module = client if client in MODULES else "httpx2"
    seen = []

    def look(see, door, wrap):
        player = player_of(damage.exchange)
        plain = see(client, "http://127.0.0.1:9", damage.patience, door(player, module))
        player = player_of(damage.exchange)
        made = wrap(seen.append, door(player, module), module=module, clock=player.clock)
        assert see(client, "http://127.0.0.1:9", damage.patience, made) == plain

    look(doors.see, transport, tee)
    look(doors.see_async, async_transport, async_tee)
    assert len(seen) == 2
