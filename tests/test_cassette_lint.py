"""Lint names every fault with its line, show tells an exchange, and the command exits by them."""

import argparse
import gzip
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.cassette import Cassette, dumps, load, loads, save
from harness.cassette.interaction import EXTRAS, UNANSWERED
from harness.cassette.lint import LARGE, lint, lint_bytes
from harness.cassette.show import show, show_all
from harness.cassette.suspicion import is_hidden
from harness.cassette.value import FORMAT, KINDS, Note
from harness.cli import cassette as command
from harness.cli import main
from harness.data import builtin
from harness.errors import CassetteError
from harness.model import Ending, Exchange, Piece, Request
from harness.schemas import schema, validator
from harness.wire import eventstream

BROKEN = """\
version: 1
metadata:
  harness:
    format: harness/1
    provenance: {kind: imagined}
    surprise: 1
interactions:
- request: {method: GET, uri: u, headers: {}, body: ''}
  response:
    status: {code: 200, message: OK}
    headers: {}
    harness:
      pices: '1'
      ending: gone
    body: {string: x}
- request: {method: GET, uri: u, headers: {}, body: ''}
  response:
    status: {code: 200, message: OK}
    headers: {}
    harness:
      pieces: 7
    body: {string: x}
"""
KEY = "sk-" + "a1B2" * 8


def told(exchange, provenance=None):
    """What lint says of one exchange of ours: (code, level) pairs."""
    provenance = provenance or {"kind": "synthesized", "by": "a test"}
    return {(f.code, f.level) for f in lint_bytes(dumps(Cassette((exchange,), provenance)))}


def exchange(headers=(), body=b"", ending=Ending.COMPLETE, **request):
    asked = Request(**({"method": "POST", "url": "https://a.example/x"} | request))
    return Exchange(asked, 200, "OK", headers, (Piece(body),) if body else (), ending)


def test_every_fault_is_told_at_once_with_its_line():
    """Schema and sums, file and exchanges; sorted by line."""
    found = [(fault.where.line, fault.code) for fault in lint_bytes(BROKEN.encode(), "b.yaml")]
    assert found == [
        (5, "schema"),
        (6, "schema"),
        (13, "schema"),
        (14, "schema"),
        (21, "broken"),
    ]
    first = lint_bytes(BROKEN.encode(), "b.yaml")[1]
    assert str(first).startswith("b.yaml:6:5: fault: metadata.harness.surprise is unknown")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (BROKEN, 21, "interactions[1].response.harness.pieces cannot be read: the pieces are 7"),
        (BROKEN.replace("code: 200, ", "code: no, "), 18, "status.code is no HTTP status"),
        ("request: {method: GET}\nresponse: {}\nchunks:\n- {b64: 7}", 4, "chunks[0] is no base64"),
    ],
)
def test_lint_says_as_much_as_load(text, line, said):
    """Of a part that cannot be read: where it is, and what was found there."""
    (fault,) = (f for f in lint_bytes(text.encode()) if f.where.line == line)
    assert said in fault.message
    assert ", found " in fault.message


def test_no_finding_quotes_a_value_of_the_wrong_type():
    """It may be anything: here a header that stands in the place of its request."""
    document = {"version": 1, "interactions": [{"request": f"Bearer {KEY}", "response": KEY}]}
    text = "\n".join(map(str, lint_bytes(json.dumps(document).encode())))
    assert "interactions[0].request is no object, found str" in text
    assert KEY not in text


def test_a_clean_cassette_has_no_fault():
    """Also each that ships."""
    assert told(exchange(body=b"x")) == set()
    for path in builtin("cassettes").rglob("*.yaml"):
        assert [str(fault) for fault in lint(path) if fault.level == "fault"] == []


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (exchange((("content-length", "9"),), b"x"), ("framing", "fault")),
        (exchange((("content-encoding", "gzip"),), b"x"), ("framing", "fault")),
        (exchange((("set-cookie", "sid=abcdef"),)), ("credential", "fault")),
        (exchange(url="https://a.example/?key=abcdef"), ("credential", "fault")),
        (exchange(url="https://[no.url/?a&key=abcdef#f"), ("credential", "fault")),
        (
            Exchange(Request("GET", "u", (("Authorization", "Bearer abc"),))),
            ("credential", "fault"),
        ),
        (Exchange(Request("GET", "u", (("x-odd", KEY),))), ("credential", "fault")),
        (Exchange(Request("GET", "u", (), KEY.encode())), ("credential", "fault")),
        (exchange(body=f'{{"k": "{KEY}"}}'.encode()), ("credential", "fault")),
        (
            exchange((("content-encoding", "gzip"),), gzip.compress(KEY.encode())),
            ("credential", "fault"),
        ),
        (exchange(body=b"x" * LARGE), ("large", "note")),
        (exchange(body=b"x", ending=Ending.RESET), ("plays-clean", "note")),
        (Exchange(Request("GET", "u"), None, ending=Ending.RESET), ("unanswered", "note")),
    ],
)
def test_each_finding_has_its_code_and_level(made, expected):
    """One finding each, and no other."""
    assert told(made) == {expected}


