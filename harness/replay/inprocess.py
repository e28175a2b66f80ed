"""The in-process door: the real httpcore pool over recorded bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import h11
import httpcore
import httpx

from harness.model import Ending, Exchange, Request
from harness.replay.player import Player


class _Stream(httpcore.NetworkStream):
    def __init__(self, player: Player, host: str) -> None:
        self._player, self._host = player, host
        self._server = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = b""
        self._reads: list[bytes | Exception] = []

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return  # to h11 that would be the end of the connection
        self._server.receive_data(buffer)
        while (event := self._server.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                self._head = event
            elif isinstance(event, h11.Data):
                self._body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                self._reads = list(_raw(self._player.answer(self._request())))

    def _request(self) -> Request:
        assert self._head is not None
        headers = tuple((k.decode(), v.decode()) for k, v in self._head.headers)
        url = f"http://{self._host}{self._head.target.decode()}"
        return Request(self._head.method.decode(), url, headers, self._body)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        item = self._reads.pop(0) if self._reads else b""
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self._reads = []

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class _Backend(httpcore.NetworkBackend):
    def __init__(self, player: Player) -> None:
        self._player = player

    def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._player, host)


def _raw(exchange: Exchange) -> Iterable[bytes | Exception]:
    head = f"HTTP/1.1 {exchange.status} {exchange.reason}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in exchange.headers)
    yield (head + "transfer-encoding: chunked\r\n\r\n").encode()
    for piece in exchange.pieces:
        yield b"%x\r\n%b\r\n" % (len(piece.data), piece.data)
    if exchange.ending is Ending.COMPLETE:
        yield b"0\r\n\r\n"
    elif exchange.ending is Ending.RESET:
        yield httpcore.ReadError("connection reset by peer")
    elif exchange.ending is Ending.STALL:
        yield httpcore.ReadTimeout("nothing came")


def transport(player: Player) -> httpx.BaseTransport:
    """An httpx transport that plays the player's tape and reaches no network."""
    made = httpx.HTTPTransport()
    made._pool = httpcore.ConnectionPool(network_backend=_Backend(player))  # noqa: SLF001
    return made
