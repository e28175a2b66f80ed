"""HAR files, as browsers and debugging proxies export them."""

import json

import pytest

from harness.cassette import dumps, loads
from harness.cassette.importing import import_
from harness.cassette.lint import lint_bytes
from harness.cassette.read import read
from harness.cli import main
from harness.errors import CassetteError
from harness.model import Ending

URL = "https://api.openai.com/v1/chat/completions"
SAID = 'data: {"choices":[{"index":0,"delta":{"content":"Zoë"},"finish_reason":"stop"}]}\n\n'


def named(**pairs):
    return [{"name": name.replace("_", "-"), "value": value} for name, value in pairs.items()]


def entry(content, status=200, url=URL, timings=None, **response):
    return {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "request": {
            "method": "POST",
            "url": url,
            "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "x"}, *named(accept="*/*")],
            "postData": {"mimeType": "application/json", "text": '{"stream":true}'},
        },
        "response": {
            "status": status,
            "statusText": "",
            "headers": named(content_type="text/event-stream", content_encoding="gzip"),
            "content": content,
        }
        | response,
        "timings": timings or {},
        "_resourceType": "fetch",
    }


def har(*entries):
    return json.dumps({"log": {"version": "1.2", "entries": entries}}, indent=1).encode()


def one(*args, **how):
    (exchange,) = loads(har(entry(*args, **how))).exchanges
    return exchange


def test_an_entry_is_an_exchange():
    """Bodies as they were read, headers without the request line's, the wait before the head."""
    exchange = one({"text": SAID}, timings={"wait": 350.5})
    assert (exchange.request.method, exchange.request.url) == ("POST", URL)
    assert exchange.request.headers == (("accept", "*/*"),)
    assert exchange.request.body == b'{"stream":true}'
    assert (exchange.status, exchange.body) == (200, SAID.encode())
    assert (exchange.ending, exchange.head_delay) == (Ending.COMPLETE, 0.3505)


@pytest.mark.parametrize("wait", [".inf", ".nan", "1.0e+300", "true", "-1", "soon"])
def test_a_wait_that_is_none_is_none(wait):
    """In a HAR that somebody keeps as YAML, too: the exchange is read, and nothing is raised."""
    file = har(entry({"text": SAID}, timings={"wait": 350.5})).replace(b"350.5", wait.encode())
    (exchange,) = loads(b"# kept by hand\n" + file).exchanges
    assert exchange.head_delay == 0


def test_a_body_in_base64_is_its_bytes():
    """That is how binary frames are kept."""
    assert one({"text": "AAH/", "encoding": "base64"}).body == b"\x00\x01\xff"
    assert one({}).body == b""


def test_a_content_coding_that_the_export_undid_is_noted():
    """The body stands decoded; a client must not be told to decode it once more."""
    cassette, dialect = read(har(entry({"text": SAID})))
    assert dialect == "har"
    assert "content-encoding" not in dict(cassette.exchanges[0].headers)
    assert cassette.notes[0].decoded == "gzip"


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", Ending.EOF),
        ("net::ERR_CONTENT_LENGTH_MISMATCH", Ending.EOF),
        ("net::ERR_CONNECTION_RESET", Ending.RESET),
        ("net::ERR_TIMED_OUT", Ending.STALL),
        ("net::ERR_ABORTED", Ending.CLIENT_CLOSED),
        ("net::ERR_SOMETHING_ELSE", Ending.COMPLETE),
    ],
)
def test_the_error_that_a_browser_named_is_the_ending(error, ending):
    """And no length is promised that would make a cut body a whole one."""
    sent = named(Content_Length="9000")
    exchange = one({"text": SAID}, headers=sent, _error=error)
    assert exchange.ending is ending
    assert ("Content-Length" in dict(exchange.headers)) is (ending is Ending.COMPLETE)


def test_an_entry_without_an_answer_keeps_its_place():
    """Status 0: the connection died first. Saved and loaded again it is the same."""
    data = har(entry({"text": SAID}), entry({}, 0, _error="net::ERR_EMPTY_RESPONSE"), entry({}, 0))
    cassette = loads(data)
    assert [(x.status, x.ending) for x in cassette.exchanges] == [
        (200, Ending.COMPLETE),
        (None, Ending.EOF),
        (None, Ending.RESET),
    ]
    assert loads(dumps(cassette)).exchanges == cassette.exchanges


def test_a_fault_is_found_at_the_entry():
    """By the name that it has there."""
    for broken, place in (
        (entry({}, url=None), r"x\.har:\d+:\d+: log\.entries\[1\]\.request\.url is no text"),
        (entry({}, 99), r"log\.entries\[1\]\.response\.status"),
        (entry({"text": 7}), r"log\.entries\[1\]\.response\.content"),
        (7, r"log\.entries\[1\]"),
        ({"request": 7, "response": 7}, r"log\.entries\[1\]\.re"),
    ):
        data = har(entry({}), broken)
        with pytest.raises(CassetteError, match=place) as refused:
            loads(data, "x.har")
        faults = [fault for fault in lint_bytes(data, "x.har") if fault.level == "fault"]
        assert str(refused.value) in {f"{fault.where}: {fault.message}" for fault in faults}
    with pytest.raises(CassetteError, match=r"log\.entries is no list"):
        loads(b'{"log": {"version": "1.2"}}')


def test_import_and_replay_take_it(tmp_path, capsys):
    """What died in production is read the same day."""
    path = tmp_path / "died.har"
    cut = SAID.replace('"stop"', "null")
    path.write_bytes(har(entry({"text": cut}, _error="net::ERR_CONNECTION_RESET")))
    assert import_(path).provenance["dialect"] == "har"
    main(["replay", "--json", str(path)])
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["response"]["content"]) == ("interrupted", "Zoë")