def test_a_damaged_ending_excuses_a_length():
    """A body cut short of its content-length is what eof means."""
    cut = exchange((("content-length", "9"),), b"x", Ending.EOF)
    assert told(cut) == {("plays-clean", "note")}


def test_no_finding_repeats_the_secret():
    """A report is an output too."""
    text = "\n".join(map(str, lint_bytes(dumps(Cassette((exchange(body=KEY.encode()),))))))
    assert "looks like a key" in text
    assert KEY not in text


@pytest.mark.parametrize(
    "value", ["", "**REDACTED**", "[REDACTED:x]", "Bearer XXX", "<token>", "X-API-KEY-XXX", "dummy"]
)
def test_a_blanked_value_is_no_credential(value):
    """However a project blanks its own."""
    assert is_hidden(value)
    assert not is_hidden("Bearer abcdefgh12345678")


@pytest.mark.parametrize(
    ("provenance", "lacks"),
    [
        ({}, "provenance is missing"),
        ({"kind": "recorded", "from": "a"}, "lacks `at`"),
        ({"kind": "authored"}, "lacks `from`"),
        ({"kind": "derived", "from": "a"}, "lacks `by`"),
        ({"kind": "synthesized"}, "lacks `by`"),
    ],
)
def test_a_cassette_must_say_where_it_comes_from(provenance, lacks):
    """Each kind wants its own facts."""
    faults = lint_bytes(dumps(Cassette((exchange(),), provenance)))
    assert [fault.code for fault in faults] == ["provenance"]
    assert lacks in faults[0].message


FOREIGN = b"""\
interactions:
- request: {body: null, headers: {}, method: GET, uri: "https://api.vendor.test/"}
  response: {body: {string: x}, headers: {}, status: {code: 200, message: OK}HARNESS}
version: 1
"""


def test_a_foreign_file_need_not_say_where_it_comes_from(tmp_path, capsys):
    """Its recorder has no place for it: a note, and exit 0. One that was ours, and lost what it
    said in a re-save, is still at fault."""
    path = tmp_path / "foreign.yaml"
    path.write_bytes(FOREIGN.replace(b"HARNESS", b""))
    assert [(fault.code, fault.level) for fault in lint(path)] == [("provenance", "note")]
    assert main(["cassette", "lint", str(path)]) == 0
    assert "harness cassette import" in capsys.readouterr().out
    assert main(["cassette", "lint", "--quiet", str(path)]) == 0
    assert capsys.readouterr().out == ""
    path.write_bytes(FOREIGN.replace(b"HARNESS", b", harness: {ending: eof}"))
    found = {(fault.code, fault.level) for fault in lint(path)}
    assert found == {("provenance", "fault"), ("plays-clean", "note")}
    assert main(["cassette", "lint", str(path)]) == 1


def test_an_unreadable_file_is_one_finding():
    """With the line where reading stopped."""
    faults = lint_bytes(b"a: [1\nb: ]", "x.yaml")
    assert [(fault.code, fault.where.line) for fault in faults] == [("unreadable", 2)]
    assert [fault.code for fault in lint_bytes(b"a: 1", "x.yaml")] == ["unreadable"]


def test_the_schema_and_the_reader_know_the_same_keys():
    """The reader is written by hand, because it converts; the schema is what outsiders see."""
    defs = schema("cassette")["$defs"]
    assert set(defs["exchange"]["properties"]) == EXTRAS
    assert set(defs["unanswered"]["properties"]) == UNANSWERED
    assert defs["ending"]["enum"] == list(Ending)
    assert defs["provenance"]["properties"]["kind"]["enum"] == list(KINDS)
    assert defs["file"]["properties"]["format"]["const"] == FORMAT


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.just(1.5),
    st.sampled_from(
        ["", "1", "1@2", "1*1", "events", "events@2", "x", "5ms", "reset", "gone", "1 0"]
    ),
    st.sampled_from([[], ["a"], [1], {}, {"a": ["b"]}, {"a": [1]}, {"kind": "recorded"}]),
)
FILE = st.dictionaries(
    st.sampled_from(["format", "provenance", "unanswered", "x"]), VALUES, max_size=3
)
EXTRA = st.dictionaries(st.sampled_from([*sorted(EXTRAS), "x"]), VALUES, max_size=3)
DEAD = st.dictionaries(
    st.sampled_from([*sorted(UNANSWERED - {"request", "at"}), "x"]), VALUES, max_size=2
)


