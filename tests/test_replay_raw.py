"""An exchange as bytes: framing follows its own headers, and no read shows what a write hides."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Ending, Exchange, Piece, Request
from harness.replay.raw import READ_SIZE, frame, plan, reads

POST = Request("POST", "http://upstream.test/x")
CHUNKED = ("Transfer-Encoding", "chunked")


def answer(*pieces, headers=(), **extra):
    return Exchange(POST, headers=tuple(headers), pieces=tuple(map(Piece, pieces)), **extra)


def written(exchange, method="POST"):
    return b"".join(data for _, data in plan(exchange, method).steps)


@pytest.mark.parametrize(
    ("exchange", "head", "body", "alive"),
    [
        (answer(b"ab"), b"transfer-encoding: chunked", b"2\r\nab\r\n0\r\n\r\n", True),
        (answer(b"ab", headers=[CHUNKED]), b"Transfer-Encoding", b"2\r\nab\r\n0\r\n\r\n", True),
        (answer(b"ab", headers=[("Content-Length", "2")]), b"Content-Length: 2", b"ab", True),
        (answer(b"ab", headers=[("Content-Length", "9")]), b"Content-Length: 9", b"ab", False),
        (answer(b"ab", headers=[("Content-Length", "x")]), b"Content-Length: x", b"ab", False),
        (answer(b"ab", headers=[("Connection", "close")]), b"Connection: close", b"ab", False),
        (answer(b"ab", headers=[("Connection", "TE, Close")]), b"TE, Close", b"ab", False),
        (answer(b"ab", headers=[("Content-Length", "9" * 5000)]), b"999", b"ab", False),
        (answer(b"ab", http_version="HTTP/1.0"), b"HTTP/1.0 200", b"ab", False),
        (answer(http_version="HTTP/2"), b"HTTP/1.1 200", b"0\r\n\r\n", True),
        (answer(b"ab", ending=Ending.EOF), b"chunked", b"2\r\nab\r\n", False),
        (answer(b"ab", ending=Ending.CLIENT_CLOSED), b"chunked", b"2\r\nab\r\n", False),
        (answer(b"", b"ab", b""), b"chunked", b"2\r\nab\r\n0\r\n\r\n", True),
        (answer(b"ab", status=204), b"HTTP/1.1 204", b"", True),
        (answer(headers=[("x", "\xff\u4e16")]), "x: \xff\u4e16".encode(), b"0\r\n\r\n", True),
        (answer(headers=[("x", "\xe4")]), b"x: \xe4", b"0\r\n\r\n", True),
        (answer(headers=[("x", "\ud83d")]), b"x: \xed\xa0\xbd", b"0\r\n\r\n", True),
    ],
)
def test_framing_follows_the_headers(exchange, head, body, alive):
    """Chunked unless the exchange says otherwise; wrong lengths and odd bytes stay."""
    data = written(exchange)
    found, _, rest = data.partition(b"\r\n\r\n")
    assert head in found
    assert rest == body
    assert plan(exchange).keep_alive is alive


def test_a_length_beside_chunks_is_dropped():
    """Of the two, one would be a lie; chunks keep the pieces."""
    both = answer(b"ab", headers=[("content-length", "2"), CHUNKED])
    assert b"content-length" not in written(both)


def test_a_closing_connection_without_chunks_has_no_terminator():
    """`complete` is then the close itself."""
    played = plan(answer(b"ab", headers=[("connection", "close")]))
    assert played.steps[-1] == (0.0, b"ab")


def test_delays_add_up_to_due_times():
    """Of the head, of each piece, and of pieces that have no bytes."""
    pieces = (Piece(b"a", 1.0), Piece(b"", 2.0), Piece(b"b", 4.0))
    played = plan(Exchange(POST, pieces=pieces, head_delay=0.5))
    assert [due for due, _ in played.steps] == [0.5, 1.5, 7.5, 7.5]


SIZES = st.lists(st.integers(0, READ_SIZE + 10) | st.integers(0, 20), max_size=10)


@given(SIZES, st.lists(st.sampled_from([0.0, 1.0]), min_size=10, max_size=10), st.booleans())
def test_reads_are_the_writes_joined_only_where_it_cannot_be_seen(sizes, delays, chunked):
    """Same bytes at the same times; a read is one write, or chunks that fit a client's buffer."""
    pieces = tuple(Piece(b"x" * size, delays[n]) for n, size in enumerate(sizes))
    headers = () if chunked else (("connection", "close"),)
    exchange = Exchange(POST, headers=headers, pieces=pieces)
    writes = plan(exchange).steps
    joined = [(due, as_written(data)) for due, data in reads(exchange).steps]
    by_time = [{}, {}]
    for times, steps in zip(by_time, (writes, joined), strict=True):
        for due, data in steps:
            times[due] = times.get(due, b"") + data
    assert by_time[0] == by_time[1]
    single = {data for _, data in writes}
    assert all(data in single or len(data) <= READ_SIZE for _, data in joined)
    if not chunked:
        assert joined == writes


def as_written(data):
    return data if isinstance(data, bytes) else frame(data)


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_an_independent_parser_reads_the_pieces_back(pieces):
    """h11's client side sees each piece as one Data event."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(written(answer(*pieces)))
    events = []
    while (event := client.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        events.append(event)
    data = [bytes(event.data) for event in events if isinstance(event, h11.Data)]
    assert data == [piece for piece in pieces if piece]
    assert isinstance(events[-1], h11.EndOfMessage)
