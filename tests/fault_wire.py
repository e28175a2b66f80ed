"""A fault on the wire: played through a real socket, and seen by a client that is nobody's."""

import json
import zlib
from dataclasses import dataclass

import raw_client

from harness.replay.loopback import Closed
from harness.replay.player import Player
from harness.wire.eventstream import EventStreamDecoder

CLOSE = (("connection", "close"),)


@dataclass(frozen=True)
class Seen:
    """What came: the status line, headers, chunks of the body, and how the connection ended."""

    status: str
    headers: dict
    chunks: tuple
    end: str
    times: tuple

    @property
    def body(self):
        return b"".join(self.chunks)

    @property
    def unpacked(self):
        return zlib.decompressobj(31).decompress(self.body)

    def events(self):
        """The JSON of every SSE event or frame."""
        return events_of(self.body)

    @property
    def told(self):
        """Everything that the events say, as one text."""
        return json.dumps(self.events(), ensure_ascii=False)


def events_of(body):
    if body[:1] == b"\x00":
        return [frame.json() for frame in EventStreamDecoder().feed(body) if frame.payload]
    if body[:1] == b"{":
        return [json.loads(body)]
    blocks = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    for block in blocks.split(b"\n\n"):
        lines = [line[5:] for line in block.split(b"\n") if line.startswith(b"data:")]
        data = b"\n".join(lines).strip()
        if data[:1] in (b"{", b"[") and data != b"[DONE]":
            found.append(json.loads(data))
    return found


def see(door, exchange, patience=0.3, speed=1.0):
    """One exchange, asked for over a socket of its own."""
    if not exchange.connected:
        with Closed() as closed:
            received = raw_client.ask(closed.base_url + "/", patience=patience)
    else:
        with door.open(Player([exchange], match_on=("method",)), speed=speed) as handle:
            received = raw_client.ask(handle.base_url + "/", patience=patience, headers=CLOSE)
    head, _, rest = received.data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    chunked = headers.get("transfer-encoding") == "chunked"
    chunks, whole = _dechunked(rest) if chunked else ((rest,), received.end == "fin")
    end = "whole" if chunked and whole else received.end
    return Seen(status, headers, tuple(chunks), end, received.times)


def _dechunked(data):
    """The chunks, and whether the last one came that ends them."""
    chunks = []
    while data:
        size, mark, data = data.partition(b"\r\n")
        if not mark:
            return chunks, False
        length = int(size, 16)
        if length == 0:
            return chunks, True
        chunks.append(data[:length])
        data = data[length + 2 :]
    return chunks, False
