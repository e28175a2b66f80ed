"""The request that a client wrote, from the bytes it wrote.

The rule of this file: on loopback anybody may write anything, so h11 reads it; in-process the
writer is h11 itself, so a request of known length is cut out without a second state machine.
"""

from __future__ import annotations

import h11

from harness.model import Headers, Request

_HEADER_LIMIT = 256 * 1024  # signed requests carry long headers


def server() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=_HEADER_LIMIT)


def as_request(head: h11.Request, body: bytes, origin: str, target: str) -> Request:
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in head.headers.raw_items())
    url = origin + target
    return Request(head.method.decode("latin-1"), url, headers, body)


def path_of(target: str) -> str | None:
    """What a request line asks for. A client that takes the door for its proxy names a host before
    the path; `*`, or the host and port of a CONNECT, name no path at all."""
    if target.startswith("/"):
        return target
    _, host, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if host else None


class Asked:
    """What h11's client side writes on one connection, one request after the other."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: tuple[str, str, Headers] | None = None
        self._length = 0
        self._slow: h11.Connection | None = None
        self._body = bytearray()

    def feed(self, data: bytes, origin: str) -> Request | None:
        """The request, once it is whole."""
        self._buffer += data
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._read_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        if self._slow is not None:
            return self._decode_chunks(origin)
        if len(self._buffer) < self._length:
            return None
        return self._done(bytes(self._buffer[: self._length]), origin)

    def _read_head(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = []
        self._length, self._slow = 0, None
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
            if name.lower() == "content-length":
                self._length = int(value)
            elif name.lower() == "transfer-encoding":
                self._slow, self._body = server(), bytearray()
                self._slow.receive_data(head + b"\r\n\r\n")
                self._slow.next_event()
        self._head = (method, target, tuple(headers))

    def _decode_chunks(self, origin: str) -> Request | None:
        assert self._slow is not None
        if not self._buffer:
            return None  # to h11, no bytes are the end of the connection
        self._slow.receive_data(bytes(self._buffer))
        self._buffer.clear()
        while isinstance(event := self._slow.next_event(), h11.Data):
            self._body += event.data
        if not isinstance(event, h11.EndOfMessage):
            return None
        return self._done(bytes(self._body), origin)

    def _done(self, body: bytes, origin: str) -> Request:
        assert self._head is not None
        method, target, headers = self._head
        self._buffer.clear()
        self._head = None
        return Request(method, origin + target, headers, body)
