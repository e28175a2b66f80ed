"""A planted secret reaches no file, temporary ones included, no log, no message, no terminal."""

import base64
import json
import logging
import os
from collections import Counter
from itertools import groupby
from pathlib import Path

import planted
import pytest

from harness.cassette import Cassette, Note, load
from harness.errors import SecretFound
from harness.model import Exchange, Piece, Request
from harness.record import Known, Scrubber, check, scrub
from harness.record.storage import Parts, provenance, write
from harness.wire.eventstream import EventStreamDecoder

PLANTED = list(planted.plantings())
BY_PLACE = {
    place: list(group) for place, group in groupby(PLANTED, key=lambda planting: planting[0])
}
PROVENANCE = {"kind": "recorded", "from": "a test", "at": "2026-01-01T00:00:00Z"}


@pytest.fixture
def written(monkeypatch):
    """Every byte that any file was given, whatever became of the file."""
    seen = []
    real_replace, real_open = Path.replace, os.fdopen

    class Spy:
        def __init__(self, file):
            self._file = file

        def write(self, data):
            seen.append(bytes(data))
            return self._file.write(data)

        def __getattr__(self, name):
            return getattr(self._file, name)

        def __enter__(self):
            self._file.__enter__()
            return self

        def __exit__(self, *error):
            return self._file.__exit__(*error)

    monkeypatch.setattr(os, "fdopen", lambda *a, **k: Spy(real_open(*a, **k)))
    monkeypatch.setattr(
        Path, "replace", lambda self, to: seen.append(self.read_bytes()) or real_replace(self, to)
    )
    return seen


def everything(exchange):
    """All that can be read of a loaded exchange, with what its fragments say together."""
    request = exchange.request
    yield request.url.encode()
    yield repr(request.headers + exchange.headers).encode()
    yield request.body
    yield exchange.body
    yield exchange.reason.encode()
    yield "".join(said(exchange)).encode()


def said(exchange):
    """The texts of a stream's events, one after the other, also of those in base64."""
    events = [line[6:] for line in exchange.body.split(b"\n") if line.startswith(b"data: {")]
    for data in events:
        for choice in json.loads(data).get("choices", ()):
            yield choice["delta"]["content"]
    if exchange.header("content-type") == planted.FRAMED[1]:
        frames = [frame.payload for frame in EventStreamDecoder().feed(exchange.body)]
        for data in frames if frames[0].startswith(b"{") else ():
            event = json.loads(data)
            event |= json.loads(base64.b64decode(event["bytes"])) if "bytes" in event else {}
            yield event.get("text", "") + event.get("note", "")


def test_there_are_enough_plantings():
    """Thousands, and each of them is really there before anything is done."""
    assert len(PLANTED) >= 2000
    for place, encoding, split, exchange in PLANTED:
        if place not in planted.CODED | planted.OUT_OF_URLS:
            seen = [trace for data in everything(exchange) for trace in planted.traces(data)]
            deeper = encoding == "base64_twice" and place in {"json_opaque", "base64_in_base64"}
            assert seen or deeper, (place, encoding, split)


@pytest.mark.parametrize("place", BY_PLACE)
def test_a_known_secret_stays_off_the_disk(place, tmp_path, written, caplog, capfd):
    """In whatever encoding it comes, and however it was cut."""
    caplog.set_level(logging.DEBUG)
    count = Counter()
    for number, (_, encoding, split, exchange) in enumerate(BY_PLACE[place]):
        known = Known([planted.SECRET])
        scrubbed, note = Scrubber(known).exchange(exchange)
        path = tmp_path / f"{number}.yaml"
        write(Cassette((scrubbed,), PROVENANCE, (note,)), path, known)
        (back,) = load(path).exchanges
        assert len(back.pieces) == len(exchange.pieces)
        if not note.decoded:
            assert [len(p.data) for p in back.pieces] == [len(p.data) for p in exchange.pieces]
        for data in (path.read_bytes(), *everything(back)):
            assert planted.traces(data) == [], (place, encoding, split)
        count["planted"] += 1
    for data in written:
        assert planted.traces(data) == []
    out, err = capfd.readouterr()
    assert planted.traces((out + err + caplog.text).encode()) == []
    assert count["planted"] == len(BY_PLACE[place]) == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("place", BY_PLACE)
