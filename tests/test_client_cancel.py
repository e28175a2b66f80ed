"""A user who stops an ask: nothing is retried, what was shown stays (D20); and who may not."""

import asyncio
import socket
import threading

import httpx
import pytest
from client_stage import GOOD, HELLO, refuses, says, stage
from token_origin import Origin
from toy_wire import BACKEND, TOY

from harness.client import AsyncClient, Client
from harness.credentials import CREDENTIALS
from harness.credentials._state import FileStore
from harness.model import EventKind, FailureKind, OutcomeKind

__all__ = ["stage"]


def stop_at(set_up, kind):
    """Cancels when the first event of this kind is heard."""
    heard = set_up.client.setup.on_event

    def listen(event):
        heard(event)
        if event.kind is kind:
            set_up.client.cancel()

    set_up.client.setup.on_event = listen


def test_a_stopped_stream_keeps_what_was_shown(stage):
    """No retry, no reconnecting, no call to execute, and the failure says that it was us."""
    tape = says("T half", "C f", "A {}", "D", "F tool_calls", ".")
    set_up = stage(tape, GOOD)
    stop_at(set_up, EventKind.TEXT)
    reply = set_up.ask()
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert reply.outcome.failure.kind is FailureKind.CANCELLED
    assert reply.outcome.response.content == "half"
    assert reply.outcome.response.tool_calls is None
    assert len(set_up.sent) == 1


def test_later_asks_are_not_concerned(stage):
    """A stop ends what runs, and nothing else."""
    set_up = stage(says("T a", "T b", "F stop", "."), GOOD)
    set_up.client.cancel()
    stop_at(set_up, EventKind.TEXT)
    assert set_up.ask().outcome.failure.kind is FailureKind.CANCELLED
    set_up.client.setup.on_event = None
    assert set_up.ask().value().content == "hello"


def test_a_stop_during_backoff_ends_the_ask(stage):
    """The retry that was due is not sent."""
    set_up = stage(refuses(503), GOOD)
    sleep, sleep_async = set_up.clock.sleep, set_up.clock.sleep_async

    def stop_and_sleep(seconds):
        set_up.client.cancel()
        sleep(seconds)

    async def stop_and_sleep_async(seconds):
        set_up.client.cancel()
        await sleep_async(seconds)

    set_up.clock.sleep, set_up.clock.sleep_async = stop_and_sleep, stop_and_sleep_async
    assert set_up.ask().outcome.failure.kind is FailureKind.CANCELLED
    assert len(set_up.sent) == 1


