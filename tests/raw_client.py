"""A client that is nobody's: what really came over the socket, and how it ended."""

import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Received:
    """Each recv with its time since the request, and `fin`, `reset`, `silent` or `refused`."""

    pieces: tuple
    times: tuple
    end: str

    @property
    def data(self):
        return b"".join(self.pieces)

    @property
    def body(self):
        return self.data.partition(b"\r\n\r\n")[2]


def request(url, body=b"{}", method="POST", headers=()):
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target or '/'} HTTP/1.1", f"host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


def connect(url):
    parts = urlsplit(url)
    wire = socket.create_connection((parts.hostname, parts.port), timeout=5)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return wire


def receive(wire, patience=0.3, until=None):
    """Read until the peer leaves, is silent for `patience` seconds, or `until` has come."""
    pieces, times, start = [], [], time.monotonic()
    wire.settimeout(patience)
    end = "fin"
    try:
        while data := wire.recv(65536):
            pieces.append(data)
            times.append(time.monotonic() - start)
            if until is not None and until in b"".join(pieces):
                end = "enough"
                break
    except TimeoutError:
        end = "silent"
    except ConnectionResetError:
        end = "reset"
    return Received(tuple(pieces), tuple(times), end)


def ask(url, body=b"{}", patience=0.3, **options):
    """One request on a connection of its own."""
    try:
        wire = connect(url)
    except ConnectionRefusedError:
        return Received((), (), "refused")
    with wire:
        wire.sendall(request(url, body, **options))
        return receive(wire, patience)
