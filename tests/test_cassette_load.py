"""A cassette says what its file says, whichever tool wrote it."""

import base64
import gzip
import json
import subprocess
import sys

import pytest

from harness.cassette import load, loads
from harness.cassette.importing import import_
from harness.cassette.read import read
from harness.errors import CassetteError
from harness.model import Ending, Piece

STOCK = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://api.example/v1/chat
    body: '{"a":1}'
    headers: {Accept: ['*/*'], X-Bytes: [!!binary aGk=], X-Plain: text}
  response:
    status: {code: 200, message: OK}
    headers: {Set-Cookie: [a, b], content-type: [text/event-stream]}
    body: {string: "data: 1\\n\\ndata: 2\\n\\n"}
"""


def tape(**response):
    """One interaction as plain data, as a stock JSON cassette."""
    full = {
        "status": {"code": 200, "message": "OK"},
        "headers": {},
        "body": {"string": ""},
    } | response
    request = {"method": "GET", "uri": "https://a.example/", "headers": {}, "body": None}
    return {"version": 1, "interactions": [{"request": request, "response": full}]}


def ours(extras, **response):
    return tape(harness=extras, **response) | {"metadata": {"harness": {"format": "harness/1"}}}


def only(document):
    return loads(json.dumps(document).encode()).exchanges[0]


def test_a_stock_cassette_is_one_piece_of_unknown_cut():
    """Nothing is invented: the body is whole, complete, and its pieces are called unknown."""
    cassette = loads(STOCK.encode())
    exchange = cassette.exchanges[0]
    assert exchange.pieces == (Piece(b"data: 1\n\ndata: 2\n\n"),)
    assert exchange.ending is Ending.COMPLETE
    assert not cassette.notes[0].pieces_known
    assert exchange.request.headers == (("Accept", "*/*"), ("X-Bytes", "hi"), ("X-Plain", "text"))
    assert exchange.headers[:2] == (("Set-Cookie", "a"), ("Set-Cookie", "b"))
    assert (exchange.status, exchange.reason) == (200, "OK")
    assert exchange.request.body == b'{"a":1}'


def test_stock_json_is_read():
    """What vcrpy's JSON serializer writes; a null body is remembered as null."""
    cassette = loads(json.dumps(tape(body={"string": "é"}), indent=4).encode())
    assert cassette.exchanges[0].body == "é".encode()
    assert cassette.notes[0].body_is_null


@pytest.mark.parametrize(
    ("response", "body"),
    [
        ({"body": {"string": None}}, b""),
        ({"body": {}}, b""),
        ({"body": None}, b""),
        ({"body": "text"}, b"text"),
        ({"body": {"base64_string": base64.b64encode(b"\xff\x00").decode()}}, b"\xff\x00"),
        ({"body": {"string": ["a", "b"]}}, b"ab"),
        ({"parsed_body": {"é": [1]}}, '{"é": [1]}'.encode()),
        ({"body": None, "content": "x"}, b""),
    ],
)
def test_every_shape_of_a_body_is_read(response, body):
    """Text, bytes, base64, parts, JSON in place of a body, or none."""
    assert only(tape(**response)).body == body


def test_the_old_httpx_stub_is_read():
    """It wrote content, status_code and http_version."""
    response = {
        "content": "hi",
        "status_code": 201,
        "http_version": "HTTP/2",
        "headers": {"a": ["b"]},
    }
    document = tape()
    document["interactions"][0]["response"] = response
    exchange = only(document)
    assert (exchange.body, exchange.status, exchange.http_version) == (b"hi", 201, "HTTP/2")


def test_a_list_of_interactions_is_read():
    """As files were before they had a version."""
    assert only(tape()["interactions"]).status == 200


def test_requests_and_responses_as_two_lists_are_read():
    """Gzip'd, as LangChain keeps them; an odd number of them is an error with its line."""
    item = tape()["interactions"][0]
    document = {"requests": [item["request"]], "responses": [item["response"]]}
    packed = gzip.compress(json.dumps(document).encode())
    cassette, dialect = read(packed)
    assert cassette.exchanges[0].status == 200
    assert dialect == "requests-and-responses"
    with pytest.raises(CassetteError, match="1 requests, 0 responses"):
        loads(json.dumps(document | {"responses": []}).encode())


def b64(data):
    return {"b64": base64.b64encode(data).decode()}


def chunked():
    request = {"method": "POST", "url": "https://a.example/", "headers": {"a": "b"}}
    return {
        "captured_at": "2026-01-02",
        "chunks": [b64(b"data: 1"), b64(b"\n\n"), b64(b"")],
        "request": request | {"body": b64(b"{}"), "canonical_json": {}},
        "response": {"status": 200, "headers": {"content-type": "text/event-stream"}, "body": None},
    }


