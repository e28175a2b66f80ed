"""What we write as YAML, every loader reads back unchanged; what we read is safe whatever it is."""

import base64
import gzip
import io
import json
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.cassette import Cassette, emit, events, loads
from harness.cassette.source import Marks, parse
from harness.errors import CassetteError

LOADERS = [yaml.CSafeLoader, yaml.SafeLoader]
LINES = st.lists(
    st.sampled_from(
        ["", " ", "\t", "a", " a", "a ", "\ta", "#", "---", "...", "- x", "k: v", "é", "😀"]
    ),
    max_size=6,
).map("\n".join)
ODD = st.text(
    st.sampled_from("a \t\n\r\x00\x85\xa0\u2028\u2029\ufeff\ufffe\x1b\"\\':-#|>&*!%@`{}[],?")
)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | LINES | ODD
PLAIN_WORDS = st.sampled_from(
    [
        "null",
        "~",
        "true",
        "No",
        "on",
        "1",
        "1_0",
        "0x10",
        "1e3",
        "1.5",
        ".inf",
        "2026-01-02",
        "12:30",
        "=",
        "<<",
        "",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXT
    | PLAIN_WORDS
    | st.binary()
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | PLAIN_WORDS
DATA = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(DATA)
def test_any_data_comes_back_from_every_loader(data):
    """Text of any kind, bytes, numbers and collections, at any depth."""
    written = emit.document({"data": data, "after": 1})
    for loader in LOADERS:
        assert yaml.load(written, Loader=loader) == {"data": data, "after": 1}
    assert events.load(written) == {"data": data, "after": 1}


@given(LINES | TEXT)
def test_a_file_has_no_carriage_return(text):
    """vcrpy opens files in text mode, where a raw CR would become another line end."""
    assert b"\r" not in emit.document({"text": text})


@pytest.mark.parametrize(
    "text", ["data: {}\n\n", "a \nb\t\n", "  lead\n", "\nlead\n", "no\nend", "a\n\n\n"]
)
def test_readable_text_is_a_block(text):
    """Also with blanks at the ends of lines, which PyYAML itself would escape."""
    assert emit.document({"text": text}).startswith(b"text: |")


def test_crlf_text_keeps_a_line_a_line():
    """It cannot stand in a block; in quotes every newline still ends a line of the file."""
    written = emit.document({"text": "data: a\r\n\r\ndata: b\r\n"})
    assert written.decode().splitlines() == [
        'text: "data: a\\r\\n\\',
        "  \\r\\n\\",
        '  data: b\\r\\n"',
    ]


def test_a_lone_surrogate_is_refused():
    """No YAML can hold it."""
    with pytest.raises(ValueError, match="surrogate"):
        emit.document({"text": "\ud800"})


@given(DATA)
def test_the_loader_agrees_with_stock_yaml(data):
    """What PyYAML's own dumper writes is read as PyYAML's own loader reads it."""
    written = yaml.dump({"data": data}, Dumper=yaml.CSafeDumper, allow_unicode=True).encode()
    assert events.load(written) == yaml.load(written, Loader=yaml.CSafeLoader)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{a: &x [1], b: *x}", {"a": [1], "b": [1]}),
        ("a: &x {k: 1, j: 2}\nb: {<<: *x, k: 3}", {"a": {"k": 1, "j": 2}, "b": {"k": 3, "j": 2}}),
        ("a: 2026-01-02", {"a": "2026-01-02"}),
        ("a: !!python/unicode 1", {"a": "1"}),
        ("a: !!python/tuple [1, 2]", {"a": [1, 2]}),
        ("a: !binary aGk=", {"a": b"hi"}),
        (
            "a: !!python/object/new:_io.BytesIO {state: !!python/tuple [!!binary aGk=, 0]}",
            {"a": b"hi"},
        ),
        ("a: !!python/object/apply:builtins.iter {args: [[!!binary aGk=, x]]}", {"a": b"hix"}),
    ],
)
def test_harmless_tags_are_read(written, expected):
    """Aliases, merges, and what recorders pickled as bodies."""
    assert events.load(written.encode()) == expected


