"""The in-process tee: everything an httpx or httpx2 client exchanges, piece by piece, as it came.

The rule of this file: it changes nothing that the client sees. Pieces are HTTP chunks as the
transport yields them (still content-encoded), delays are the clock's, and the ending is how the
connection really went. An exchange is handed to the callback once, when it is over, on the thread
or task that ended it.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

import anyio

from harness.contracts import Clock
from harness.errors import WaitsForEver
from harness.model import Ending, Exchange, Headers, Piece, Request
from harness.replay.clock import RealClock

Done = Callable[[Exchange], None]
# Many clients leave at the protocol's own last event, before HTTP's. What is already on its way is
# still read, for at most so long and so much, to tell a leaving client from a finished answer.
DRAIN_SECONDS = 0.25
DRAIN_BYTES = 64 * 1024


class _Tape:
    """One exchange while it is being recorded."""

    def __init__(self, module: Any, clock: Clock, done: Done, request: Any) -> None:
        self.module, self._clock, self._done = module, clock, done
        self._request = Request(
            request.method, str(request.url), _headers(request.headers.raw), request.content
        )
        self._mark = clock.now()
        self._head: dict[str, Any] = {"status": None}
        self._pieces: list[Piece] = []
        self._ending = threading.Lock()  # a drain in its own thread may end it at the same moment
        self._over = False
        self.reading = False  # still true when it is over: something interrupted the read itself
        self.drained = 0

    def head(self, response: Any) -> None:
        extensions = response.extensions
        self._head = {
            "status": response.status_code,
            "reason": extensions.get("reason_phrase", b"").decode("latin-1"),
            "headers": _headers(response.headers.raw),
            "http_version": extensions.get("http_version", b"HTTP/1.1").decode("latin-1"),
            "head_delay": self._since(),
        }

    def piece(self, data: bytes) -> None:
        self._pieces.append(Piece(data, self._since()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Around the wait for the head: whatever ends it early is an exchange too."""
        module = self.module
        own = (module.PoolTimeout, module.LocalProtocolError, module.UnsupportedProtocol)
        if error is None or isinstance(error, own):
            return  # a full pool or a bad request is the client's own: nothing reached the wire
        if isinstance(error, module.TransportError):
            self.broke(error)
        elif not isinstance(error, Exception):
            self.end(Ending.CLIENT_CLOSED)  # cancelled, or interrupted

    def broke(self, error: Exception) -> None:
        """The transport's own words for how it ended, as an ending."""
        if isinstance(error, self.module.ConnectError | self.module.ConnectTimeout):
            self._head["connected"] = False
        silent = isinstance(error, self.module.TimeoutException)
        early = isinstance(error, self.module.RemoteProtocolError)
        self.end(Ending.STALL if silent else Ending.EOF if early else Ending.RESET)

    def end(self, how: Ending) -> None:
        with self._ending:
            over, self._over = self._over, True
        if not over:
            self._done(
                Exchange(self._request, pieces=tuple(self._pieces), ending=how, **self._head)
            )

    @property
    def over(self) -> bool:
        return self._over

    @property
    def may_go_on(self) -> bool:
        """Whether the stream can still be read; an interrupted one would only look finished."""
        return not self._over and not self.reading

    def enough(self, data: bytes) -> bool:
        """While draining: whether the bound is reached."""
        self.drained += len(data)
        return self.drained > DRAIN_BYTES

    def _since(self) -> float:
        before, self._mark = self._mark, self._clock.now()
        return max(0.0, self._mark - before)