def test_chunks_keep_their_boundaries():
    """Without times: every delay is zero; what else the file says is kept."""
    cassette = loads(json.dumps(chunked()).encode())
    exchange = cassette.exchanges[0]
    assert [piece.data for piece in exchange.pieces] == [b"data: 1", b"\n\n", b""]
    assert cassette.notes[0].pieces_known
    assert exchange.request.body == b"{}"
    assert cassette.extras == {"captured_at": "2026-01-02"}


def test_untrue_framing_headers_of_others_are_put_right_and_noted():
    """Recorders decode bodies and filters rewrite them: neither keeps these headers true."""
    headers = {"Content-Length": ["999"], "Content-Encoding": ["gzip"], "X": ["y"]}
    cassette = loads(json.dumps(tape(headers=headers, body={"string": "plain"})).encode())
    assert cassette.exchanges[0].headers == (("Content-Length", "5"), ("X", "y"))
    assert cassette.notes[0].decoded == "gzip"
    assert cassette.notes[0].repaired == {"content-length": ("999",)}


def test_true_framing_headers_stay():
    """A body that really is gzip keeps its coding; a 304 has a length and no body."""
    packed = base64.b64encode(gzip.compress(b"x")).decode()
    exchange = only(tape(headers={"content-encoding": "gzip"}, body={"base64_string": packed}))
    assert exchange.header("content-encoding") == "gzip"
    bodiless = tape(headers={"content-length": "9"}, status={"code": 304, "message": None})
    assert only(bodiless).header("content-length") == "9"


def test_in_our_own_files_headers_mean_what_they_say():
    """A wrong content-length is then what the peer sent."""
    assert only(ours({}, headers={"content-length": "9"})).header("content-length") == "9"


def test_pieces_endings_and_delays_are_read():
    """Everything in response.harness reaches the exchange."""
    extras = {"pieces": "1@250 2*2@1.5", "ending": "reset", "head_delay": "98.25ms"}
    extras["http_version"] = "HTTP/2"
    exchange = only(ours(extras, body={"string": "abcde"}))
    assert exchange.pieces == (Piece(b"a", 0.25), Piece(b"bc", 0.0015), Piece(b"de", 0.0015))
    assert (exchange.ending, exchange.head_delay) == (Ending.RESET, 0.09825)
    assert exchange.http_version == "HTTP/2"


def test_events_stand_for_one_piece_each():
    """The notation for people who write cassettes by hand."""
    exchange = only(ours({"pieces": "events@20"}, body={"string": "data: 1\n\n: c\r\n\r\ndata"}))
    assert [piece.data for piece in exchange.pieces] == [b"data: 1\n\n", b": c\r\n\r\n", b"data"]
    assert {piece.delay for piece in exchange.pieces} == {0.02}


