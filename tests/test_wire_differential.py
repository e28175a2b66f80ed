"""Our decoders against independent ones: equal, or different for a reason that stands in a table.

A reason is a predicate over streams and one example. Every stream that no reason covers must be
read alike, and every example must really differ, so that no reason outlives its difference.
"""

import re
import struct
import uuid
from pathlib import Path
from zlib import crc32

import anthropic._streaming
import botocore.eventstream
import httpx2
import openai._streaming
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from wire_streams import SSE

from harness.errors import WireError
from harness.wire.eventstream import EventStreamDecoder, encode
from harness.wire.sse import BOM, SseDecoder

FAILED = "failed"


def ours(body):
    return [(event.event, event.data) for event in SseDecoder().feed(body)]


def by_sdk(module):
    def read(body):
        decoder = module.SSEDecoder()
        try:
            found = list(decoder.iter_bytes(iter([body])))
        except UnicodeDecodeError:
            return FAILED
        return [(event.event or "message", event.data) for event in found]

    return read


def by_httpx2(body):
    response = httpx2.Response(
        200,
        content=body,
        headers={"content-type": "text/event-stream; charset=utf-8"},
        request=httpx2.Request("GET", "http://localhost/"),
    )
    return [(event.event, event.data) for event in httpx2.EventSource(response)]


READERS = {
    "openai": by_sdk(openai._streaming),
    "anthropic": by_sdk(anthropic._streaming),
    "httpx2": by_httpx2,
}


def blocks(body):
    """The lines of each block that a blank line ends."""
    block = []
    for line in re.split(rb"\r\n|\r|\n", body.removeprefix(BOM))[:-1]:
        if line:
            block.append(line)
        else:
            yield block
            block = []


def fields(block):
    return {line.partition(b":")[0] for line in block}


def has_block_without_data(body):
    named = {b"event", b"id", b"retry"}
    return any(fields(b) & named and b"data" not in fields(b) for b in blocks(body))


def has_comment_block_after_an_id(body):
    seen = False
    for block in blocks(body):
        seen = seen or b"id" in fields(block)
        if seen and b"data" not in fields(block):
            return True
    return False


def is_invalid_text(body):
    return body.decode("utf-8", "ignore").encode() != body


def ends_in_a_line_with_cr(body):
    return re.search(rb"[^\r\n]\r\Z", body) is not None


BOM_KEPT = ("a byte order mark is kept", lambda body: body.startswith(BOM), BOM + b"data: a\n\n")
EMPTY_EVENT = (
    "a block with a name, an id or a retry but no data is an empty event",
    has_block_without_data,
    b"event: ping\n\ndata: a\n\n",
)
STICKY_ID = (
    "after an id every block without data is an empty event",
    has_comment_block_after_an_id,
    b"id: 1\ndata: a\n\n: ping\n\n",
)
INVALID_TEXT = ("invalid UTF-8 ends the stream", is_invalid_text, b"data: \xff\n\n")
CR_AT_THE_END = (
    "an unfinished event is delivered if its last line ends in CR",
    ends_in_a_line_with_cr,
    b"data: a\r",
)
REASONS = {
    "openai": [BOM_KEPT, EMPTY_EVENT, STICKY_ID, INVALID_TEXT],
    "anthropic": [BOM_KEPT, EMPTY_EVENT, STICKY_ID, INVALID_TEXT],
    "httpx2": [BOM_KEPT, EMPTY_EVENT, CR_AT_THE_END],
}
EXAMPLES = [
    pytest.param(reader, reason, id=f"{reader}: {reason[0]}")
    for reader, reasons in REASONS.items()
    for reason in reasons
]


@pytest.mark.parametrize("reader", READERS)
@given(body=SSE)
def test_streams_are_read_alike_but_for_the_named_reasons(reader, body):
    """Every stream that no reason in the table covers gives both the same events."""
    assume(not any(covers(body) for _, covers, _ in REASONS[reader]))
    assert READERS[reader](body) == ours(body)


@pytest.mark.parametrize(("reader", "reason"), EXAMPLES)
def test_every_named_reason_is_a_difference(reader, reason):
    """Its example is covered by it alone, and is really read differently."""
    _, covers, example = reason
    assert covers(example)
    assert [r for r in REASONS[reader] if r[1](example)] == [reason]
    assert READERS[reader](example) != ours(example)