def _headers(raw: list[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def _cut(stream: Any) -> None:
    """Wakes a read that blocks in another thread: only a shutdown of its socket does."""
    wire = stream.get_extra_info("socket") if stream is not None else None
    if wire is not None:
        with contextlib.suppress(OSError):  # closed already
            wire.shutdown(socket.SHUT_RDWR)


class _SyncStream:
    """The response's stream, passed on item by item."""

    def __init__(self, inner: Any, tape: _Tape, network: Any) -> None:
        self._inner, self._tape, self._network = inner, tape, network
        self._items: Iterator[bytes] = iter(inner)

    def __iter__(self) -> Iterator[bytes]:
        self._tape.reading = True
        try:
            for data in self._items:
                self._tape.reading = False
                self._tape.piece(data)
                yield data
                self._tape.reading = True
        except self._tape.module.TransportError as error:
            self._tape.broke(error)
            raise
        self._tape.end(Ending.COMPLETE)

    def close(self) -> None:
        if self._tape.may_go_on:
            # Another thread reads, for only that can be given up when the peer is silent.
            reader = threading.Thread(target=self._drain, daemon=True)
            reader.start()
            reader.join(DRAIN_SECONDS)
            self._tape.end(Ending.CLIENT_CLOSED)
            if reader.is_alive():
                _cut(self._network)
                reader.join(DRAIN_SECONDS)
        self._tape.end(Ending.CLIENT_CLOSED)
        self._inner.close()

    def _drain(self) -> None:
        try:
            for data in self._items:
                if self._tape.over or self._tape.enough(data):
                    return
                self._tape.piece(data)
        except self._tape.module.TransportError as error:
            self._tape.broke(error)
        except WaitsForEver:
            return  # the client left, so it does not wait
        else:
            self._tape.end(Ending.COMPLETE)


class _AsyncStream:
    def __init__(self, inner: Any, tape: _Tape) -> None:
        self._inner, self._tape = inner, tape
        self._items: AsyncIterator[bytes] = aiter(inner)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._tape.reading = True
        try:
            async for data in self._items:
                self._tape.reading = False
                self._tape.piece(data)
                yield data
                self._tape.reading = True
        except self._tape.module.TransportError as error:
            self._tape.broke(error)
            raise
        self._tape.end(Ending.COMPLETE)

    async def aclose(self) -> None:
        try:
            if self._tape.may_go_on:
                with anyio.move_on_after(DRAIN_SECONDS):
                    await self._drain()
        finally:  # a cancelled client has left as well
            self._tape.end(Ending.CLIENT_CLOSED)
            await self._inner.aclose()

    async def _drain(self) -> None:
        try:
            async for data in self._items:
                if self._tape.enough(data):
                    return
                self._tape.piece(data)
        except self._tape.module.TransportError as error:
            self._tape.broke(error)
        except WaitsForEver:
            return
        else:
            self._tape.end(Ending.COMPLETE)


class _Tee:
    def __init__(self, inner: Any, module: Any, clock: Clock, done: Done) -> None:
        self._inner, self._module, self._clock, self._done = inner, module, clock, done
        self._stream = _join(_SyncStream, module.SyncByteStream)

    def handle_request(self, request: Any) -> Any:
        request.read()
        with _Tape(self._module, self._clock, self._done, request) as tape:
            response = self._inner.handle_request(request)
            tape.head(response)
        network = response.extensions.get("network_stream")
        response.stream = self._stream(response.stream, tape, network)
        return response

    def close(self) -> None:
        self._inner.close()


class _AsyncTee:
    def __init__(self, inner: Any, module: Any, clock: Clock, done: Done) -> None:
        self._inner, self._module, self._clock, self._done = inner, module, clock, done
        self._stream = _join(_AsyncStream, module.AsyncByteStream)

    async def handle_async_request(self, request: Any) -> Any:
        await request.aread()
        with _Tape(self._module, self._clock, self._done, request) as tape:
            response = await self._inner.handle_async_request(request)
            tape.head(response)
        response.stream = self._stream(response.stream, tape)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


@functools.cache
def _join(ours: type[Any], theirs: type[Any]) -> type[Any]:
    """Our class as one of the library's own, which it checks for."""
    return type(ours.__name__.strip("_"), (ours, theirs), {})


def tee(done: Done, inner: Any = None, *, module: str = "httpx", clock: Clock | None = None) -> Any:
    """A transport for `Client` that records what passes through `inner` (or the default one)."""
    library: Any = importlib.import_module(module)
    kind = _join(_Tee, library.BaseTransport)
    inner = library.HTTPTransport() if inner is None else inner
    return kind(inner, library, clock or RealClock(), done)


def async_tee(
    done: Done, inner: Any = None, *, module: str = "httpx", clock: Clock | None = None
) -> Any:
    """The same for `AsyncClient`."""
    library: Any = importlib.import_module(module)
    kind = _join(_AsyncTee, library.AsyncBaseTransport)
    inner = library.AsyncHTTPTransport() if inner is None else inner
    return kind(inner, library, clock or RealClock(), done)
