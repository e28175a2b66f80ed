"""Static keys: where they go, and what cannot go there."""

import pytest
from flows import ASK, answers, drive

from harness.credentials import CREDENTIALS
from harness.credentials.key import PLACES
from harness.errors import CredentialError, UsageError

build = CREDENTIALS.get("key")


@pytest.mark.parametrize("place", PLACES)
def test_the_key_goes_where_the_server_wants_it(place):
    """One header carries it, in the scheme of its place, and the body is untouched."""
    sent, _ = drive(build("sk-1", place=place), answers(200))
    header, scheme = PLACES[place]
    assert sent[0].header(header) == scheme + "sk-1"
    assert sent[0].body == ASK.body


def test_a_401_is_final():
    """A static key cannot be refreshed, so there is exactly one request."""
    sent, answer = drive(build("sk-1"), answers(401))
    assert len(sent) == 1
    assert answer.status == 401


def test_a_callable_is_asked_before_each_request():
    """A key that lives elsewhere is read anew, and every value of it is a known secret."""
    keys = iter(["one", "two"])
    credential = build(lambda: next(keys))
    first, _ = drive(credential, answers(200))
    second, _ = drive(credential, answers(200))
    assert [s[0].header("authorization") for s in (first, second)] == ["Bearer one", "Bearer two"]
    assert set(credential.secrets()) == {"one", "two"}


def test_blanks_around_a_key_are_a_files_not_the_keys():
    """A newline that came with the file is left out."""
    sent, _ = drive(build(" sk-1\n"), answers(200))
    assert sent[0].header("authorization") == "Bearer sk-1"


@pytest.mark.parametrize(
    ("key", "position"),
    [("sk-\u028bery-secret", 4), ("  sk-1\u200b", 7), ("sk 1", 3), ("s\r\nx: y", 2), ("k\x00", 2)],
    ids=["look_alike", "zero_width", "blank", "line_break", "nul"],
)
def test_a_key_that_cannot_go_into_a_header_is_an_error_that_hides_it(key, position):
    """L09: the position is named, no part of the key is."""
    with pytest.raises(CredentialError) as caught:
        drive(build(key), answers(200))
    text = str(caught.value)
    assert f"position {position} of {len(key)}" in text
    assert key.strip()[:3] not in text
    assert "secret" not in text


def test_cleaning_is_opt_in():
    """L09: asked to, the client leaves such characters out."""
    sent, _ = drive(build("sk-\u028b1", clean=True), answers(200))
    assert sent[0].header("authorization") == "Bearer sk-1"


def test_an_empty_key_is_an_error():
    """It would be a 401 that nobody understands."""
    with pytest.raises(CredentialError, match="empty"):
        drive(build(" \n"), answers(200))


def test_no_key_signs_nothing():
    """A server of one's own may ask for none."""
    sent, _ = drive(build(None), answers(200))
    assert sent == [ASK]


def test_a_repr_shows_no_secret():
    """Of any kind that can be built from a value alone."""
    assert "sk-1" not in repr(build("sk-1"))
    assert "sk-1" not in repr(CREDENTIALS.get("jwt_callback")("sk-1"))
    oauth = CREDENTIALS.get("oauth_refresh")
    made = oauth("sk-1", refresh_token="sk-2", token_url="https://a.example/token")
    assert "sk-" not in repr(made)


def test_an_unknown_place_is_refused_with_the_known_ones():
    """At the boundary, with names."""
    with pytest.raises(UsageError, match="x-api-key"):
        build("sk-1", place="cookie")
