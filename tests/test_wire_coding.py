"""Content codings, streamed: what they give, what they refuse, and how much they may give."""

import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_streams import POINTS, cut, in_steps

from harness.errors import CodingError, LimitError
from harness.wire import coding
from harness.wire.coding import decode_body, decoder, encode

PACKAGES = {"br": "brotli", "zstd": "zstandard"}
CODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, deflate", "identity", ""]
BODIES = st.binary(max_size=300) | st.binary(max_size=5).map(lambda part: part * 2000)


def needs(name):
    for wanted, package in PACKAGES.items():
        if wanted in name:
            pytest.importorskip(package)


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def undo(value, pieces, limit=coding.LIMIT):
    """What comes of the pieces before an error, whether they were whole, and the error."""
    codings, plain = decoder(value, limit), b""
    try:
        for piece in pieces:
            plain += codings.feed(piece)
        return plain, codings.end(), None
    except (CodingError, LimitError) as error:
        return plain, False, str(error)


@pytest.mark.parametrize("name", CODINGS)
@given(body=BODIES, points=POINTS)
def test_coded_bodies_are_read_back_in_any_chunking(name, body, points):
    """Encoding and decoding are inverse, and the body's end is known."""
    needs(name)
    coded = encode(name, body)
    for pieces in ([coded], cut(coded, points), in_steps(coded, 1)):
        assert undo(name, pieces) == (body, True, None)


@given(BODIES, POINTS)
def test_deflate_without_its_header_is_read_too(body, points):
    """Some servers send raw deflate under that name."""
    assert undo("deflate", cut(raw_deflate(body), points)) == (body, True, None)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_may_follow_each_other(name):
    """A body may be several compressed ones, one after the other."""
    needs(name)
    coded = encode(name, b"first ") + encode(name, b"second")
    for size in (1, 7, 1000):
        assert undo(name, in_steps(coded, size)) == (b"first second", True, None)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_body_gives_what_came_and_says_so(name):
    """The beginning is decoded; the end reports that it was cut."""
    needs(name)
    body = bytes(range(256)) * 50
    coded = encode(name, body)
    plain, whole, error = undo(name, [coded[:-6]])
    assert body.startswith(plain)
    assert (whole, error) == (False, None)
    headers = (("Content-Encoding", name),)
    assert decode_body(headers, coded[:-6], partial=True) == plain
    with pytest.raises(CodingError, match="was cut"):
        decode_body(headers, coded[:-6])


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@given(data=st.data())
def test_damage_is_one_typed_error_in_any_chunking(name, data):
    """What was decodable before the damage is given first, the same in every chunking."""
    needs(name)
    coded = bytearray(encode(name, b"some text and some more of it " * 9))
    at = data.draw(st.integers(0, len(coded) - 1))
    coded[at] ^= data.draw(st.integers(1, 255))
    tail = data.draw(st.binary(max_size=3))
    whole = undo(name, [bytes(coded) + tail])
    assert undo(name, in_steps(bytes(coded) + tail, 1)) == whole
    assert undo(name, in_steps(bytes(coded) + tail, 13)) == whole


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("size", [3, 10_000])
def test_a_bomb_is_stopped_at_the_limit(name, size):
    """However little was sent, no more than the limit is given, and then the error comes."""
    needs(name)
    coded = encode(name, bytes(3_000_000))
    plain, whole, error = undo(name, in_steps(coded, size), limit=100_000)
    assert plain == bytes(100_000)
    assert not whole
    assert "100000 bytes" in error


def test_input_that_gives_nothing_is_bounded_too():
    """Empty members without end."""
    plain, _, error = undo("gzip", [encode("gzip", b"")] * 200, limit=500)
    assert plain == b""
    assert "500 bytes" in error


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "gzip, deflate"])
@given(body=BODIES, point=st.integers(0, 400))
def test_a_fork_goes_its_own_way(name, body, point):
    """A fork continues as its original would have, and neither disturbs the other."""
    needs(name)
    coded = encode(name, body)
    point %= len(coded) + 1
    codings = decoder(name)
    before = codings.feed(coded[:point])
    fork = codings.fork()
    assert before + codings.feed(coded[point:]) == body
    assert before + fork.feed(coded[point:]) == body
    assert fork.end()
    assert codings.fork().end()


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_an_empty_body_is_whole(name):
    """A response without a body may carry the header all the same."""
    needs(name)
    assert decode_body((("content-encoding", name),), b"") == b""


def test_several_headers_are_one_list():
    """The last coding applied is the first undone."""
    coded = encode("deflate, gzip", b"body")
    assert decode_body((("Content-Encoding", "deflate"), ("content-encoding", "GZIP")), coded) == (
        b"body"
    )


@pytest.mark.parametrize(("value", "says"), [("lzma", "gzip, deflate"), ("gzip," * 5, "more than")])
def test_unknown_codings_are_refused_by_name(value, says):
    """With what is known instead."""
    with pytest.raises(CodingError, match=says):
        decoder(value)


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_an_absent_package_is_named(monkeypatch, name, package):
    """With the extra that brings it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CodingError, match=rf"{package}.*\[codings\]"):
        decoder(name)
    with pytest.raises(CodingError, match=rf"{package}.*\[codings\]"):
        encode(name, b"")


def test_bytes_after_the_end_are_damage():
    """Where the coding has one body only."""
    assert undo("deflate", [encode("deflate", b"x") + b"y"])[0] == b"x"
    assert "after the end" in undo("deflate", [encode("deflate", b"x") + b"y"])[2]