def test_exchanges_without_an_answer_stand_at_their_place():
    """By `at` among all, else at the end."""
    document = ours({})
    dead = {"request": {"method": "GET", "uri": "u"}}
    document["metadata"]["harness"]["unanswered"] = [
        dead,
        dead | {"at": 0, "ending": "stall", "connected": False, "head_delay": "3ms"},
    ]
    cassette = loads(json.dumps(document).encode())
    assert [exchange.status for exchange in cassette.exchanges] == [None, 200, None]
    first = cassette.exchanges[0]
    assert (first.ending, first.connected, first.head_delay) == (Ending.STALL, False, 0.003)
    assert cassette.unanswered == (first, cassette.exchanges[2])
    document["metadata"]["harness"]["unanswered"] = [dead | {"at": 1}, dead | {"at": 1}]
    with pytest.raises(CassetteError, match="taken twice"):
        loads(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([1], r"\[0\] is no mapping"),
        ({"a": 1}, "is no cassette, found the keys a"),
        (None, "is no cassette, found NoneType"),
        ({"interactions": [{"response": {}}]}, "request is missing"),
        ({"interactions": [{"request": {"method": "GET", "uri": "u"}}]}, "response is missing"),
        (
            {"interactions": [{"request": {"method": "GET"}, "response": {}}]},
            "request.uri is no text",
        ),
        (
            {"interactions": [{"request": {"method": "G", "uri": "u", "x": 1}, "response": {}}]},
            "vcrpy refuses",
        ),
        (tape(status={"code": "no"}), "status.code is no HTTP status, found 'no'"),
        (tape(status=None), "is no HTTP status"),
        (tape(headers={"a": [{}]}), "headers.a is no header value"),
        (tape(headers=5), "headers is no mapping"),
        (tape(headers=[["a"]]), "is no pair"),
        (tape(body={"string": 5}), "is neither text nor bytes"),
        (tape(body={"base64_string": "a"}), "is damaged base64"),
        (ours({"pices": "1"}), "harness.pices is unknown.*Known are"),
        (ours({"pieces": "4"}, body={"string": "12345"}), "the pieces are 4 bytes, the body has 5"),
        (ours({"pieces": "6"}, body={"string": "12345"}), "the pieces are 6 bytes, the body has 5"),
        (ours({"pieces": "9999999*9999999"}), "the body has 0"),
        (ours({"pieces": "0*100000 0"}), "more than 100000 pieces are empty"),
        (ours({"pieces": f"0@{'9' * 400}"}), "no time that ever ends"),
        (ours({"head_delay": f"{'9' * 400}ms"}), "no time that ever ends"),
        (ours({"pieces": "x"}), "'x' is no run of pieces"),
        (ours({"pieces": 1.5}), "is no text"),
        (ours({"pieces": True}), "is no text"),
        (ours({"ending": "gone"}), "ending is unknown, found 'gone'. Known are complete"),
        (ours({"head_delay": "5"}), "is no delay"),
        (ours({"head_delay": 5}), "is no text"),
        (ours({"http_version": 2}), "is no text"),
        (ours({"meaning": "x"}), "is no mapping"),
        (ours({"repaired": {"a": {}}}), "is no list"),
        (
            tape() | {"metadata": {"harness": {"format": "harness/2"}}},
            "found 'harness/2'. This harness reads",
        ),
        (tape() | {"metadata": {"harness": {"format": "harness/1", "x": 1}}}, "x is unknown"),
        (
            tape()
            | {"metadata": {"harness": {"format": "harness/1", "provenance": {"kind": "real"}}}},
            "Known are",
        ),
        (
            tape() | {"metadata": {"harness": {"format": "harness/1", "unanswered": {"a": 1}}}},
            "is no list",
        ),
    ],
)
def test_a_fault_says_what_was_found_where(document, message):
    """The path in the file, and its line."""
    with pytest.raises(CassetteError, match=message) as caught:
        loads(json.dumps(document, indent=1).encode(), "tape.json")
    assert caught.value.where.line >= 1


def test_the_line_of_a_fault_is_its_key():
    """So that an editor can jump to it."""
    text = STOCK.replace("    body: {string", "    harness:\n      ending: gone\n    body: {string")
    with pytest.raises(CassetteError) as caught:
        loads(text.encode(), "tape.yaml")
    assert str(caught.value).startswith("tape.yaml:12:7: interactions[0].response.harness.ending")


def test_a_fault_in_a_dialect_is_found_where_that_dialect_has_it():
    """Not where vcrpy would have it."""
    document = chunked()
    document["chunks"][1] = {"b64": 5}
    with pytest.raises(CassetteError, match=r"chunks\[1\] is no base64"):
        loads(json.dumps(document).encode())
    document = chunked()
    document["request"]["method"] = None
    with pytest.raises(CassetteError, match=r"^request\.method|: request\.method"):
        loads(json.dumps(document).encode())


def test_an_order_that_no_longer_fits_is_left_aside():
    """A re-save by another tool may have dropped a repeated header."""
    extras = {"header_order": ["a", "b", "a"]}
    assert only(ours(extras, headers={"a": ["1", "2"], "b": ["3"]})).headers == (
        ("a", "1"),
        ("b", "3"),
        ("a", "2"),
    )
    assert only(ours(extras, headers={"a": ["1"], "b": ["3"]})).headers == (("a", "1"), ("b", "3"))


def test_import_says_where_a_cassette_came_from(tmp_path):
    """A derived one names its source and its dialect; a provenance that is there stays."""
    path = tmp_path / "tape.json"
    path.write_text(json.dumps(chunked()))
    provenance = import_(path).provenance
    assert provenance["kind"] == "derived"
    assert provenance["from"] == path.as_posix()
    assert provenance["dialect"] == "chunks"
    document = tape() | {
        "metadata": {"harness": {"format": "harness/1", "provenance": {"kind": "recorded"}}}
    }
    path.write_text(json.dumps(document))
    assert import_(path).provenance == load(path).provenance == {"kind": "recorded"}


def test_loading_imports_nothing_heavy():
    """Neither the schema's validator, nor vcrpy, nor any client."""
    heavy = {"jsonschema", "vcr", "httpx", "harness.wire.sse"}
    code = "import sys, harness.cassette; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())
