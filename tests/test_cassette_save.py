"""What was saved is what is loaded, and the file is always the same for the same cassette."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import vcr.serialize
from hypothesis import given
from hypothesis import strategies as st
from vcr.serializers import yamlserializer

from harness.cassette import Cassette, Note, dumps, load, loads, save
from harness.cassette.pieces import events_of, read, write
from harness.errors import CassetteError
from harness.model import Ending, Exchange, Piece, Request

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(["a", "A", "b", "content-type", "x: y", "é"]) | WORDS
HEADERS = st.lists(st.tuples(NAMES, WORDS), max_size=5).map(tuple)
BODIES = st.binary(max_size=30) | WORDS.map(str.encode) | st.just(b"data: 1\r\n\r\n \n\n")
DELAYS = st.sampled_from([0.0, 0.02, 0.0005]) | st.floats(0, 1e6)
REQUESTS = st.builds(Request, WORDS, WORDS, HEADERS, BODIES)
DATA = st.dictionaries(
    WORDS, st.none() | st.integers() | WORDS | st.lists(WORDS, max_size=2), max_size=2
)
ANSWERED = st.builds(
    Exchange,
    REQUESTS,
    st.integers(100, 999),
    WORDS,
    HEADERS,
    st.lists(st.builds(Piece, BODIES, DELAYS), max_size=5).map(tuple),
    st.sampled_from(Ending),
    DELAYS,
    http_version=st.sampled_from(["HTTP/1.1", "HTTP/2"]),
)
UNANSWERED = st.builds(
    Exchange,
    REQUESTS,
    st.none(),
    ending=st.sampled_from(Ending),
    head_delay=DELAYS,
    connected=st.booleans(),
)
NOTES = st.builds(Note, decoded=st.sampled_from(["", "gzip"]), meaning=st.none() | DATA)
PAIRS = st.lists(st.tuples(ANSWERED, NOTES) | st.tuples(UNANSWERED, st.just(Note())), max_size=4)
CASSETTES = st.builds(
    lambda pairs, provenance: Cassette(
        tuple(exchange for exchange, _ in pairs), provenance, tuple(note for _, note in pairs)
    ),
    PAIRS,
    st.sampled_from([{}, {"kind": "recorded", "from": "a", "at": "2026-01-02"}]),
)


@given(CASSETTES)
def test_any_cassette_comes_back(cassette):
    """Bytes, pieces, delays to the last bit, endings, notes; and a second save is the same."""
    data = dumps(cassette)
    again = loads(data)
    assert again == cassette
    assert dumps(again) == data


@given(CASSETTES)
def test_stock_vcrpy_reads_the_same_bytes(cassette):
    """Whatever we can save, its loader takes: bodies, statuses, headers."""
    loaded = vcr.serialize.deserialize(dumps(cassette).decode(), yamlserializer)
    answered = [exchange for exchange in cassette.exchanges if exchange.status is not None]
    assert [response["body"]["string"] for response in loaded[1]] == [e.body for e in answered]
    assert [request.body for request in loaded[0]] == [e.request.body for e in answered]
    assert [response["status"]["code"] for response in loaded[1]] == [e.status for e in answered]


@given(CASSETTES)
def test_a_re_save_by_stock_vcrpy_keeps_everything(cassette):
    """But for what vcrpy does not keep: the order of headers, and a request's repeated ones."""
    requests, responses, metadata = vcr.serialize.deserialize(
        dumps(cassette).decode(), yamlserializer
    )
    resaved = vcr.serialize.serialize(
        {"requests": requests, "responses": responses, "metadata": metadata}, yamlserializer
    )
    again = loads(resaved.encode())
    assert len(again.exchanges) == len(cassette.exchanges)
    assert again.provenance == cassette.provenance
    for before, after, note, kept in zip(
        cassette.exchanges, again.exchanges, cassette.notes, again.notes, strict=True
    ):
        same = replace(before.request, headers=after.request.headers)
        assert sorted(after.headers) == sorted(before.headers)
        assert replace(before, request=same, headers=after.headers) == after
        assert kept == note


@given(st.lists(st.builds(Piece, BODIES, DELAYS), max_size=6).map(tuple), st.booleans())
def test_the_notation_of_pieces_is_exact(pieces, framed):
    """Sizes, counts and delays come back to the last bit."""
    body = b"".join(piece.data for piece in pieces)
    if pieces:
        assert read(str(write(pieces, body, framed=framed)), body, framed=framed) == pieces


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([(5, 0.0)], 5),
        ([(1, 0.0)] * 545, "1*545"),
        ([(312, 0.35), (280, 0.0214), (280, 0.0214), (7, 0.0)], "312@350 280*2@21.4 7"),
    ],
)
def test_pieces_read_well_in_a_diff(pieces, text):
    """Runs collapse, delays are milliseconds."""
    made = tuple(Piece(b"x" * size, delay) for size, delay in pieces)
    assert write(made, b"".join(piece.data for piece in made)) == text


