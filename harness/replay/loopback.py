"""The loopback door: a real socket on 127.0.0.1, for any client in any language.

The rule of this file: one server and one thread for all cases. Each case has its own path prefix
that nobody can guess, hence its own player; a request without a known prefix is a 404. Closing a
handle ends the connections of its case, closing the door ends the thread and frees the port.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import secrets
import socket
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, Self, TypeVar

from harness.errors import UsageError
from harness.model import Exchange, Request
from harness.replay.clock import RealClock
from harness.replay.connection import Connection
from harness.replay.player import Player

T = TypeVar("T")
HOST = "127.0.0.1"
_PATIENCE = 10.0  # seconds that a hand-over between two threads of ours may take


def untestable(tape: Sequence[Exchange]) -> str | None:
    """Why a tape cannot be played on this door, or None where it can.

    A server that listens cannot refuse one connection and take the next."""
    if any(not exchange.connected for exchange in tape):
        return "a connection that is refused, or never made, can be played in-process only"
    return None


class Handle:
    """One case on the door. `base_url` has no `/v1`."""

    def __init__(self, door: Loopback, player: Player, speed: float, prefix: str) -> None:
        self._door, self._player, self.speed, self.prefix = door, player, speed, prefix
        self.connections: set[Connection] = set()
        self.base_url = ""
        self._endured = 0.0

    def answer(self, request: Request) -> Exchange:
        return self._player.answer(request)

    def adopt(self, connection: Connection) -> None:
        self.connections.add(connection)

    def forget(self, connection: Connection) -> None:
        self.connections.discard(connection)

    def endured(self, seconds: float) -> None:
        self._endured = max(self._endured, seconds)

    @property
    def silence(self) -> float:
        """The longest time, in seconds, that a client stayed with a peer that had gone silent."""
        return max(self._endured, *(one.silence for one in tuple(self.connections)), 0.0)

    def close(self) -> None:
        """Ends what is still being played: also the way out for a client that hangs."""
        self._door.remove(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Closed:
    """A base URL where every connection is refused: the port is held, and nobody listens."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.base_url = f"http://{HOST}:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Loopback:
    """The server. It starts with the first case that is opened."""

    def __init__(self, port: int = 0) -> None:
        self._wanted = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server: asyncio.Server | None = None
        self._lock = threading.Lock()
        self._handles: dict[str, Handle] = {}
        self._connections: set[Connection] = set()

    @property
    def port(self) -> int:
        """The port in use; 0 before the first case and after the end."""
        sockets = self._server.sockets if self._server is not None else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    def open(self, player: Player, *, speed: float = 1.0, prefix: str | None = None) -> Handle:
        """Play `player` under a prefix of its own, delays divided by `speed`.

        An empty prefix takes every path that no other case has."""
        reason = untestable(player.tape)
        if reason is not None:
            raise UsageError(reason)
        if speed <= 0:
            raise UsageError("speed must be positive", found=repr(speed))
        if player.clock is None:
            player.clock = RealClock()
        token = secrets.token_urlsafe(16) if prefix is None else prefix
        handle = Handle(self, player, speed, token)
        with self._lock:
            self._start()
            if token in self._handles:
                raise UsageError(f"prefix {token!r} is taken on this door")
            self._handles[token] = handle
        handle.base_url = f"http://{HOST}:{self.port}" + (f"/{token}" if token else "")
        return handle

    def remove(self, handle: Handle) -> None:
        with self._lock:
            if self._handles.pop(handle.prefix, None) is not None and self._loop is not None:
                self._call(self._end(handle.connections))

    def close(self) -> None:
        with self._lock:
            loop, thread = self._loop, self._thread
            self._handles.clear()
            if loop is None or thread is None:
                return
            self._call(self._stop())
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_PATIENCE)
            loop.close()
            self._loop = self._thread = self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # On the caller's thread.

    def _start(self) -> None:
        if self._loop is not None:
            return
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="harness-loopback", daemon=True
        )
        self._thread.start()
        try:
            self._server = self._call(self._listen())
        except (OSError, OverflowError) as error:  # taken, forbidden, or no port at all
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE)
            self._loop.close()
            self._loop = self._thread = None
            raise UsageError(
                f"cannot listen on {HOST}:{self._wanted}",
                found=str(error),
                hint="Without a port, any free one is taken",
            ) from error

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        done: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(_PATIENCE)

    # On the door's own thread.

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: Connection(self._find, self._connections), HOST, self._wanted, backlog=512
        )

    def _find(self, target: str) -> tuple[Handle, str] | None:
        path, mark, query = target.partition("?")
        prefix, slash, rest = path.removeprefix("/").partition("/")
        handle = self._handles.get(prefix)
        if handle is not None and prefix:
            return handle, slash + rest + mark + query
        root = self._handles.get("")
        return (root, target) if root is not None else None

    async def _end(self, connections: set[Connection]) -> None:
        leaving = set(connections)
        tasks = [connection.task for connection in leaving if connection.task is not None]
        for connection in leaving:
            connection.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while leaving & self._connections:  # noqa: ASYNC110 -- closed in the loop's next round
            await asyncio.sleep(0)

    async def _stop(self) -> None:
        assert self._server is not None
        # A client that came just now is a task of asyncio's until its connection is made, and is
        # lost by asyncio if the server closes before that.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await self._end(self._connections)
            await asyncio.gather(*others, return_exceptions=True)
        self._server.close()
        await self._end(self._connections)
