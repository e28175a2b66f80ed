"""JSON as bytes: one way to parse it, and where its values stand."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import FramingError
from harness.wire import jsontext
from harness.wire.jsontext import char_end, char_ends, decode, dumps, heal, index, loads, values

TEXT = st.text(max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT
SCALARS |= st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12
)
LAYOUTS = [
    {"separators": (",", ":")},
    {"indent": 1, "ensure_ascii": False},
    {"separators": (" ,\r\n", "\t: ")},
]
ODD_BYTES = [b"a", b"\xe2", b"\x82", b"\xac", b"\xc3", b"\xf0", b"\x9f", b"\x98", b"\x80", b"\xed"]
ODD_BYTES += [b"\xa0", b"\xe0", b"\xf4", b"\x90", b"\xff", b"\xef", b"\xbf", b"\xc0", b"\xf5"]
ESCAPES = [rb"\n", rb"\"", rb"\\", rb"\/", rb"\u00e9", rb"\ud83d\ude00", rb"\ud83d", rb"\uDE00"]
PAYLOADS = st.lists(st.sampled_from(ODD_BYTES + ESCAPES), max_size=10).map(b"".join)


def at(value, path):
    for step in path:
        value = value[step]
    return value


def count(value):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, inner))


@given(JSON, st.sampled_from(LAYOUTS), st.sampled_from([b"", b"data: "]))
def test_every_value_is_found_where_it_stands(value, layout, before):
    """Every value has one path, and the bytes of its span parse to it."""
    data = before + json.dumps(value, **layout).encode("utf-8", "surrogatepass") + b" "
    found = index(data, len(before))
    assert len(found) == count(value)
    for path, place in found.items():
        raw = data[place.start : place.end]
        quoted = b'"' + raw + b'"' if place.kind == "string" else raw
        assert loads(quoted) == at(loads(data[len(before) :]), path)
        if place.kind == "string":
            assert decode(raw) == at(loads(data[len(before) :]), path)


@given(JSON)
def test_dumps_and_loads_are_inverse(value):
    """What was written reads back, lone surrogates included."""
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b'["\xff\xe2\x82\xff", ', b'["\xed\xa0\x80\xc3\xa9", ']
)
def test_a_fault_is_told_at_its_byte(before):
    """Whatever stands before it: a byte order mark, invalid or long UTF-8."""
    with pytest.raises(FramingError) as raised:
        loads(before + b"{]")
    assert raised.value.offset == len(before) + 1


@given(JSON, st.integers(0, 300))
def test_damaged_json_gives_what_was_whole(value, point):
    """A cut anywhere stops the scan there: every value found is also found in the whole."""
    data = json.dumps(value).encode()
    whole = list(values(data))
    part = list(values(data[: point % (len(data) + 1)]))
    if part and part[-1].kind == "number":  # the beginning of a number is a number
        part.pop()
    assert part == whole[: len(part)]


@given(st.binary(max_size=60) | st.text('{}[]",:1tn \\', max_size=60).map(str.encode))
def test_any_bytes_parse_or_are_a_framing_error(data):
    """No other exception, and scanning the values raises none at all."""
    list(values(data))
    with contextlib.suppress(FramingError):
        dumps(loads(data))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"{", []),
        (b'{"a"', []),
        (b'{"a":}', []),
        (b'{"a":1]', [("a",)]),
        (b'{"a":1,}', [("a",)]),
        (b"[1,]", [(0,)]),
        (b"[1 2]", [(0,)]),
        (b'["a\nb"]', []),
        (b'["\\x"]', []),
        (b"}", []),
        (b'{"a" 1}', []),
        (b"{1:2}", []),
        (b'{"a":tru', []),
        (b"[[1],[2", [(0, 0), (0,), (1, 0)]),
        (b"1 2", [()]),
        (b"[" * 300 + b"]" * 300, []),
    ],
)
def test_the_scan_stops_at_damage(data, found):
    """What was whole before the damage is kept, and nothing after it is guessed."""
    assert [value.path for value in values(data)] == found


@given(PAYLOADS)
def test_characters_end_where_decoding_says(payload):
    """The first n characters' bytes decode to the first n characters, escapes, surrogate pairs and
    invalid bytes included."""
    text = decode(payload)
    ends = list(char_ends(payload, 0, len(payload)))
    assert len(ends) == len(text)
    assert ends[-1:] == ([len(payload)] if payload else [])
    data = b'"' + payload + b'"'
    for number in range(len(text) + 1):
        end = char_end(data, 1, 1 + len(payload), number)
        assert decode(data[1:end]) == text[:number]


def test_a_character_past_the_end_ends_with_the_string():
    """Counting too far, or not at all, stays inside."""
    assert [char_end(b'"abc"', 1, 4, count) for count in (-1, 0, 2, 3, 9)] == [1, 1, 3, 4, 4]


def test_surrogate_halves_from_two_fragments_are_joined():
    """A pair cut in two becomes its character; a half alone becomes a replacement."""
    first, second = loads(rb'"\ud83d"'), loads(rb'"\ude00!"')
    assert heal(first + second) == "\U0001f600!"
    assert heal(first) == "\ufffd"
    assert heal("plain") == "plain"


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\xef\xbb\xbf[1]", [1]),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b"[Infinity, -Infinity]", [float("inf"), float("-inf")]),
        (b"[" * 150 + b"]" * 150, None),
        (b'["' + b"[" * 300 + b'"]', ["[" * 300]),
        (b'["\\"' + b"[" * 300 + b'"]', ['"' + "[" * 300]),
    ],
)
def test_what_usual_clients_read_is_read(data, value):
    """A byte order mark, invalid UTF-8, infinities, deep but not too deep nesting."""
    read = loads(data)
    assert value is None or read == value


def test_nan_is_read():
    """Not JSON, but what careless servers write."""
    (value,) = loads(b"[NaN]")
    assert value != value  # noqa: PLR0124  the one value that is not itself


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[" * 201, "deeper than 200 at byte 200"),
        (b'{"a":' * 300 + b"1" + b"}" * 300, "deeper than 200"),
        (b"9" * 5000, "4300"),
        (b'["\xc3\xa9", x]', "at byte 7"),
        (b"", "no JSON"),
    ],
)
def test_what_cannot_be_read_says_where(data, says):
    """The offset counts bytes, not characters."""
    with pytest.raises(FramingError, match=says):
        loads(data)


def test_strings_are_the_string_values():
    """Keys are none of them."""
    data = b'{"k":"v","n":1,"l":["w"]}'
    strings = [value for value in jsontext.values(data) if value.kind == "string"]
    found = [(value.path, data[slice(*value.span)]) for value in strings]
    assert found == [(("k",), b"v"), (("l", 0), b"w")]


def test_the_last_of_a_repeated_key_counts():
    """The same one that parsing keeps."""
    data = b'{"a":1,"a":22}'
    assert data[slice(*index(data)[("a",)].span)] == b"22"
    assert loads(data) == {"a": 22}


def test_two_strings_are_no_payload():
    """Bytes with a bare quote in them are no inside of one string."""
    with pytest.raises(FramingError):
        decode(b'a\\n","b')
