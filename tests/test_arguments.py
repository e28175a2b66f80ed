"""Arguments are mended where nothing is guessed, and never completed."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.transports._arguments import as_text, compact, repair
from harness.transports._ids import call_id

MENDED = [
    ("", "{}"),
    ("  ", "{}"),
    (None, "{}"),
    ("null", "{}"),
    ('{"a": "x\ty"}', '{"a":"x\\ty"}'),
    ('{"a":1,}', '{"a":1}'),
    ('{"a":1', '{"a":1}'),
    ('{"a":1}}', '{"a":1}'),
    ('{"a":[1', '{"a":[1]}'),
    ('{"a":"b\n",}}', '{"a":"b\\n"}'),
    ('{"n":12345678901234567890123,}', '{"n":12345678901234567890123}'),
]
LOST = [
    '{"a": foo',
    '{"a":"x',
    '{"a":1,',
    '{"a":',
    "{",
    "[,]",
    '{"a":1]',
    '{"a":1}{"b":2}',
    '{"a":1}} x',
    '{"a":tru',
    "NaN",
    '{"a":1e400,}',
    "}" * 60,
]


@pytest.mark.parametrize(("raw", "mended"), MENDED)
def test_what_is_clearly_meant_is_mended(raw, mended):
    """Rows E01 to E07, and E09 better than its source."""
    assert repair(raw) == mended


@pytest.mark.parametrize("raw", LOST)
def test_what_was_cut_or_garbled_is_lost(raw):
    """An open string, a dangling comma or half a literal means that more was to come (E08)."""
    assert repair(raw) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON))
def test_good_json_is_left_as_it_is(value):
    """Not a byte changes, whatever its spacing."""
    for raw in (json.dumps(value), compact(value)):
        assert repair(raw) == raw


@given(st.dictionaries(st.text(min_size=1), JSON, min_size=1), st.data())
def test_a_cut_never_becomes_another_value_than_its_own_part(value, data):
    """What is mended from a prefix holds no word that the prefix did not hold."""
    raw = json.dumps(value, ensure_ascii=False)
    cut = raw[: data.draw(st.integers(1, len(raw) - 1))]
    mended = repair(cut)
    if mended is not None:
        known = json.loads(mended)
        assert set(known) <= set(value)
        for key, found in list(known.items())[:-1]:
            assert found == value[key]


@given(st.text())
def test_any_text_is_answered(raw):
    """Nothing is raised, and what is given back is JSON."""
    mended = repair(raw)
    if mended is not None:
        json.loads(mended)


def test_nesting_that_no_parser_survives_is_lost():
    """A hundred thousand brackets raise nothing."""
    assert repair("[" * 100_000) is None


def test_an_object_becomes_json_not_python():
    """Rows A05 and E12."""
    assert as_text({"a": True, "b": None}) == '{"a":true,"b":null}'
    assert as_text(None) == ""
    assert as_text("raw ") == "raw "


def test_a_missing_id_is_made_of_what_was_called():
    """The same call has the same id, of its SHA-256, and another has another (A06)."""
    assert call_id("f", "{}", 0) == "call_" + hashlib.sha256(b"f:{}:0").hexdigest()[:12]
    assert len({call_id("f", "{}", 0), call_id("f", "{}", 1), call_id("g", "{}", 0)}) == 3
    assert call_id("f", "\ud800", 0).startswith("call_")
