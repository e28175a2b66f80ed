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
from collections.abc import Callable
from typing import Any

import anyio

from harness.errors import UsageError, WaitsForEver
from harness.model import Ending, Exchange
from harness.replay.asked import Asked
from harness.replay.clock import RealClock, VirtualClock
from harness.replay.player import Player
from harness.replay.raw import Plan, Step, reads

AnyClock = RealClock | VirtualClock
_CORES = {"httpx": "httpcore", "httpx2": "httpcore2"}


class _Line:
    """One connection: what the client wrote, and what there is for it to read."""

    def __init__(self, player: Player, clock: AnyClock, host: str, port: int) -> None:
        self.player, self.clock = player, clock
        self._address = host, port
        self.origin = _origin("http", host, port)
        self._asked = Asked()
        self._plan: Plan | None = None
        self._steps: list[Step] = []
        self._next = 0
        self._start = 0.0
        self._rest = b""

    def start_tls(self) -> None:
        self.origin = _origin("https", *self._address)

    def write(self, data: bytes) -> None:
        request = self._asked.feed(data, self.origin) if data else None
        if request is not None:
            self._plan = reads(self.player.answer(request), request.method)
            self._steps, self._next = self._plan.steps, 0
            self._start = self.clock.now()

    def wait(self, timeout: float | None) -> tuple[float, bool]:
        """When the next read returns, and whether only because the client's patience ends."""
        now = due = self.clock.now()
        if self._rest:
            pass
        elif self._next < len(self._steps):
            due = self._start + self._steps[self._next][0]
        elif self._plan is None or self._plan.ending is Ending.STALL or self._plan.keep_alive:
            due = math.inf
        return patience(now, due, timeout)

    def take(self, max_bytes: int) -> bytes | Ending:
        """What the next read brings, after its wait: bytes (none: closed), or a reset."""
        data = self._rest
        if not data:
            if self._next >= len(self._steps):
                over = self._plan is not None and self._plan.ending is Ending.RESET
                return Ending.RESET if over else b""
            data = self._steps[self._next][1]
            self._next += 1
        self._rest = data[max_bytes:]
        return data[:max_bytes] if self._rest else data

    def info(self, name: str) -> Any:
        """A pool drops an idle connection that is readable: there is a rest, or it was closed."""
        if name != "is_readable":
            return None
        left = self._plan is not None and not self._plan.keep_alive
        return left or self._next < len(self._steps) or self.player.refusal_is_due()


def patience(now: float, due: float, timeout: float | None) -> tuple[float, bool]:
    if timeout is not None and due > now + timeout:
        return now + timeout, True
    if due == math.inf:
        raise WaitsForEver(
            "the target would wait for ever: the peer is silent and the target declared no timeout"
        )
    return due, False


class _Stream:
    def __init__(self, core: Any, line: _Line) -> None:
        self._core, self._line = core, line

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._line.write(buffer)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        moment, too_long = self._line.wait(timeout)
        self._line.clock.until(moment)
        if too_long:
            raise _as(self._core.ReadTimeout, TimeoutError("timed out"))
        data = self._line.take(max_bytes)
        if isinstance(data, Ending):
            raise _as(self._core.ReadError, _reset())
        return data

    def close(self) -> None:
        pass

    def start_tls(self, *args: Any, **kwargs: Any) -> _Stream:
        self._line.start_tls()
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._line.info(info)


class _AsyncStream:
    def __init__(self, core: Any, line: _Line) -> None:
        self._core, self._line = core, line

    # The signatures are httpcore's, hence the timeouts.
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        self._line.write(buffer)

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> bytes:
        moment, too_long = self._line.wait(timeout)
        # Also where nothing is waited for: as at a socket's read, others run and cancelling works.
        await self._line.clock.until_async(moment)
        if too_long:
            raise _as(self._core.ReadTimeout, TimeoutError())
        data = self._line.take(max_bytes)
        if isinstance(data, Ending):
            broken = anyio.BrokenResourceError()
            broken.__cause__ = _reset()
            raise _as(self._core.ReadError, broken)
        return data

    async def aclose(self) -> None:
        pass

    async def start_tls(self, *args: Any, **kwargs: Any) -> _AsyncStream:
        self._line.start_tls()
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._line.info(info)


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
        return _Stream(self._core, _Line(self._player, self._clock, host, port))

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
        return _AsyncStream(self._core, _Line(self._player, self._clock, host, port))

    async def sleep(self, seconds: float) -> None:
        await self._clock.until_async(self._clock.now() + seconds)


def _connecting(refused: Exchange, now: float, timeout: float | None) -> tuple[float, bool]:
    never = refused.ending is Ending.STALL
    return patience(now, math.inf if never else now + refused.head_delay, timeout)


def _origin(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{name}" if port == default else f"{scheme}://{name}:{port}"


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


def _pool(core: Any, kind: str, backend: Any) -> Any:
    return getattr(core, kind)(
        ssl_context=_CONTEXT,  # never used for a handshake: start_tls is ours
        max_connections=100,  # the limits that both libraries have by default
        max_keepalive_connections=20,
        keepalive_expiry=5.0,
        network_backend=backend,
    )


_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def transport(player: Player, module: str = "httpx", clock: AnyClock | None = None) -> Any:
    """A transport for `httpx.Client` or `httpx2.Client` that plays the player's tape."""
    door = _door(module, "HTTPTransport")
    core = importlib.import_module(_CORES[module])
    backend = _Backend(core, player, _clock_of(player, clock))
    return door(_pool(core, "ConnectionPool", backend))


def async_transport(player: Player, module: str = "httpx", clock: AnyClock | None = None) -> Any:
    """The same for `AsyncClient`."""
    door = _door(module, "AsyncHTTPTransport")
    core = importlib.import_module(_CORES[module])
    backend = _AsyncBackend(core, player, _clock_of(player, clock))
    return door(_pool(core, "AsyncConnectionPool", backend))


def _clock_of(player: Player, clock: AnyClock | None) -> AnyClock:
    """The case's one clock is the player's; a player without one is given a virtual one."""
    if clock is not None:
        return clock
    if player.clock is None:
        player.clock = VirtualClock()
    if not isinstance(player.clock, RealClock | VirtualClock):
        raise UsageError("the in-process door cannot wait on this clock", found=repr(player.clock))
    return player.clock
