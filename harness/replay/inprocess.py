"""The in-process door: the real httpcore pool of httpx or httpx2 over recorded bytes.

The rule of this file: below the pool there is no network, and above it nothing is ours. Every URL,
https too, goes to the player. Nothing is patched: a client is handed a transport. Time is the
clock's: delays and stalls meet the timeouts that the client declared, without waiting.

Neither library has a public parameter for a network backend. `_door` is the one place that sets
the pool of a transport.
"""

from __future__ import annotations

import errno
import functools
import importlib
import math
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from typing import Any

import anyio

from harness.errors import UsageError
from harness.model import Ending, Exchange
from harness.replay.clock import AnyClock, RealClock, VirtualClock
from harness.replay.line import Line, patience
from harness.replay.player import Player

_CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}


class _Stream:
    def __init__(self, core: Any, line: Line) -> None:
        self._core, self._line = core, line

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._line.write(buffer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._wait(timeout)
        data = self._line.take(max_bytes)
        if isinstance(data, Ending):
            raise _as(self._core.ReadError, _reset())
        return data

    def chunks(self, timeout: float | None) -> Iterator[bytes]:
        """The reads that are whole chunks, as a parser would give them out."""
        while self._line.chunks_are_next:
            self._wait(timeout)
            yield from self._line.take_chunks()

    def _wait(self, timeout: float | None) -> None:
        moment, too_long = self._line.wait(timeout)
        self._line.clock.until(moment)
        if too_long:
            raise _as(self._core.ReadTimeout, TimeoutError("timed out"))

    def close(self) -> None:
        pass

    def start_tls(self, *args: Any, **kwargs: Any) -> _Stream:
        self._line.start_tls()
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._line.info(info)


class _AsyncStream:
    def __init__(self, core: Any, line: Line) -> None:
        self._core, self._line = core, line

    # The signatures are httpcore's, hence the timeouts.
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._line.write(buffer)

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> bytes:
        await self._wait(timeout)
        data = self._line.take(max_bytes)
        if isinstance(data, Ending):
            broken = anyio.BrokenResourceError()
            broken.__cause__ = _reset()
            raise _as(self._core.ReadError, broken)
        return data

    async def chunks(self, timeout: float | None) -> AsyncIterator[bytes]:  # noqa: ASYNC109
        while self._line.chunks_are_next:
            await self._wait(timeout)
            for chunk in self._line.take_chunks():
                yield chunk

    async def _wait(self, timeout: float | None) -> None:  # noqa: ASYNC109
        moment, too_long = self._line.wait(timeout)
        # Also where nothing is waited for: as at a socket's read, others run and cancelling works.
        await self._line.clock.until_async(moment)
        if too_long:
            raise _as(self._core.ReadTimeout, TimeoutError())

    async def aclose(self) -> None:
        pass

    async def start_tls(self, *args: Any, **kwargs: Any) -> _AsyncStream:
        self._line.start_tls()
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._line.info(info)


class _Body:
    """An answer's body: whole chunks past the library's parser, then what is left through it.

    A parser written in Python is most of what an ordinary stream costs, and of a whole chunk it
    gives out nothing but the chunk. Heads, other framings and every way to end are the parser's."""

    def __init__(self, line: _Stream, timeout: float | None, rest: Any) -> None:
        self._line, self._timeout, self._rest = line, timeout, rest

    def __iter__(self) -> Iterator[bytes]:
        with ExitStack() as unless_whole:
            # As the library's own body does: what was left or failed is of no more use.
            unless_whole.callback(self.close)
            yield from self._line.chunks(self._timeout)
            unless_whole.pop_all()
        yield from self._rest

    def close(self) -> None:
        self._rest.close()


class _AsyncBody:
    """The same, async."""

    def __init__(self, line: _AsyncStream, timeout: float | None, rest: Any) -> None:
        self._line, self._timeout, self._rest = line, timeout, rest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with AsyncExitStack() as unless_whole:
            unless_whole.push_async_callback(self._abandon)
            async for chunk in self._line.chunks(self._timeout):
                yield chunk
            unless_whole.pop_all()
        async for chunk in self._rest:
            yield chunk

    async def _abandon(self) -> None:
        with anyio.CancelScope(shield=True):
            await self.aclose()

    async def aclose(self) -> None:
        await self._rest.aclose()


class _Backend:
    """httpcore's network backend, sync."""

    def __init__(self, core: Any, player: Player, clock: AnyClock) -> None:
        self._core, self._player, self._clock = core, player, clock

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **kwargs: Any
    ) -> _Stream:
        refused = self._player.refuse(host, port)
        if refused is not None:
            moment, too_long = _connecting(refused, self._clock.now(), timeout)
            self._clock.until(moment)
            if too_long:
                raise _as(self._core.ConnectTimeout, TimeoutError("timed out"))
            raise _as(self._core.ConnectError, _refusal())
        return _Stream(self._core, Line(self._player, self._clock, host, port))

    def sleep(self, seconds: float) -> None:
        self._clock.until(self._clock.now() + seconds)