def test_every_named_reason_is_documented():
    """The page about the wire names each of them, with whom it concerns."""
    page = Path(__file__).resolve().parent.parent / "docs" / "wire.md"
    rows = [line.split("|") for line in page.read_text("utf-8").splitlines() if line[:1] == "|"]
    for reader, reasons in REASONS.items():
        for what, _, _ in reasons:
            assert any(reader in row[1] and what in row[2] for row in rows), (reader, what)


def plain(value):
    return value.bytes if isinstance(value, uuid.UUID) else value


def by_botocore(body):
    """Its frames, then how it ended: by an error, or silently."""
    buffer, found = botocore.eventstream.EventStreamBuffer(), []
    buffer.add_data(body)
    try:
        for event in buffer:
            found.append((event.headers, event.payload))  # noqa: PERF401  kept when it raises
    except (botocore.eventstream.ParserError, struct.error, UnicodeDecodeError, KeyError) as error:
        return found, type(error).__name__
    return found, None


def by_us(body):
    decoder, found = EventStreamDecoder(), []
    try:
        for frame in decoder.feed(body):
            headers = {name: plain(value) for name, value in frame.headers.items()}
            found.append((headers, frame.payload))
        rest = decoder.end()
    except WireError as error:
        return found, type(error).__name__
    return found, "pending" if rest else None


VALUES = st.booleans() | st.binary(max_size=9) | st.text("abcé", max_size=9) | st.uuids()
VALUES |= st.integers(-(2**63), 2**63 - 1)
HEADERS = st.dictionaries(st.text("ab:-", max_size=9), VALUES, max_size=3)
FRAMES = st.lists(st.tuples(HEADERS, st.binary(max_size=30)).map(lambda f: encode(*f)), max_size=4)


@given(FRAMES)
def test_whole_frames_are_read_alike(frames):
    """What we encode, botocore decodes to the same headers and payloads as we do."""
    body = b"".join(frames)
    assert by_botocore(body) == by_us(body)
    assert len(by_us(body)[0]) == len(frames)


@given(FRAMES.filter(bool), st.integers(0, 500))
def test_a_cut_frame_is_reported_by_us_alone(frames, point):
    """Same frames before the cut; botocore ends silently, we say that something was pending."""
    body = b"".join(frames)
    body = body[: point % len(body)]
    starts = [len(b"".join(frames[:number])) for number in range(len(frames))]
    assume(len(body) not in starts)
    theirs, ending = by_botocore(body)
    assert (theirs, "pending") == by_us(body)
    assert ending is None


@given(FRAMES.filter(bool), st.integers(0, 500), st.integers(1, 255))
def test_a_damaged_frame_is_refused_by_both(frames, at, flip):
    """The same frames before the damage, then a checksum error on both sides."""
    body = bytearray(b"".join(frames))
    body[at % len(body)] ^= flip
    theirs, ending = by_botocore(bytes(body))
    assert (theirs, "ChecksumError") == by_us(bytes(body))
    assert ending == "ChecksumMismatch"


def sealed(headers):
    """A frame with right checksums around any header block."""
    prelude = struct.pack(">II", 16 + len(headers), len(headers))
    body = prelude + crc32(prelude).to_bytes(4, "big") + headers
    return body + crc32(body).to_bytes(4, "big")


@pytest.mark.parametrize(
    ("headers", "theirs"),
    [
        (b"\x01a\x00\x01a\x00", "DuplicateHeader"),
        (b"\x01a\x0a", "KeyError"),
        (b"\x01a\x02", "error"),
        (b"\x01a\x07\x00\x01\xff", "UnicodeDecodeError"),
        (b"\x01a\x07\x00\x05x", None),
        (b"\x01a\x09" + bytes(3), None),
    ],
)
def test_broken_headers_are_one_typed_error_with_us(headers, theirs):
    """botocore raises whatever its parsing met, or takes a value that its block cuts short."""
    frames, ending = by_botocore(sealed(headers))
    assert (ending, len(frames)) == (theirs, int(theirs is None))
    assert by_us(sealed(headers)) == ([], "FramingError")
