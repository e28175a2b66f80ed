"""One TCP connection of the loopback door: requests read by h11, answers written as raw bytes.

The rule of this file: one step of a plan is one write, flushed to the kernel before the next is
due; deadlines are absolute, so that waits do not add up; and the connection ends exactly as the
plan says. What a client does badly is answered with a 4xx and never raises.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Callable
from typing import Protocol

import h11

from harness.errors import UnexpectedRequest
from harness.model import Ending, Exchange, Piece, Request
from harness.replay.asked import as_request, path_of, server
from harness.replay.raw import Plan, plan

if sys.platform == "linux":
    import fcntl
    import termios

_BODY_LIMIT = 256 * 1024 * 1024
_AHEAD_LIMIT = 1024 * 1024
_DRAIN_STEP = 0.001
_BLIND_DRAIN = 0.05  # where the kernel cannot be asked what it still holds


class Route(Protocol):
    """What a connection needs of the case that a request belongs to."""

    speed: float

    def answer(self, request: Request) -> Exchange: ...
    def adopt(self, connection: Connection) -> None: ...
    def forget(self, connection: Connection) -> None: ...
    def endured(self, seconds: float) -> None: ...


Find = Callable[[str], tuple[Route, str] | None]  # a target in, the route and the rest of the path


class Connection(asyncio.Protocol):
    def __init__(self, find: Find, alive: set[Connection]) -> None:
        self._find, self._alive = find, alive
        self._loop = asyncio.get_running_loop()
        self._parser = server()
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._playing: asyncio.Task[None] | None = None
        self._flushed = asyncio.Event()
        self._flushed.set()
        self._transport: asyncio.Transport | None = None
        self._route: Route | None = None  # of the case that it served last: its end is this one's
        self._half_closed = False
        self._ahead = 0  # bytes that came before they were asked for
        self._silent_since: float | None = None
        self._origin = ""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._alive.add(self)
        transport.set_write_buffer_limits(high=0)  # flushed means: with the kernel
        self._socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = transport.get_extra_info("sockname")[:2]
        self._origin = f"http://{host}:{port}"

    def data_received(self, data: bytes) -> None:
        if self._playing is not None:
            self._ahead += len(data)
            if self._ahead > _AHEAD_LIMIT:
                self.abort()
                return
        self._parser.receive_data(data)
        if self._playing is None:
            self._advance()

    def eof_received(self) -> bool:
        """A half-closed client is still answered, as long as there is something to write."""
        self._half_closed = True
        return self._playing is not None and not self._playing.done()

    def pause_writing(self) -> None:
        self._flushed.clear()

    def resume_writing(self) -> None:
        self._flushed.set()

    def connection_lost(self, error: Exception | None) -> None:
        if self._playing is not None:
            self._playing.cancel()
        if self._route is not None:
            self._route.endured(self.silence)
        self._leave_route()
        self._alive.discard(self)

    # What the door calls.

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    @property
    def silence(self) -> float:
        """Seconds for which the tape has had nothing more to say, and the client is still here."""
        return 0.0 if self._silent_since is None else self._loop.time() - self._silent_since

    @property
    def task(self) -> asyncio.Task[None] | None:
        return self._playing

    # Reading.

    def _advance(self) -> None:
        try:
            while (event := self._parser.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self._body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    self._start()
                    return
                else:  # h11's end of the connection
                    self._close()
                    return
                if len(self._body) > _BODY_LIMIT:
                    self._start(_note(413, f"a body of more than {_BODY_LIMIT} bytes"))
                    return
        except h11.RemoteProtocolError as error:
            self._start(_note(400, f"this is no HTTP request: {error}"))

    def _begin(self, head: h11.Request) -> None:
        self._head, self._body = head, bytearray()
        if self._parser.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self._write(self._parser.send(go_on) or b"")

    def _start(self, refusal: Exchange | None = None) -> None:
        speed = 1.0
        method = "GET"
        if refusal is not None:
            exchange = refusal
        else:
            assert self._head is not None
            method = self._head.method.decode("latin-1")
            exchange, speed = self._answer(self._head)
        played = plan(exchange, method)
        self._playing = self._loop.create_task(self._play(played, speed))

    def _answer(self, head: h11.Request) -> tuple[Exchange, float]:
        path = path_of(head.target.decode("latin-1"))
        if path is None:
            return _note(400, "this request names no path", close=False), 1.0
        found = self._find(path)
        if found is None:
            return _note(404, "no case listens at this path", close=False), 1.0
        route, rest = found
        if route is not self._route:
            self._leave_route()
            self._route = route
            route.adopt(self)
        request = as_request(head, bytes(self._body), self._origin, rest)
        try:
            return route.answer(request), route.speed
        except UnexpectedRequest as unexpected:
            return _note(400, str(unexpected), close=False), 1.0

    # Writing.

    async def _play(self, played: Plan, speed: float) -> None:
        start = self._loop.time()
        for due, data in played.steps:
            wait = start + due / speed - self._loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self._write(data)
            await self._flushed.wait()
        if played.ending is Ending.STALL:
            self._silent_since = self._loop.time()
            return  # `playing` stays set: nothing more is read or written until somebody leaves
        if played.ending is Ending.RESET:
            await self._reset()
        elif played.keep_alive and self._parser.their_state is h11.DONE:
            self._next_request()
        else:
            self._close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    async def _reset(self) -> None:
        """RST, after the peer has acknowledged every byte: a reset throws unsent ones away."""
        wire = self._socket()
        while _unacknowledged(wire):  # noqa: ASYNC110 -- the kernel sends no event for it
            await asyncio.sleep(_DRAIN_STEP)
        if sys.platform != "linux":
            await asyncio.sleep(_BLIND_DRAIN)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def _next_request(self) -> None:
        # The answer was not h11's, so its state machine starts afresh with what it had not read.
        unread, _ = self._parser.trailing_data
        self._parser = server()
        self._playing = None
        self._ahead = 0
        if unread:
            self._parser.receive_data(unread)
            self._advance()
        if self._half_closed and self._playing is None:
            self._close()  # nobody can ask for more

    def _leave_route(self) -> None:
        if self._route is not None:
            self._route.forget(self)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _socket(self) -> socket.socket:
        assert self._transport is not None
        wire: socket.socket = self._transport.get_extra_info("socket")
        return wire


def _unacknowledged(wire: socket.socket) -> int:
    """Bytes that the kernel still owes the peer; 0 where it cannot be asked."""
    if sys.platform != "linux":
        return 0
    with contextlib.suppress(OSError):
        raw = fcntl.ioctl(wire.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")
        return int(struct.unpack("i", raw)[0])
    return 0


def _note(status: int, text: str, *, close: bool = True) -> Exchange:
    """An answer of the door's own, which no SDK retries."""
    body = text.encode("utf-8", "replace") + b"\n"
    headers = [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-length", str(len(body))),
        ("x-should-retry", "false"),
    ]
    if close:
        headers.append(("connection", "close"))
    reason = {400: "Bad Request", 404: "Not Found", 413: "Content Too Large"}[status]
    return Exchange(
        Request("GET", ""), status, reason, tuple(headers), (Piece(body),), Ending.COMPLETE
    )