@given(EXTRA, FILE, DEAD)
def test_what_the_schema_refuses_the_reader_refuses(extra, file, dead):
    """And what it takes, the reader takes, but for sums, which no schema can say."""
    request = {"method": "GET", "uri": "u"}
    response = {"status": {"code": 200}, "body": {"string": "x"}, "harness": extra}
    facts = {"format": FORMAT, "unanswered": [dead | {"request": request}]} | file
    document = {
        "interactions": [{"request": request, "response": response}],
        "metadata": {"harness": facts},
    }
    valid = validator("cassette").is_valid(document)
    try:
        loads(json.dumps(document).encode())
        loaded = True
    except CassetteError as error:
        loaded = "the pieces are" in str(error) and None
    assert loaded is None or loaded == valid


def test_show_tells_times_events_and_the_ending():
    """Each event at the time of the piece that completed it; what was cut off is said."""
    pieces = (
        Piece(b"data: on", 0.1),
        Piece(b"e\n\nevent: e\ndata: two\n\n", 0.25),
        Piece(b"data: th"),
    )
    made = Exchange(
        Request("POST", "https://a.example/", (("Authorization", "Bearer abc"),), b'{"a":1}'),
        200,
        "OK",
        (("content-type", "text/event-stream"),),
        pieces,
        Ending.RESET,
        0.5,
    )
    assert show(made).splitlines() == [
        "#0 POST https://a.example/",
        "  > Authorization: (hidden)",
        '  > {"a": 1}',
        "  < 200 OK HTTP/1.1 at 0.500 s",
        "  < content-type: text/event-stream",
        "     0.850 one",
        "     0.850 e two",
        "         ! 8 bytes of an unfinished event: b'data: th'",
        "  = reset at 0.850 s: 39 bytes, 3 pieces",
    ]


def test_show_decodes_frames_and_codings():
    """An AWS event stream by its frames, a gzip'd one by its events; broken ones say how."""
    frame = eventstream.encode({":event-type": "messageStart"}, b'{"role":"assistant"}')
    kind = (("content-type", "application/vnd.amazon.eventstream"),)
    assert 'messageStart {"role":"assistant"}' in show(exchange(kind, frame))
    assert 'messageStart {"role":"assistant"}' in show(exchange((), frame))
    assert "! " in show(exchange(kind, frame[:-1] + b"\x00" + frame))
    packed = exchange((("content-encoding", "gzip"),), gzip.compress(b"data: hi\n\n"))
    assert " hi\n" in show(packed)
    assert "damaged" in show(exchange((("content-encoding", "gzip"),), b"\x1f\x8bno"))
    assert "(3 bytes)" in show(exchange(body=b"\xff\xfe\xfd"))


@pytest.mark.parametrize("hostile", ["\x1b]0;owned\x07", "\x9b2J", "\u202egnp.exe", "\r", "\ud800"])
def test_show_says_nothing_that_a_terminal_obeys(hostile):
    """Whoever looks at a stranger's cassette sees what is in it and nothing else happens."""
    where = f"a{hostile}b"
    asked = Request(where, where, ((where, where),), where.encode("utf-8", "replace"))
    event = f"data: {where}\n\n".encode("utf-8", "replace")
    made = Exchange(asked, 200, where, ((where, where),), (Piece(event),), http_version=where)
    told = "".join(show_all(Cassette((made,), {"kind": "recorded", "from": where})))
    assert hostile not in told
    assert told.encode("utf-8")
    assert f"\\x{ord(hostile[0]):02x}" in told


def test_a_fault_says_nothing_that_a_terminal_obeys():
    """Also where the path to it is a stranger's."""
    keys = {"format": FORMAT, "\x1b]0;owned\x07": 1}
    data = json.dumps({"interactions": [], "metadata": {"harness": keys}}).encode()
    with pytest.raises(CassetteError) as raised:
        loads(data)
    for text in (str(raised.value), *map(str, lint_bytes(data))):
        assert "\x1b" not in text


