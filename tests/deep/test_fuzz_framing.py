"""Hostile bytes by the million: decoders raise typed errors only, and chunking changes nothing.

Runs where `HARNESS_DEEP=1` is set, as `tox -e deep` does; `HARNESS_DEEP_INPUTS` says how many
inputs there are in all. The seed is printed with every failure.
"""

import os
import random

import pytest
from wire_streams import LINE_ENDS, LINE_PARTS

from harness.errors import WireError
from harness.wire import coding, jsontext
from harness.wire.document import DocumentDecoder
from harness.wire.eventstream import EventStreamDecoder, encode
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder

pytestmark = pytest.mark.skipif(
    os.environ.get("HARNESS_DEEP") != "1", reason="deep: set HARNESS_DEEP=1"
)

INPUTS = int(os.environ.get("HARNESS_DEEP_INPUTS", "1000000"))
LIMIT = 200  # low, so that limits are met too
JSON_PARTS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b'"a"', b"1", b"-", b"e9", b"null", b"\\"]
JSON_PARTS += [
    b"\\ud83d",
    b"\\n",
    b"\xff",
    b"\xc3\xa9",
    b" ",
    b"\n",
    b"NaN",
    b'{"a":[1,"b"]}',
    b"\0",
]
FRAMES = [encode({":event-type": "x", "n": -1}, b'{"a":1}'), encode({}), encode({"b": b"\0" * 9})]
CODED = [coding.encode(name, b"some text " * 8) for name in ("gzip", "deflate")]


def damaged(draw, data):
    data = bytearray(data)
    for _ in range(draw.randrange(3)):
        if data:
            at = draw.randrange(len(data))
            data[at : at + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
    return bytes(data[: draw.randrange(len(data) + 1)] if draw.random() < 0.3 else data)


def joined(draw, parts, most):
    return b"".join(draw.choice(parts) for _ in range(draw.randrange(most)))


def sse(draw):
    return joined(draw, LINE_PARTS + LINE_ENDS + LINE_ENDS, 16)


def frames(draw):
    return joined(draw, FRAMES, 4)


def json_text(draw):
    return joined(draw, JSON_PARTS, 16)


def coded(draw):
    return joined(draw, CODED, 3)


class Coded:
    """A coding's decoder in the shape of the others: the bytes are its items."""

    def __init__(self, limit, name="gzip"):
        self._inner = coding.decoder(name, limit)

    def feed(self, data):
        return list(self._inner.feed(data))

    def end(self):
        return self._inner.end()


class Deflated(Coded):
    def __init__(self, limit):
        super().__init__(limit, "deflate")


KINDS = {
    "sse": (SseDecoder, sse),
    "eventstream": (EventStreamDecoder, frames),
    "ndjson": (NdjsonDecoder, json_text),
    "document": (DocumentDecoder, json_text),
    "gzip": (Coded, coded),
    "deflate": (Deflated, coded),
    "json": (None, json_text),
}


def read(made, pieces):
    """Everything that a reader would see of a stream, errors of ours included."""
    decoder, items = made(limit=LIMIT), []
    try:
        for piece in pieces:
            items += decoder.feed(piece)
        rest = decoder.end()
        return items, getattr(rest, "raw", rest)
    except WireError as error:
        return items, str(error)


def read_json(data):
    """Parses, scans and decodes; whatever parses must be scanned whole."""
    places = list(jsontext.values(data))
    for place in places:
        if place.kind == "string":
            text = jsontext.decode(data[place.start : place.end])
            ends = list(jsontext.char_ends(data, place.start, place.end))
            assert len(ends) == len(text)
    try:
        jsontext.dumps(jsontext.loads(data))
    except WireError:
        return
    assert places
    assert places[-1].path == ()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_hostile_bytes_end_in_typed_errors(kind, seed):
    """Any exception but a WireError fails, and so does a chunking that changes what is seen."""
    made, write = KINDS[kind]
    draw = random.Random(f"{kind} {seed}")
    for _ in range(INPUTS // (8 * len(KINDS))):
        data = damaged(draw, write(draw)) if draw.random() < 0.9 else draw.randbytes(40)
        if made is None:
            read_json(data)
            continue
        at = draw.randrange(len(data) + 1)
        pieces = [data[:at], b"", *(data[i : i + 1] for i in range(at, len(data)))]
        assert read(made, [data]) == read(made, pieces), data