def test_the_gate_closes_on_what_was_not_scrubbed(place, tmp_path, written):
    """It finds the same by itself, says where, and never what; no file is begun."""
    known = Known([planted.SECRET])
    for _, encoding, split, exchange in BY_PLACE[place]:
        if place in planted.CODED | {"strange_header"}:
            continue  # coded bodies are never handed to the gate
        path = tmp_path / "never.yaml"
        with pytest.raises(SecretFound) as closed:
            write(Cassette((exchange,), PROVENANCE), path, known)
        text = str(closed.value)
        assert "exchange 0" in text, (encoding, split)
        assert planted.traces(text.encode()) == []
    assert list(tmp_path.iterdir()) == []
    assert written == []


UNKNOWN = {
    "sk": "sk-proj-Ab3dEf6hIj9kLm2nOp5q",
    "anthropic": "sk-ant-api03-Zx9Wv8Ut7Sr6Qp5On4Ml3",
    "aws": "AKIAIOSFODNN7EXAMPL3",
    "google": "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "github": "ghp_Ab3dEf6hIj9kLm2nOp5qRs8tUv1w",
    "hugging": "hf_QwErTyUiOpAsDfGhJkLzXcVb",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjE3MDAwMDAwMDB9.c2lnbmF0dXJlLWJ5dGVz",
    "random": "Zk3+Qw9/Lm5Xc7Vb1Nn2Aa4Ss6Dd8Ff0Gg=",
    "masked": "sk-proj-********************wXyZ",
    "email": "ada.lovelace@analytical-engine.com",
    "org": "org-Ab3dEf6hIj9kLm2n",
}
TOLD = ["request_text", "json_error", "sse", "sse_fragments", "ndjson", "frames", "gzip", "plain"]
TOLD += ["multipart_field", "multipart_json", "request_base64", "sse_base64", "base64_in_base64"]
TOLD += ["frame_header", "frame_two_headers", "frame_plain", "frames_fragments", "frames_base64"]
TOLD += ["frames_base64_parts", "deflate"]


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_looks_like_a_secret_is_taken_for_one(kind, tmp_path):
    """Nobody has told its value: its shape, or its randomness, is enough; also in fragments."""
    secret = UNKNOWN[kind]
    for place in TOLD if kind != "random" else [p for p in TOLD if p != "plain"]:
        make = planted.ASKED.get(place) or planted.ANSWERED[place]
        for split in planted.SPLITS:
            known = Known()
            exchange = planted.cut(make(secret.encode()), split)
            scrubbed, note = Scrubber(known).exchange(exchange)
            path = tmp_path / f"{place}-{split}.yaml"
            write(Cassette((scrubbed,), PROVENANCE, (note,)), path, known)
            (back,) = load(path).exchanges
            for data in (path.read_bytes(), *everything(back)):
                assert planted.traces(data, secret) == [], (place, split)


NAMED = "hunter two, blue horse"  # a value without any shape: only its name says what it is


def named(place):
    """Where a field called access_token is, in every framing."""
    inside = b'{"access_token":"' + NAMED.encode() + b'"}'
    head = planted.disposition(b"access_token")
    return {
        "json": lambda: planted.answered(inside, planted.JSON),
        "sse": lambda: planted.answered(planted.event(inside), planted.SSE),
        "base64": lambda: planted.answered(
            b'{"bytes":"' + planted.coded(NAMED.encode(), b"access_token") + b'"}', planted.JSON
        ),
        "frame": lambda: planted.framed(planted.frame(inside)),
        "frame_header": lambda: planted.framed(planted.frame(b"{}", access_token=NAMED.encode())),
        "multipart": lambda: planted.multipart(head + NAMED.encode()),
    }[place]()


