"""Server-sent events: the WHATWG rules, in any chunking."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shared_data import shared
from wire_streams import POINTS, SSE, bytes_moved, cut, fed, fed_until, in_steps

from harness.errors import FramingError, LimitError
from harness.wire import sse
from harness.wire.sse import SseDecoder


def by_the_letter(body):
    """The standard's algorithm over decoded text, without streaming, spans or speed."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = re.split("\r\n|\r|\n", text)[:-1]
    events, data, kind, last_id = [], "", "", ""
    for line in lines:
        if not line:
            if data:
                events.append((data.removesuffix("\n"), kind or "message", last_id))
            data, kind = "", ""
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


def pending(decoder):
    rest = decoder.end()
    return rest and (rest.raw, rest.event, rest.line, rest.span)


def test_every_vector_is_read_as_the_standard_says():
    """All framing vectors give the standard's events, in one piece and in pieces of any size."""
    folder = shared("wire", "samples", "sse-framing")
    vectors = sorted(folder.glob("*.sse"))
    assert len(vectors) == 32
    for path in vectors:
        expected = json.loads(path.with_suffix(".expected.json").read_text("utf-8"))
        body = path.read_bytes()
        for size in (1, 2, 3, 7, len(body)):
            decoder = SseDecoder()
            events = fed(decoder, in_steps(body, size))
            got = [{"event": e.event, "data": e.data, "id": e.id} for e in events]
            assert got == expected["whatwg"], path.name
            assert decoder.retry == expected["retry"], path.name


@given(SSE)
@example(b"\n\n\ndata: a\n\n\n\ndata: b\n\n")
@example(b"data: a\n\r\ndata: b\r\n\n")
def test_a_stream_is_read_as_the_plain_algorithm_reads_it(body):
    """The fast decoder and the standard's text algorithm agree on every stream."""
    events = SseDecoder().feed(body)
    assert [(event.data, event.event, event.id) for event in events] == by_the_letter(body)


@given(SSE, POINTS)
def test_chunking_changes_nothing(body, points):
    """Every chunking gives equal events, spans and pending rest, empty pieces included."""
    whole = SseDecoder()
    events = whole.feed(body)
    for pieces in (cut(body, points), in_steps(body, 1)):
        decoder = SseDecoder()
        assert fed(decoder, pieces) == events
        assert pending(decoder) == pending(whole)
        assert (decoder.last_id, decoder.retry) == (whole.last_id, whole.retry)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_plain_streams_are_not_read_line_by_line(monkeypatch, end):
    """Whole events of one line end, LF or CRLF, are cut out without a look at every line."""
    body = b"".join(b"event: e%sdata: %d%s" % (end, n, end * 2) for n in range(50))
    body += b"".join(b"data: %d%s" % (n, end * 2) for n in range(50))
    expected = fed(SseDecoder(), in_steps(body, 1))
    monkeypatch.setattr(SseDecoder, "_by_line", None)
    assert SseDecoder().feed(body) == fed(SseDecoder(), [b"", body]) == expected
    assert [event.data for event in expected] == [str(n) for n in range(50)] * 2


@given(SSE, st.integers(0, 300))
def test_a_fork_goes_its_own_way(body, point):
    """A fork continues as its original would have, and neither disturbs the other."""
    point %= len(body) + 1
    whole = SseDecoder()
    expected = whole.feed(body)
    decoder = SseDecoder()
    before = decoder.feed(body[:point])
    fork = decoder.fork()
    stray = decoder.fork()
    stray.feed(b"data: only here\n\n")
    assert before + fork.feed(body[point:]) == expected
    assert before + decoder.feed(body[point:]) == expected
    assert pending(fork) == pending(decoder) == pending(whole)


@given(SSE)
def test_a_span_holds_exactly_its_event(body):
    """The bytes of an event's span give that event where no stream begins; spans are apart."""
    position = 0
    for event in SseDecoder().feed(body):
        assert position <= event.start < event.end <= len(body)
        position = event.end
        (alone,) = SseDecoder().feed(b"\n" + body[event.start : event.end])
        assert (alone.raw, alone.event) == (event.raw, event.event)