@pytest.mark.parametrize(
    "written",
    [
        "a: !!python/object/apply:os.system [echo]",
        "a: !!python/name:os.system",
        "a: !!int no",
        "a: !!binary a",
        "a: !!float x",
        "a: *nothing",
        "a: &x [*x]",
        "? {a: 1}\n: 2",
        "<<: 1",
        "a: [",
        "a: 1\n--- b",
        "a: !!python/object/new:_io.BytesIO {state: 5}",
        "a: !!python/object/new:_io.BytesIO [1]",
        "a: \x01",
    ],
)
def test_anything_else_is_refused_with_its_place(written):
    """With file and line, not with the parser's own exception."""
    with pytest.raises(CassetteError) as caught:
        parse(written.encode(), "tape.yaml")
    assert str(caught.value).startswith("tape.yaml")


@pytest.mark.parametrize(
    "written", [b"[" * 200_000, b"[" * 5000 + b"]" * 5000, b"- " * 100_000, b"{a: " * 9999]
)
def test_deep_nesting_is_refused(written):
    """PyYAML's C loader ends the process here."""
    with pytest.raises(CassetteError, match="nested deeper"):
        parse(written)


def test_a_bomb_of_aliases_is_refused():
    """Nine to the ninth values in a few hundred bytes: neither read nor written out."""
    levels = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    bomb = "\n".join(levels) + "\ninteractions: []\n"
    with pytest.raises(CassetteError, match="aliases"):
        loads(bomb.encode())
    parsed = "requests: [{method: GET, uri: u, parsed_body: *l9}]\nresponses: [{}]\n"
    with pytest.raises(CassetteError, match="aliases"):
        loads(("x:\n  " + "\n  ".join(levels) + "\n" + parsed).encode())


def test_gzip_is_unpacked_and_a_damaged_one_named():
    """A .yaml.gz is a cassette too; cut short or broken it is a typed error."""
    packed = gzip.compress(b"interactions: []\n")
    assert loads(packed).exchanges == ()
    assert loads(gzip.compress(b"inter") + gzip.compress(b"actions: []\n")).exchanges == ()
    for bad in (packed[:-5], packed[:12] + b"\xff" * 8 + packed[20:], b"\x1f\x8b", packed + b"x"):
        with pytest.raises(CassetteError, match="gzip"):
            loads(bad)


def test_a_yaml_flow_mapping_is_not_mistaken_for_json():
    """Both begin with a brace."""
    assert loads(b"{interactions: [], version: 1}").exchanges == ()
    assert loads(json.dumps({"interactions": []}).encode()).exchanges == ()


@given(st.binary(max_size=200) | TEXT.map(str.encode))
def test_any_bytes_are_a_cassette_or_a_typed_error(data):
    """Nothing else is ever raised."""
    with suppress(CassetteError):
        assert isinstance(loads(data), Cassette)


def test_marks_find_keys_and_items():
    """Lines and columns begin at 1; what is absent is found at its nearest ancestor."""
    marks = Marks(b"a:\n- b: 1\n  c:\n  - x\n  - y\n", "f")
    assert str(marks.find(("a", 0, "c", 1))) == "f:5:5"
    assert str(marks.find(("a", 0, "c", 7))) == "f:3:3"
    assert str(marks.find(("z",))) == "f:1:1"


def test_base64_blocks_are_wrapped():
    """Binary stands in lines of 76, as YAML has it."""
    written = emit.document({"b": bytes(range(256))}).decode().splitlines()
    assert written[0] == "b: !!binary |"
    assert max(map(len, written)) <= 78
    assert base64.b64decode("".join(written[1:])) == bytes(range(256))
    assert yaml.safe_load(io.StringIO("\n".join(written)))["b"] == bytes(range(256))