def test_pieces_that_are_events_are_called_so():
    """If they all waited alike."""
    body = b"data: 1\n\ndata: 2\n\n"
    made = tuple(Piece(event, 0.02) for event in events_of(body))
    assert write(made, body) == "events@20"


def test_frames_are_the_events_of_a_binary_body():
    """By their declared lengths; what is no frame stays together."""
    frame = (16).to_bytes(4, "big") + bytes(12)
    assert events_of(frame * 2 + b"xy", framed=True) == [frame, frame, b"xy"]
    assert events_of(b"\xff" * 20, framed=True) == [b"\xff" * 20]


def test_unknown_keys_of_others_survive():
    """Of the file, its metadata, an interaction and a response."""
    text = """\
version: 1
recorded_with: {tool: x}
metadata: {theirs: [1, 2.5, true, null], harness: {format: harness/1}}
interactions:
- request: {method: GET, uri: u, body: null, headers: {}}
  recorded_at: 2026-01-02T03:04:05
  response:
    status: {code: 200, message: OK}
    headers: {}
    url: https://a.example/
    body: {string: x}
"""
    cassette = loads(text.encode())
    note = cassette.notes[0]
    assert note.interaction == {"recorded_at": "2026-01-02T03:04:05"}
    assert note.response == {"url": "https://a.example/"}
    assert cassette.extras == {"recorded_with": {"tool": "x"}}
    assert cassette.metadata == {"theirs": [1, 2.5, True, None]}
    assert loads(dumps(cassette)) == cassette


def test_nothing_extra_stands_in_a_request():
    """vcrpy refuses a file where anything does."""
    headers = (("a", "1"), ("b", "2"), ("a", "3"))
    cassette = Cassette((Exchange(Request("GET", "u", headers)),))
    loaded = loads(dumps(cassette))
    assert loaded == cassette
    requests, *_ = vcr.serialize.deserialize(dumps(cassette).decode(), yamlserializer)
    assert requests[0].uri == "u"


def test_an_event_stream_reads_as_lines(tmp_path):
    """A person sees one event a paragraph, and pieces and ending before the body."""
    exchange = Exchange(
        Request("GET", "https://a.example/"),
        pieces=(Piece(b"data: 1\n\n"), Piece(b"data: 2 \n\n", 0.01)),
        ending=Ending.EOF,
    )
    save(
        Cassette((exchange,), {"kind": "synthesized", "by": "a test"}),
        tmp_path / "new" / "tape.yaml",
    )
    text = (tmp_path / "new" / "tape.yaml").read_text()
    assert text.endswith(
        "    harness:\n      pieces: 9 10@10\n      ending: eof\n"
        "    body:\n      string: |+\n        data: 1\n\n        data: 2 \n\n"
    )


def test_saving_is_whole_or_not_at_all(tmp_path, monkeypatch):
    """A failure leaves the old file as it was, and nothing beside it."""
    path = tmp_path / "tape.yaml"
    cassette = Cassette((Exchange(Request("GET", "u")),))
    save(cassette, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save(Cassette(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert load(path) == cassette


@pytest.mark.skipif(os.name != "posix", reason="modes and folders that can be flushed are POSIX")
def test_a_saved_file_is_its_owners(tmp_path, monkeypatch):
    """A new one has the mode that the umask leaves, an old one its own; a link stays a link; and
    the rename is flushed too."""
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(os.fstat(handle)) or fsync(handle)
    )
    path, link = tmp_path / "tape.yaml", tmp_path / "link.yaml"
    link.symlink_to(path)
    before = os.umask(0o077)
    try:
        save(Cassette(), link)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    save(Cassette(), link)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert [stat.S_ISDIR(found.st_mode) for found in synced] == [False, True] * 2


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange(Request("GET", "u", (("a", "\ud800"),))),
        Exchange(Request("GET", "u"), pieces=(Piece(b"x", float("nan")),)),
        Exchange(Request("GET", "u"), head_delay=float("inf")),
        Exchange(Request("GET", "u"), head_delay=-1.0),
    ],
)
def test_what_no_file_can_say_is_refused(exchange, tmp_path):
    """By name, before anything is written."""
    with pytest.raises(CassetteError, match="cannot be saved"):
        save(Cassette((exchange,)), tmp_path / "tape.yaml")
    assert not list(Path(tmp_path).iterdir())


def test_notes_must_match_exchanges():
    """A note too many is a mistake of the caller."""
    with pytest.raises(ValueError, match="1 notes for 0 exchanges"):
        Cassette(notes=(Note(),))
