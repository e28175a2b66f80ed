"""Bodies as units that faults rewrite, and bodies again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wire_streams import POINTS, SSE, cut

from harness.errors import FramingError
from harness.model import Exchange, Framing, Piece, Regions, Request, Span
from harness.wire import eventstream, ndjson, sse
from harness.wire.eventstream import EventStreamDecoder
from harness.wire.jsontext import loads
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.reframe import rebuild, units
from harness.wire.sse import SseDecoder

POST = Request("POST", "http://localhost/")
JSON = st.dictionaries(st.text(max_size=4), st.integers(0, 99) | st.text(max_size=9), max_size=3)
FRAME = eventstream.encode({":event-type": "delta", ":n": True}, b'{"a":1}')


def exchange(body, points=(), headers=()):
    pieces = tuple(Piece(data, 1.0) for data in cut(body, points))
    return Exchange(POST, pieces=pieces, headers=headers)


def sse_units(body, points=()):
    spans = tuple(event.span for event in sse.split(body))
    return units(exchange(body, points), Regions(Framing.SSE, spans))


def frame_units(body):
    spans = tuple(frame.span for frame in EventStreamDecoder().feed(body))
    return units(exchange(body), Regions(Framing.EVENTSTREAM, spans))


@given(SSE, POINTS)
def test_untouched_units_are_the_body(body, points):
    """Comments, odd line ends, a byte order mark and an unfinished tail all come back."""
    found = sse_units(body, points)
    assert rebuild(exchange(body), found).body == body
    events = SseDecoder().feed(body)
    whole = [unit for unit in found if not unit.loose]
    assert [(unit.data, unit.name) for unit in whole] == [(e.raw, e.event) for e in events]
    assert [unit.loose for unit in found[len(events) :]] in ([], [True])


@given(SSE, st.integers(0, 9), JSON)
@example(b"data: a\rdata: a\n\n", 0, {})  # a CR before the blank line's LF would swallow it
@example(b"data: a\nid: 1\rdata: a\n\n", 0, {})
def test_a_rewritten_event_is_read_as_meant(body, number, value):
    """Its payload changes; its name, its neighbours and the rest stay."""
    found = sse_units(body)
    events = [unit for unit in found if not unit.loose]
    if not events:
        return
    number %= len(events)
    found[number] = found[number].with_json(value)
    after = SseDecoder().feed(rebuild(exchange(body), found).body)
    assert loads(after[number].raw) == value
    expected = [(unit.data, unit.name) for unit in found if not unit.loose]
    assert [(event.raw, event.event) for event in after] == expected


@given(SSE, st.integers(0, 9))
def test_a_renamed_event_keeps_its_data(body, number):
    """Whether it had a name before or not."""
    found = sse_units(body)
    events = [unit for unit in found if not unit.loose]
    if not events:
        return
    number %= len(events)
    found[number] = found[number].with_name("other")
    after = SseDecoder().feed(rebuild(exchange(body), found).body)
    assert (after[number].event, after[number].raw) == ("other", events[number].data)


def test_rewriting_keeps_the_other_lines_and_the_line_ends():
    """Only the data lines change."""
    first, second = sse_units(b"event: e\r\nid: 7\r\ndata: {\r\ndata: }\r\n\r\ndata:1\n\n")
    assert first.with_json([1]).raw == b"event: e\r\nid: 7\r\ndata: [1]\r\n\r\n"
    assert first.with_data(b"a\nb").raw == b"event: e\r\nid: 7\r\ndata: a\r\ndata: b\r\n\r\n"
    assert second.with_name("n").raw == b"event: n\ndata: 1\n\n"


@given(st.lists(st.tuples(st.text(max_size=5), JSON), min_size=1, max_size=4), JSON)
def test_frames_are_rewritten_with_right_checksums(frames, value):
    """Untouched frames come back byte for byte; a rewritten one passes the decoder."""
    body = b"".join(
        eventstream.encode({":event-type": name}, ndjson.encode(payload))
        for name, payload in frames
    )
    found = frame_units(body)
    assert rebuild(exchange(body), found).body == body
    found[0] = found[0].with_json(value).with_name("renamed")
    after = EventStreamDecoder().feed(rebuild(exchange(body), found).body)
    assert (after[0].json(), after[0].headers) == (value, {":event-type": "renamed"})
    assert [frame.json() for frame in after[1:]] == [payload for _, payload in frames[1:]]


def test_a_frame_may_be_an_exception():
    """Its name is what its kind calls it, and a partial last frame is loose."""
    thrown = eventstream.encode({":message-type": "exception", ":exception-type": "slow"}, b"{}")
    first, second, loose = frame_units(FRAME + thrown + FRAME[:9])
    assert (first.name, second.name) == ("delta", "slow")
    assert second.with_name("fast").headers[":exception-type"] == "fast"
    assert second.with_headers({}).headers == {}
    assert (loose.loose, loose.raw) == (True, FRAME[:9])


def test_a_damaged_frame_is_its_own_payload():
    """Nothing is raised for a span that its framing cannot read."""
    broken = FRAME[:-1] + b"\0"
    spans = (Span(0, len(FRAME)), Span(len(FRAME), len(FRAME) + 5))
    regions = Regions(Framing.EVENTSTREAM, spans)
    found = units(exchange(broken + FRAME[:5]), regions)
    assert [unit.data for unit in found] == [broken, FRAME[:5]]


def test_lines_are_rewritten_with_their_line_end():
    """CRLF stays CRLF, and a last line without one stays without."""
    body = b'{"a":1}\r\n\n{"b":2}\n{"c":3}'
    spans = (*(line.span for line in NdjsonDecoder().feed(body)), Span(18, 25))
    found = units(exchange(body), Regions(Framing.NDJSON, spans))
    assert [unit.json() for unit in found] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert rebuild(exchange(body), found).body == body
    again = rebuild(exchange(body), [unit.with_json(0) for unit in found])
    assert again.body == b"0\r\n\n0\n0"


def test_a_document_is_one_unit():
    """And its declared length follows it."""
    body = b'{"a": 1}'
    whole = exchange(body, headers=(("Content-Length", "8"), ("x", "y")))
    (unit,) = units(whole, Regions(Framing.DOCUMENT, (Span(0, 8),)))
    after = rebuild(whole, [unit.with_json({"a": 100})])
    assert (after.body, after.headers) == (b'{"a":100}', (("Content-Length", "9"), ("x", "y")))
    assert rebuild(whole, [unit]) == whole


LONG = "9" * 5000  # more digits than Python reads


@pytest.mark.parametrize(
    ("said", "after"), [("12", "9"), ("no number", "no number"), ("1", "0"), (LONG, LONG)]
)
def test_a_wrong_length_stays_wrong(said, after):
    """By as much as before, never negative."""
    whole = exchange(b"data: 1\n\ndata: 22\n\n", headers=(("content-length", said),))
    found = units(whole, Regions(Framing.SSE, (Span(0, 9), Span(9, 19))))
    dropped = found[1:] if said == "1" else [found[0].with_data(b""), found[1].with_data(b"")]
    assert rebuild(whole, dropped).header("content-length") == after


def test_each_unit_comes_when_it_began():
    """One piece a unit; its delay is what passed since the piece in which the one before began."""
    body = b"data: 1\n\ndata: 2\n\ndata: 3\n\n"
    played = Exchange(POST, pieces=tuple(map(Piece, cut(body, [3, 12, 15]), (1.0, 2.0, 4.0, 8.0))))
    found = units(played, Regions(Framing.SSE, tuple(event.span for event in sse.split(body))))
    assert [unit.delay for unit in found] == [1.0, 2.0, 12.0]
    assert rebuild(played, found).pieces == tuple(
        Piece(b"data: %d\n\n" % number, delay) for number, delay in ((1, 1.0), (2, 2.0), (3, 12.0))
    )


def test_a_body_without_units_is_loose_or_empty():
    """Nothing to rewrite, nothing lost."""
    (loose,) = sse_units(b": only a comment\n\n")
    assert loose.loose
    assert sse_units(b"") == []
    assert rebuild(exchange(b"data: 1\n\n"), []).pieces == ()


def test_what_a_framing_does_not_have_is_refused():
    """Documents have no names, events no binary headers."""
    (document,) = units(exchange(b"1"), Regions(Framing.DOCUMENT, (Span(0, 1),)))
    with pytest.raises(FramingError):
        document.with_name("x")
    with pytest.raises(FramingError):
        sse_units(b"data: 1\n\n")[0].with_headers({})