@pytest.mark.parametrize("place", ["json", "sse", "base64", "frame", "frame_header", "multipart"])
def test_what_is_called_a_secret_is_taken_for_one(place, tmp_path):
    """And it is gone from everywhere else, once it was met: from the next request, say."""
    echo = planted.asked(body=b'{"input":"is it ' + NAMED.encode() + b'?"}')
    exchanges, notes = scrub([(echo, Note()), (named(place), Note())])
    path = tmp_path / "out.yaml"
    write(Cassette(exchanges, PROVENANCE, notes), path, Known([NAMED]))
    for exchange in load(path).exchanges:
        for data in everything(exchange):
            assert planted.traces(data, NAMED) == []


def test_the_password_of_basic_is_known_without_its_user(tmp_path):
    """A server that repeats it does so in plain."""
    coded = base64.b64encode(b"ada:" + NAMED.encode()).decode()
    exchange = planted.asked((("authorization", f"Basic {coded}"),), b'{"p":"' + NAMED.encode())
    scrubbed, _ = Scrubber(Known()).exchange(exchange)
    assert NAMED.encode() not in scrubbed.body
    assert coded not in repr(scrubbed.request.headers)


@pytest.mark.parametrize("blank", ["**REDACTED**", "[FILTERED]", "<API_KEY>", "****", "REDACTED"])
def test_what_others_have_blanked_is_no_secret(blank):
    """It stays as they wrote it, and is looked for nowhere else."""
    exchange = planted.asked((("authorization", blank),), b'{"n":"' + blank.encode() + b'"}')
    known = Known()
    assert Scrubber(known).exchange(exchange)[0] == exchange
    assert list(known) == []


def test_frames_stay_sound_wherever_a_secret_stood(tmp_path):
    """Every checksum is right again, every length as it was, and what is in base64 is base64."""
    for place in [place for place in planted.ANSWERED if place.startswith("frame")]:
        before = planted.ANSWERED[place](planted.SECRET.encode())
        after, _ = Scrubber(Known([planted.SECRET])).exchange(before)
        was, now = (EventStreamDecoder().feed(one.body) for one in (before, after))
        assert [frame.span for frame in now] == [frame.span for frame in was]
        assert [list(frame.headers) for frame in now] == [list(frame.headers) for frame in was]
        for frame in now:
            event = json.loads(frame.payload) if frame.payload.startswith(b"{") else {}
            if "bytes" in event:
                assert set(json.loads(base64.b64decode(event["bytes"]))) == {"note", "index"}


def test_placeholders_keep_relations():
    """The same secret has the same placeholder in every place; two secrets have two."""
    first, second = "first-secret-0123456789", "other-secret-0123456789"
    body = json.dumps({"a": first, "b": second, "c": first}).encode()
    exchange = planted.answered(body, planted.JSON)
    scrubbed, _ = Scrubber(Known([first, second])).exchange(exchange)
    said = json.loads(scrubbed.body)
    assert said["a"] == said["c"] != said["b"]
    assert len(said["a"]) == len(first)
    assert len(scrubbed.body) == len(body)


def test_a_second_recording_has_the_same_placeholders():
    """They are numbered as they are met, so that new tokens give an equal file."""

    def recorded(token):
        exchange = planted.asked(
            (("authorization", f"Bearer {token}"),), b'{"n":"' + token.encode()
        )
        return Scrubber(Known()).exchange(exchange)[0]

    assert recorded("tok-0123456789abc") == recorded("tok-9876543210xyz")


def test_a_secret_learnt_late_is_gone_from_the_start():
    """The exchanges of one tape are scrubbed as one."""
    token = "late0token1in2an3answer4"
    early = planted.answered(json.dumps({"text": f"say {token}"}).encode(), planted.JSON)
    late = planted.answered(json.dumps({"access_token": token}).encode(), planted.JSON)
    exchanges, _ = scrub([(early, Note()), (late, Note())])
    assert token.encode() not in exchanges[0].body


def test_scrubbing_twice_changes_nothing():
    """A placeholder is no secret."""
    for _, _, _, exchange in PLANTED[::7]:
        known = Known([planted.SECRET])
        once, note = Scrubber(known).exchange(exchange)
        assert Scrubber(Known()).exchange(once, note) == (once, note)