@pytest.fixture
def stalled():
    """A socket that sends half a reply and then nothing, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve():
            peer, _ = server.accept()
            held.append(peer)
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nT half\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)
        for peer in held:
            peer.close()


def test_a_read_that_blocks_in_another_thread_is_woken(stalled):
    """On a real socket, without waiting for the read timeout."""
    heard, replies = threading.Event(), []

    def listen(event):
        if event.kind is EventKind.TEXT:
            heard.set()

    with Client(BACKEND, TOY, base_url=stalled, on_event=listen) as client:
        thread = threading.Thread(target=lambda: replies.append(client.ask(HELLO)))
        thread.start()
        assert heard.wait(10)
        client.cancel()
        thread.join(10)
        assert not thread.is_alive()
    assert replies[0].outcome.failure.kind is FailureKind.CANCELLED
    assert replies[0].outcome.response.content == "half"


async def test_a_stalled_await_is_woken(stalled):
    """By `cancel`, however often, with the partial reply; the task itself is not cancelled."""
    heard = asyncio.Event()

    def listen(event):
        if event.kind is EventKind.TEXT:
            heard.set()

    async with AsyncClient(BACKEND, TOY, base_url=stalled, on_event=listen) as client:
        asking = asyncio.create_task(client.ask(HELLO))
        await asyncio.wait_for(heard.wait(), 10)
        client.cancel()
        client.cancel()
        reply = await asyncio.wait_for(asking, 10)
    assert reply.outcome.failure.kind is FailureKind.CANCELLED
    assert reply.outcome.response.content == "half"


async def test_a_cancelled_task_is_cancelled(stalled):
    """From outside, asyncio's own cancellation goes through untouched."""
    heard = asyncio.Event()
    async with AsyncClient(
        BACKEND, TOY, base_url=stalled, on_event=lambda event: heard.set()
    ) as client:
        asking = asyncio.create_task(client.ask(HELLO))
        await asyncio.wait_for(heard.wait(), 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


@pytest.mark.parametrize("ours", [True, False], ids=["cancel", "task"])
async def test_a_token_request_that_was_sent_is_never_abandoned(tmp_path, ours):
    """A stop in the midst of a refresh: the rotated token is saved, then the ask ends."""
    path = tmp_path / "own" / "state.json"
    with Origin(token_delay=0.3) as origin:
        made = CREDENTIALS.get("oauth_refresh")(
            "old", token_url=f"{origin.url}/token", refresh_token="refresh-1", state=path
        )
        async with AsyncClient(BACKEND, TOY, made, base_url=origin.url) as client:
            asking = asyncio.create_task(client.ask(HELLO))
            while not path.exists():  # noqa: ASYNC110 - a file of another thread
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            if ours:
                client.cancel()
                reply = await asyncio.wait_for(asking, 10)
                assert reply.outcome.failure.kind is FailureKind.CANCELLED
            else:
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            assert FileStore(path).load()["refresh_token"] == "refresh-2"
            assert (await client.ask(HELLO)).value().content == "hello"
    assert origin.refreshes == 1


async def test_a_stop_that_comes_at_the_end_is_not_a_stop_of_what_follows():
    """The task belongs to the caller: once the ask is over, `cancel` leaves it alone."""
    pieces = httpx.MockTransport(lambda request: httpx.Response(200, text="T a\nF stop\n.\n"))
    async with httpx.AsyncClient(transport=pieces) as http:
        client = AsyncClient(BACKEND, TOY, http=http)

        def listen(event):
            if event.kind is EventKind.FINISH:
                client.cancel()

        client.setup.on_event = listen
        reply = await client.ask(HELLO)
        for _ in range(3):
            await asyncio.sleep(0)  # where the caller's own work would be cancelled
    assert reply.value().content == "a"


async def test_a_stop_ends_the_wait_for_a_callback_and_lets_it_run():
    """The ask ends at once, and the refresh in the application's hands is not killed half-way."""
    begun, go, done = asyncio.Event(), asyncio.Event(), []

    async def refresh():
        begun.set()
        await go.wait()
        done.append(1)
        return True

    made = CREDENTIALS.get("jwt_callback")("t1", refresh=refresh)
    answer = httpx.MockTransport(lambda request: httpx.Response(401, text="no"))
    async with httpx.AsyncClient(transport=answer) as http:
        client = AsyncClient(BACKEND, TOY, made, http=http)
        asking = asyncio.create_task(client.ask(HELLO))
        await asyncio.wait_for(begun.wait(), 10)
        client.cancel()
        reply = await asyncio.wait_for(asking, 10)
        assert reply.outcome.failure.kind is FailureKind.CANCELLED
        go.set()
        await asyncio.sleep(0.01)
    assert done == [1]


def test_a_stop_ends_the_wait_for_anothers_refresh(tmp_path, monkeypatch):
    """Whoever holds the lock may take two minutes; the user does not."""
    store, waits = FileStore(tmp_path / "own" / "state.json"), threading.Event()
    release, try_lock = store.try_lock(), FileStore.try_lock

    def told(store):
        waits.set()
        return try_lock(store)

    monkeypatch.setattr(FileStore, "try_lock", told)
    made = CREDENTIALS.get("oauth_refresh")(
        None, token_url="http://127.0.0.1:9/t", refresh_token="r", state=store.path
    )
    replies = []
    with Client(BACKEND, TOY, made) as client:
        thread = threading.Thread(target=lambda: replies.append(client.ask(HELLO)))
        thread.start()
        assert waits.wait(10)
        client.cancel()
        thread.join(2)
        ended = not thread.is_alive()
        release()
        thread.join(10)
    assert ended
    assert replies[0].outcome.failure.kind is FailureKind.CANCELLED


def test_a_closed_client_of_the_callers_is_left_alone():
    """`http` that was handed in stays open when the client is closed."""
    with httpx.Client() as http:
        with Client(BACKEND, TOY, http=http):
            pass
        assert not http.is_closed
