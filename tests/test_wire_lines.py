"""NDJSON and whole documents, in any chunking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_streams import POINTS, bytes_moved, cut, fed, fed_until, in_steps

from harness.errors import FramingError, LimitError
from harness.wire import document, ndjson
from harness.wire.document import DocumentDecoder
from harness.wire.ndjson import NdjsonDecoder

VALUES = st.lists(st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.text(), max_size=3))
LINES = st.lists(st.sampled_from([b'{"a":1}', b"[]", b"", b" ", b"\r", b"\n", b"\r\n", b"x"]))


@given(VALUES, POINTS)
def test_encoded_values_are_read_back(values, points):
    """Encoding and decoding are inverse in any chunking."""
    body = b"".join(map(ndjson.encode, values))
    decoder = NdjsonDecoder()
    assert [line.json() for line in fed(decoder, cut(body, points))] == values
    assert decoder.end() is None


@given(LINES.map(b"".join), POINTS)
def test_chunking_changes_nothing(body, points):
    """Every chunking gives equal lines, spans and pending rest; blank lines say nothing."""
    whole = NdjsonDecoder()
    lines = whole.feed(body)
    expected = [line.removesuffix(b"\r") for line in body.split(b"\n")[:-1] if line.strip()]
    assert [line.raw for line in lines] == expected
    for pieces in (cut(body, points), in_steps(body, 1)):
        decoder = NdjsonDecoder()
        assert fed(decoder, pieces) == lines
        assert decoder.end() == whole.end()


@given(LINES.map(b"".join), st.integers(0, 100))
def test_a_fork_goes_its_own_way(body, point):
    """A fork continues as its original would have, and neither disturbs the other."""
    point %= len(body) + 1
    decoder = NdjsonDecoder()
    before = decoder.feed(body[:point])
    fork, stray = decoder.fork(), decoder.fork()
    stray.feed(b"stray\n")
    whole = NdjsonDecoder().feed(body)
    assert before + fork.feed(body[point:]) == whole
    assert before + decoder.feed(body[point:]) == whole
    assert fork.end() == decoder.end()


def test_a_line_without_its_end_is_pending():
    """Even if it is whole JSON: the reader decides."""
    decoder = NdjsonDecoder()
    (line,) = decoder.feed(b'{"a":1}\r\n\r\n {"b":2}')
    assert (line.raw, line.span) == (b'{"a":1}', (0, 9))
    rest = decoder.end()
    assert (rest.raw, rest.span) == (b' {"b":2}', (11, 19))
    assert rest == decoder.end() != b""
    assert hash(rest) == hash(decoder.end())
    assert "11:19" in repr(rest)


@pytest.mark.parametrize("size", [1, 5, 100])
def test_a_line_over_the_limit_is_refused_after_what_was_whole(size):
    """Lines before it are delivered; then the error comes, and comes again."""
    decoder, lines = NdjsonDecoder(limit=9), []
    with pytest.raises(LimitError, match="9 bytes at byte 4"):
        fed_until(decoder, in_steps(b"[1]\n[1234567890]\n[2]\n", size), lines)
    assert [line.raw for line in lines] == [b"[1]"]
    with pytest.raises(LimitError):
        decoder.feed(b"")
    with pytest.raises(LimitError):
        decoder.end()


@pytest.mark.parametrize("made", [NdjsonDecoder, DocumentDecoder])
def test_bytes_are_moved_a_fixed_number_of_times(monkeypatch, made):
    """One large text in one-byte pieces moves each byte a few times, not once a piece."""
    body = b'"' + b"x" * 50_000 + b'"\n'
    assert bytes_moved(monkeypatch, lambda: fed(made(), in_steps(body, 1))) < 6 * len(body)


def test_a_document_is_read_when_it_is_whole():
    """Until then everything is pending; forks see only their own part."""
    decoder = DocumentDecoder()
    assert decoder.end() is None
    assert decoder.feed(document.encode({"a": [1]})[:4]) == []
    fork = decoder.fork()
    decoder.feed(b":[1]}")
    assert decoder.json() == {"a": [1]}
    assert (fork.raw, fork.end().raw, fork.end().span) == (b'{"a"', b'{"a"', (0, 4))
    with pytest.raises(FramingError):
        fork.json()


def test_a_document_over_the_limit_is_refused():
    """Before it is kept."""
    decoder = DocumentDecoder(limit=4)
    decoder.feed(b"1234")
    with pytest.raises(LimitError):
        decoder.feed(b"5")