def test_frames_have_right_checksums_again():
    """The AWS event stream is as valid after scrubbing as it was before."""
    exchange = planted.ANSWERED["frames"](planted.SECRET.encode())
    scrubbed, _ = Scrubber(Known([planted.SECRET])).exchange(exchange)
    assert scrubbed.body != exchange.body
    assert [f.span for f in EventStreamDecoder().feed(scrubbed.body)] == [
        f.span for f in EventStreamDecoder().feed(exchange.body)
    ]


def test_a_coded_body_is_stored_decoded():
    """And the note says what it was; its length header is true."""
    exchange = planted.ANSWERED["gzip"](b"nothing to hide")
    scrubbed, note = Scrubber(Known()).exchange(exchange)
    assert note.decoded == "gzip"
    assert scrubbed.header("content-encoding") is None
    assert scrubbed.header("content-length") == str(len(scrubbed.body))
    assert b"nothing to hide" in scrubbed.body


def test_a_body_that_cannot_be_looked_into_is_refused():
    """An unknown coding could hide anything."""
    exchange = planted.answered(b"\x1f\x8b", planted.JSON, ("content-encoding", "sdch"))
    with pytest.raises(SecretFound, match="cannot be looked into"):
        Scrubber(Known()).exchange(exchange)


def test_opaque_state_is_left_as_it_is():
    """A signature is random by nature; only known values are looked for in it."""
    opaque = "Zk3Qw9Lm5Xc7Vb1Nn2Aa4Ss6Dd8Ff0Gg7Hh"
    body = json.dumps({"signature": opaque, "encrypted_content": opaque, "id": opaque}).encode()
    exchange = planted.answered(body, planted.JSON)
    scrubbed, note = Scrubber(Known()).exchange(exchange)
    assert scrubbed.body == body
    check(Cassette((scrubbed,), PROVENANCE, (note,)), Known())
    hidden, _ = Scrubber(Known([opaque[5:30]])).exchange(exchange)
    assert opaque[5:30].encode() not in hidden.body


def test_an_ordinary_conversation_is_left_as_it_is():
    """Tool calls, ids, usage, code, hashes, hard text: not a byte is changed."""
    body = json.dumps(
        {
            "id": "chatcmpl-AbCdEfGh1234567890IjKlMnOpQr",
            "choices": [
                {"message": {"content": "git show 3b18e512dba79e4c8300dd08aeb37f8e728b8dad"}}
            ],
            "tool_calls": [
                {"id": "call_9xY2", "arguments": '{"path": "/tmp/a_long_path/file.txt"}'}
            ],
            "text": "write to ada@example.com, key: value, Bearer of news, token count",
            "usage": {"prompt_tokens": 12345, "total_tokens": 23456},
            "uuid": "123e4567-e89b-12d3-a456-426614174000",
        }
    ).encode()
    exchange = planted.answered(body, planted.JSON)
    assert Scrubber(Known()).exchange(exchange)[0].body == body


def test_environment_gives_the_secrets():
    """By the names of the variables; paths, numbers and words are none."""
    known = Known.of_environment(
        {
            "SOME_API_KEY": "abc123def456",
            "DB_URL": "postgres://ada:p4ssw0rd99@host/db",
            "SSH_AUTH_SOCK": "/tmp/agent.1",
            "AUTH_KIND": "bearer",
            "HOME": "abc123def457",
        }
    )
    assert set(known) == {b"abc123def456", b"p4ssw0rd99"}


def test_parts_are_whole_cassettes(tmp_path):
    """Each exchange that is over can be loaded by itself; joined they are one file."""
    parts = Parts(tmp_path / "out.yaml", provenance("a test"), Known())
    exchange = Exchange(Request("GET", planted.URL), 200, "OK", (planted.JSON,), (Piece(b"{}"),))
    for _ in range(3):
        parts.add(exchange, Note())
    assert all(load(path).exchanges for path in tmp_path.rglob("*.yaml"))
    assert len(parts.join().exchanges) == 3
    assert [path.name for path in tmp_path.rglob("*")] == ["out.yaml"]
    assert load(tmp_path / "out.yaml").exchanges == (exchange,) * 3
