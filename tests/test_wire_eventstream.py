"""AWS event streams: frames, their checksums and limits, in any chunking."""

import contextlib
import itertools
import json
import struct
import uuid
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_data import shared
from wire_streams import POINTS, bytes_moved, cut, fed, fed_until, in_steps

from harness.errors import ChecksumError, FramingError, LimitError, WireError
from harness.wire import eventstream
from harness.wire.eventstream import (
    Byte,
    EventStreamDecoder,
    Integer,
    Long,
    Short,
    Timestamp,
    encode,
)


def ints(made, bits):
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(made)


VALUES = st.one_of(
    st.booleans(),
    *[ints(made, bits) for made, bits in ((Byte, 8), (Short, 16), (Integer, 32), (Long, 64))],
    ints(Timestamp, 64),
    st.binary(max_size=20),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.uuids(),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HEADERS = st.dictionaries(NAMES, VALUES, max_size=5)
FRAMES = st.lists(st.tuples(HEADERS, st.binary(max_size=60)), max_size=4)
FRAME = encode({":event-type": "x", "n": 1}, b'{"a":1}')


def sealed(total, headers, rest):
    """A frame with right checksums around whatever lengths and bytes."""
    prelude = struct.pack(">II", total, headers)
    body = prelude + crc32(prelude).to_bytes(4, "big") + rest
    return body + crc32(body).to_bytes(4, "big")


def with_headers(block):
    return sealed(16 + len(block), len(block), block)


def test_every_header_type_is_read_and_written():
    """The frame with all ten header types decodes to its values, and encodes to its bytes."""
    folder = shared("wire", "samples", "eventstream")
    expected = json.loads((folder / "all_header_types.expected.json").read_text("utf-8"))
    body = (folder / "all_header_types.bin").read_bytes()
    (frame,) = EventStreamDecoder().feed(body)
    assert encode(frame.headers, frame.payload) == body
    assert frame.payload.decode() == expected["payload"]
    assert list(frame.headers) == list(expected["headers"])
    for name in ("t", "f", "b", "s", "i", "l", "str", "ts"):
        assert frame.headers[name] == expected["headers"][name]
    assert frame.headers["u"] == uuid.UUID(bytes=bytes(range(16)))
    hexes = [expected["minimal_messageStart_hex"], expected["empty_frame_hex"]]
    start, empty = EventStreamDecoder().feed(bytes.fromhex("".join(hexes)))
    assert (start.headers[":event-type"], start.json()) == ("messageStart", {"role": "assistant"})
    assert (empty.headers, empty.payload, encode({})) == ({}, b"", bytes.fromhex(hexes[1]))


@given(FRAMES, POINTS)
def test_encoded_frames_are_read_back_in_any_chunking(frames, points):
    """Encoding and decoding are inverse, types included, and chunking changes nothing."""
    body = b"".join(encode(headers, payload) for headers, payload in frames)
    whole = EventStreamDecoder().feed(body)
    assert [(frame.headers, frame.payload) for frame in whole] == frames
    for frame, (headers, _) in zip(whole, frames, strict=True):
        assert [type(v) for v in frame.headers.values()] == [type(v) for v in headers.values()]
    for pieces in (cut(body, points), in_steps(body, 1)):
        decoder = EventStreamDecoder()
        assert fed(decoder, pieces) == whole
        assert decoder.end() is None


def test_every_part_of_a_frame_can_be_found():
    """The spans of prelude, headers, payload and checksum tile the frame."""
    first, frame = EventStreamDecoder().feed(FRAME * 2)
    spans = [frame.prelude_span, frame.headers_span, frame.payload_span, frame.crc_span]
    assert (first.end, spans[0].start, spans[-1].end) == (len(FRAME), frame.start, frame.end)
    assert all(a.end == b.start for a, b in itertools.pairwise(spans))
    body = FRAME * 2
    assert body[slice(*frame.payload_span)] == frame.payload == b'{"a":1}'
    assert int.from_bytes(body[slice(*frame.crc_span)], "big") == crc32(FRAME[:-4])


@pytest.mark.parametrize("kept", range(1, len(FRAME)))
def test_a_partial_last_frame_is_reported(kept):
    """However little of a frame has come, the end says so."""
    decoder = EventStreamDecoder()
    assert len(decoder.feed(FRAME + FRAME[:kept])) == 1
    rest = decoder.end()
    assert (rest.raw, rest.span) == (FRAME[:kept], (len(FRAME), len(FRAME) + kept))


@pytest.mark.parametrize("at", range(len(FRAME)))
@pytest.mark.parametrize("size", [1, 1000])
def test_no_flipped_bit_passes(at, size):
    """A changed byte anywhere is a checksum error, after the frames that were whole before it."""
    body = bytearray(FRAME * 3)
    body[len(FRAME) + at] ^= 0x10
    frames = []
    with pytest.raises(ChecksumError, match=f"at byte {len(FRAME)}"):
        fed_until(EventStreamDecoder(), in_steps(bytes(body), size), frames)
    assert len(frames) == 1


@pytest.mark.parametrize(
    "frame",
    [
        sealed(15, 0, b""),
        sealed(20, 5, b"abcde"),
        with_headers(b"\x05ab"),
        with_headers(b"\x01a"),
        with_headers(b"\x01a\x0a"),
        with_headers(b"\x01a\x02"),
        with_headers(b"\x01a\x04\0\0\0"),
        with_headers(b"\x01a\x06\0\x09x"),
        with_headers(b"\x01a\x07\0"),
        with_headers(b"\x01a\x07\0\x01\xff"),
        with_headers(b"\x01\xff\x00"),
        with_headers(b"\x01a\x09" + bytes(15)),
        with_headers(b"\x01a\x00\x01a\x00"),
        with_headers(b"\x01a\x00" * 300),
    ],
)
def test_nonsense_under_right_checksums_is_a_framing_error(frame):
    """Lengths that do not fit, unknown header types, repeated names and broken text are refused."""
    with pytest.raises(FramingError):
        EventStreamDecoder().feed(frame)


def test_a_frame_over_the_limit_is_refused_by_its_prelude():
    """The lengths are enough to refuse: nothing that large is waited for."""
    with pytest.raises(LimitError, match="found 0 and 1000"):
        EventStreamDecoder(limit=999).feed(encode({}, bytes(1000))[:12])
    with pytest.raises(LimitError):
        EventStreamDecoder().feed(sealed(16 + 200_000, 200_000, b"")[:12])
    assert len(EventStreamDecoder(limit=1000).feed(encode({}, bytes(1000)))) == 1


@given(FRAMES, st.integers(0, 500))
def test_a_fork_goes_its_own_way(frames, point):
    """A fork continues as its original would have, and neither disturbs the other."""
    body = b"".join(encode(headers, payload) for headers, payload in frames)
    point %= len(body) + 1
    decoder = EventStreamDecoder()
    before = decoder.feed(body[:point])
    fork, stray = decoder.fork(), decoder.fork()
    with contextlib.suppress(WireError):
        stray.feed(b"\0")
    whole = EventStreamDecoder().feed(body)
    assert before + fork.feed(body[point:]) == whole
    assert before + decoder.feed(body[point:]) == whole


@given(st.binary(max_size=40), st.binary(max_size=200), POINTS)
def test_any_bytes_end_in_a_typed_error_or_none(head, tail, points):
    """Whatever comes, in whatever chunking, the same frames and the same error come of it."""
    body = head + FRAME + tail
    seen = []
    for pieces in ([body], cut(body, points), in_steps(body, 1)):
        frames, error = [], None
        try:
            fed_until(EventStreamDecoder(), pieces, frames)
        except WireError as raised:
            error = str(raised)
        seen.append((frames, error))
    assert seen[0] == seen[1] == seen[2]


def test_bytes_are_moved_a_fixed_number_of_times(monkeypatch):
    """One large frame in one-byte pieces moves each byte a few times, not once a piece."""
    body, frames = encode({}, bytes(50_000)), []
    decoder = EventStreamDecoder()
    moved = bytes_moved(monkeypatch, lambda: frames.extend(fed(decoder, in_steps(body, 1))))
    assert [len(frame.payload) for frame in frames] == [50_000]
    assert moved < 6 * len(body)


@pytest.mark.parametrize(
    "headers",
    [{"a": 2**63}, {"a": Byte(200)}, {"n" * 256: True}, {"a": "x" * 70_000}, {"a": 1.5}],
)
def test_what_no_header_can_hold_is_refused(headers):
    """Values outside their type, and names and values that are too long."""
    with pytest.raises(FramingError):
        encode(headers)


def test_what_no_frame_can_hold_is_refused():
    """More headers than the format allows."""
    with pytest.raises(LimitError):
        encode({f"h{i}": bytes(60_000) for i in range(3)})


def test_plain_ints_take_the_width_they_need():
    """32 bits if they do, else 64."""
    (frame,) = EventStreamDecoder().feed(encode({"a": 1, "b": 2**40}))
    assert [type(value) for value in frame.headers.values()] == [Integer, Long]


def test_frames_do_not_share_their_headers():
    """A reader that changes one frame's headers changes no other's."""
    first, second = EventStreamDecoder().feed(FRAME * 2)
    first.headers.clear()
    assert second.headers
    assert eventstream.EventStreamDecoder().feed(FRAME)[0].headers == second.headers