def test_show_says_what_is_not_known():
    """Pieces that nobody recorded, a coding that was removed, a death before the status."""
    assert "pieces unknown" in show(exchange(body=b"x"), Note(pieces_known=False))
    assert "without its gzip coding" in show(exchange(body=b"x"), Note(decoded="gzip"))
    dead = Exchange(Request("GET", "u"), None, ending=Ending.STALL, connected=False, head_delay=2.0)
    assert "before the request could be sent, after 2.000 s" in show(dead)


def test_long_lines_are_cut_unless_full():
    """And their length is told."""
    made = exchange(body=b'{"text": "' + b"x" * 500 + b'"}')
    assert "... (512 characters)" in show(made)
    assert "x" * 500 in show(made, full=True)


def run(*words):
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers(required=True))
    args = parser.parse_args(["cassette", *map(str, words)])
    return args.run(args)


@pytest.fixture
def tape(tmp_path):
    path = tmp_path / "tapes" / "tape.yaml"
    provenance = {"kind": "synthesized", "by": "a test"}
    save(Cassette((exchange(body=b"x", ending=Ending.EOF),), provenance), path)
    return path


def test_the_show_command_prints_every_exchange(tape, capsys):
    """Exit 2 for a file that cannot be read, which is named on stderr; the rest is shown."""
    assert run("show", tape) == 0
    assert "closed early" in capsys.readouterr().out
    (tape.parent / "bad.yaml").write_text("a: 1")
    assert run("show", tape.parent / "bad.yaml", tape.parent / "none.yaml", tape) == 2
    out, err = capsys.readouterr()
    assert "closed early" in out
    assert "bad.yaml:1:1: is no cassette" in err
    assert "none.yaml" in err


def test_the_lint_command_tells_by_its_exit_code(tape, capsys):
    """0 with notes only, 1 with a fault, 2 where a file is no cassette or is not there."""
    assert run("lint", tape) == 0
    assert "[plays-clean]" in capsys.readouterr().out
    assert run("lint", "--quiet", tape.parent) == 0
    assert capsys.readouterr().out == ""
    save(Cassette((exchange(),)), tape.parent / "fault.yaml")
    assert run("lint", tape.parent) == 1
    (tape.parent / "bad.yaml").write_text(BROKEN)
    assert run("lint", tape.parent) == 1
    (tape.parent / "worse.yaml").write_text("a: 1")
    assert run("lint", tape.parent) == 2
    assert run("lint", tape.parent / "none.yaml") == 2


def test_the_import_command_makes_a_file_stock(tape, capsysbinary):
    """To stdout or a new file; an existing one only by force."""
    foreign = tape.parent / "foreign.yaml"
    response = {"status": {"code": 200, "message": "OK"}, "parsed_body": {"a": 1}}
    item = {"request": {"method": "GET", "uri": "u"}, "response": response}
    foreign.write_text(yaml.safe_dump({"version": 1, "interactions": [item]}))
    assert run("import", foreign) == 0
    assert loads(capsysbinary.readouterr().out).exchanges[0].body == b'{"a": 1}'
    out = tape.parent / "out.yaml"
    assert run("import", foreign, "--out", out) == 0
    assert load(out).provenance["dialect"] == "parsed-body"
    assert run("import", foreign, "--out", out) == 2
    assert b"--force" in capsysbinary.readouterr().err
    assert run("import", foreign, "--out", out, "--force") == 0
    assert run("import", tape.parent / "none.yaml") == 2


def test_import_does_not_carry_a_credential(tape, capsys):
    """Into no file and to no stdout; the message does not repeat it."""
    leaky = tape.parent / "leaky.yaml"
    save(Cassette((exchange(body=KEY.encode()),)), leaky)
    out = tape.parent / "out.yaml"
    assert run("import", leaky, "--out", out) == 1
    assert not out.exists()
    printed = "".join(capsys.readouterr())
    assert "Nothing was written" in printed
    assert KEY not in printed


def test_the_guide_on_the_door_is_true(tmp_path):
    """The cassette that it shows loads, and lint has only to say how vcrpy plays its ending."""
    guide = (builtin("cassettes") / "README.md").read_text("utf-8")
    path = tmp_path / "shown.yaml"
    path.write_text(guide.partition("```yaml\n")[2].partition("```")[0])
    assert len(load(path).exchanges[0].pieces) == 2
    assert [fault.code for fault in lint(path)] == ["plays-clean"]