class _AsyncBackend:
    """The same, async."""

    def __init__(self, core: Any, player: Player, clock: AnyClock) -> None:
        self._core, self._player, self._clock = core, player, clock

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        **kwargs: Any,
    ) -> _AsyncStream:
        refused = self._player.refuse(host, port)
        if refused is not None:
            moment, too_long = _connecting(refused, self._clock.now(), timeout)
            await self._clock.until_async(moment)
            if too_long:
                raise _as(self._core.ConnectTimeout, TimeoutError())
            raised = OSError("All connection attempts failed")
            raised.__cause__ = _refusal()
            raise _as(self._core.ConnectError, raised)
        return _AsyncStream(self._core, Line(self._player, self._clock, host, port))

    async def sleep(self, seconds: float) -> None:
        await self._clock.until_async(self._clock.now() + seconds)


def _connecting(refused: Exchange, now: float, timeout: float | None) -> tuple[float, bool]:
    never = refused.ending is Ending.STALL
    return patience(now, math.inf if never else now + refused.head_delay, timeout)


def _as(error: Callable[[Exception], Exception], cause: Exception) -> Exception:
    """As the library maps what a socket raises: wrapped, with the cause as its only argument."""
    made = error(cause)
    made.__cause__ = cause
    return made


def _reset() -> OSError:
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def _refusal() -> OSError:
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


@functools.cache
def _door(module: str, kind: str) -> type[Any]:
    """HTTPTransport or AsyncHTTPTransport of httpx or httpx2, with a pool that is given.

    Its own constructor is left out: it would load the machine's certificates for a pool that
    never sees a network."""
    if module not in _CORES:
        raise UsageError(f"no in-process door for {module!r}", hint="There are httpx and httpx2")
    parent = getattr(importlib.import_module(module), kind)

    def init(self: Any, pool: Any) -> None:
        self._pool = pool

    return type(kind, (parent,), {"__init__": init})


_KEEPALIVE = 5.0  # seconds; this and the limits are what both libraries have by default
_LIMITS = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": _KEEPALIVE}


@functools.cache
def _pool(module: str) -> type[Any]:
    """The library's connection pool, whose connections give their answers a body of ours."""
    core = importlib.import_module(module)
    real: type[Any] = core.HTTPConnection

    def handle_request(self: Any, request: Any) -> Any:
        response = real.handle_request(self, request)
        line = response.extensions["network_stream"]
        if isinstance(line, _Stream):  # and not what a CONNECT or an upgrade leaves
            response.stream = _Body(line, _patience_of(request), response.stream)
        return response

    connection = type("HTTPConnection", (real,), {"handle_request": handle_request})
    return _with(core.ConnectionPool, connection)


@functools.cache
def _async_pool(module: str) -> type[Any]:
    core = importlib.import_module(module)
    real: type[Any] = core.AsyncHTTPConnection

    async def handle_async_request(self: Any, request: Any) -> Any:
        response = await real.handle_async_request(self, request)
        line = response.extensions["network_stream"]
        if isinstance(line, _AsyncStream):
            response.stream = _AsyncBody(line, _patience_of(request), response.stream)
        return response

    body = {"handle_async_request": handle_async_request}
    return _with(core.AsyncConnectionPool, type("AsyncHTTPConnection", (real,), body))


def _with(pool: type[Any], connection: type[Any]) -> type[Any]:
    def init(self: Any, backend: Any) -> None:
        pool.__init__(self, _CONTEXT, network_backend=backend, **_LIMITS)
        self._backend = backend

    def create_connection(self: Any, origin: Any) -> Any:
        return connection(origin, _CONTEXT, _KEEPALIVE, network_backend=self._backend)

    body = {"__init__": init, "create_connection": create_connection}
    return type(pool.__name__, (pool,), body)


def _patience_of(request: Any) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


# Never used for a handshake: start_tls is ours.
_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def transport(player: Player, module: str = "httpx", clock: AnyClock | None = None) -> Any:
    """A transport for `httpx.Client` or `httpx2.Client` that plays the player's tape."""
    door = _door(module, "HTTPTransport")
    core = importlib.import_module(_CORES[module])
    backend = _Backend(core, player, _clock_of(player, clock))
    return door(_pool(core.__name__)(backend))


def async_transport(player: Player, module: str = "httpx", clock: AnyClock | None = None) -> Any:
    """The same for `AsyncClient`."""
    door = _door(module, "AsyncHTTPTransport")
    core = importlib.import_module(_CORES[module])
    backend = _AsyncBackend(core, player, _clock_of(player, clock))
    return door(_async_pool(core.__name__)(backend))


def _clock_of(player: Player, clock: AnyClock | None) -> AnyClock:
    """The case's one clock is the player's; a player without one is given a virtual one."""
    if clock is not None:
        return clock
    if player.clock is None:
        player.clock = VirtualClock()
    if not isinstance(player.clock, RealClock | VirtualClock):
        raise UsageError("the in-process door cannot wait on this clock", found=repr(player.clock))
    return player.clock