def test_split_takes_the_lf_of_the_closing_crlf_along():
    """A span to cut at ends after the whole blank line; the decoder's own ends at its CR."""
    body = b"data: a\r\n\r\ndata: b\n\n"
    assert [event.span for event in SseDecoder().feed(body)] == [(0, 10), (11, 20)]
    assert [event.span for event in sse.split(body)] == [(0, 11), (11, 20)]


def test_what_was_begun_is_reported():
    """An event without its blank line is neither delivered nor forgotten."""
    decoder = SseDecoder()
    assert len(decoder.feed(b'data: {}\n\nevent: x\ndata: {"a"\ndata: 1')) == 1
    rest = decoder.end()
    assert (rest.raw, rest.data, rest.event) == (b'{"a"\n1', '{"a"\n1', "x")
    assert (rest.line, rest.span) == (b"data: 1", (10, 37))
    assert "x" in repr(rest)


@pytest.mark.parametrize("tail", [b"", b": ping\n", b"\n\n", b"data: a\n\n: x\n\n", b"id: 3\n"])
def test_nothing_pending_is_none(tail):
    """Comments and blank lines leave nothing to report."""
    decoder = SseDecoder()
    decoder.feed(tail)
    assert decoder.end() is None


@pytest.mark.parametrize("head", [b"\xef", b"\xef\xbb"])
def test_half_a_byte_order_mark_is_pending(head):
    """Bytes that may still become a byte order mark are reported at the end."""
    decoder = SseDecoder()
    assert decoder.feed(head) == []
    assert (decoder.end().line, decoder.end().span) == (head, (0, len(head)))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_over_the_limit_is_refused_after_what_was_whole(size):
    """Events before the fault are delivered; then the error comes, and comes again."""
    body = b"data: a\n\ndata: " + b"x" * 100 + b"\n\n"
    decoder, events = SseDecoder(limit=50), []
    with pytest.raises(LimitError, match="50 bytes at byte 9"):
        fed_until(decoder, in_steps(body, size), events)
    assert [event.data for event in events] == ["a"]
    with pytest.raises(LimitError):
        decoder.end()
    with pytest.raises(LimitError):
        decoder.fork().feed(b"")


def test_many_data_lines_count_together():
    """The limit bounds an event, not only its lines, and comments are free."""
    decoder = SseDecoder(limit=50)
    decoder.feed(b": a comment of no account\n" * 50)
    with pytest.raises(LimitError):
        decoder.feed(b"data: 123456789\n" * 6)


@pytest.mark.parametrize("shape", [b"data: %s\n\n", b"data: %s\r\n\r\n", b"event: e\ndata: %s\n\n"])
def test_bytes_are_moved_a_fixed_number_of_times(monkeypatch, shape):
    """One large event in one-byte pieces moves each byte a few times, not once a piece."""
    body = shape % (b"x" * 50_000)
    events = []
    moved = bytes_moved(monkeypatch, lambda: events.extend(fed(SseDecoder(), in_steps(body, 1))))
    assert [len(event.raw) for event in events] == [50_000]
    assert moved < 6 * len(body)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))


@given(TEXTS, NAMES, st.none() | NAMES, st.none() | st.integers(0, 10**9))
def test_an_encoded_event_is_read_back(data, name, last_id, retry):
    """Encoding and decoding are inverse for everything an event can say."""
    decoder = SseDecoder()
    body = sse.encode(data, event=name, event_id=last_id, retry=retry)
    (event,) = decoder.feed(body)
    assert (event.data, event.event, event.id) == (data, name or "message", last_id or "")
    assert (decoder.retry, event.span) == (retry, (0, len(body)))


@pytest.mark.parametrize("fields", [{"event": "a\nb"}, {"event_id": "a\0"}, {"event_id": "\r"}])
def test_what_no_field_can_say_is_refused(fields):
    """A line end in a name, or NUL in an id, would be read as something else."""
    with pytest.raises(FramingError):
        sse.encode("x", **fields)


def test_a_block_without_data_can_be_written():
    """Such blocks dispatch nothing, which is what they are written for."""
    assert SseDecoder().feed(sse.encode(None, event="ping")) == []
