"""A credential driven by the client: alike in streams, whole replies and structured output."""

from dataclasses import replace

import pytest
from client_stage import GOOD, HELLO, refuses, says, stage

from harness.client import ReplyFailed, Retry
from harness.credentials import CREDENTIALS
from harness.errors import AuthenticationFailed
from harness.model import Ending, Exchange, FailureKind, Piece, Request

__all__ = ["stage"]

URL = "http://127.0.0.1:9/token"
ASKS = {
    "stream": HELLO,
    "whole": replace(HELLO, stream=False),
    "structured": replace(HELLO, options={"response_format": {"type": "json_object"}}),
}


def oauth(**options):
    return CREDENTIALS.get("oauth_refresh")(
        "old", **{"token_url": URL, "refresh_token": "r1", **options}
    )


def token(text='{"access_token": "new"}', status=200, ending=Ending.COMPLETE):
    request = Request("POST", URL)
    return Exchange(request, status, pieces=(Piece(text.encode()),), ending=ending)


def bearers(set_up):
    return [request.header("authorization") for request in set_up.sent]


@pytest.mark.parametrize("path", ASKS)
def test_one_refresh_and_one_retry_on_every_path(stage, path):
    """The body goes again byte by byte, the budget of retries is not touched, all is one ask."""
    set_up = stage(refuses(401), token(), GOOD, credential=oauth(), retry=Retry(budget=0))
    reply = set_up.ask(ASKS[path])
    assert reply.value().content == "hello"
    assert bearers(set_up) == ["Bearer old", None, "Bearer new"]
    assert set_up.sent[0].body == set_up.sent[2].body
    assert set_up.sent[1].url == URL
    assert set_up.waits == []


@pytest.mark.parametrize("path", ASKS)
def test_a_second_401_is_an_error_with_its_status(stage, path):
    """No loop, and a typed error that carries 401."""
    set_up = stage(refuses(401), token(), refuses(401, "still no"), GOOD, credential=oauth())
    reply = set_up.ask(ASKS[path])
    assert len(set_up.sent) == 3
    with pytest.raises(AuthenticationFailed, match="still no") as caught:
        reply.value()
    assert caught.value.status == reply.outcome.failure.status == 401


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (token('{"error": "invalid_grant"}', 400), "expired or revoked"),
        (token("{", ending=Ending.EOF), "gave no answer"),
        (token("", 500), "did not answer with a token"),
    ],
    ids=["refused", "cut", "broken"],
)
def test_a_failed_refresh_surfaces_the_original_error_with_its_cause(stage, answer, words):
    """What the model's server said stays the error; why nothing could be done is its cause."""
    set_up = stage(refuses(401, "key is stale"), answer, GOOD, credential=oauth())
    reply = set_up.ask()
    assert len(set_up.sent) == 2
    with pytest.raises(AuthenticationFailed, match="key is stale") as caught:
        reply.value()
    assert words in str(caught.value.__cause__)
    for secret in ("r1", "old"):
        assert secret not in f"{caught.value.__cause__} {reply!r}"


def test_a_static_key_never_retries(stage):
    """Nothing can be refreshed, so one request."""
    set_up = stage(refuses(401), GOOD, credential=CREDENTIALS.get("key")("sk-1"))
    with pytest.raises(AuthenticationFailed):
        set_up.ask().value()
    assert len(set_up.sent) == 1


def test_a_key_that_cannot_be_sent_is_an_outcome(stage):
    """Nothing is sent; the error names the position and hides the key."""
    set_up = stage(GOOD, credential=CREDENTIALS.get("key")("sk-\u028b"))
    reply = set_up.ask()
    assert set_up.sent == []
    assert reply.outcome.failure.kind is FailureKind.AUTHENTICATION
    with pytest.raises(AuthenticationFailed) as caught:
        reply.value()
    assert "position 4" in str(caught.value.__cause__)
    assert "\u028b" not in f"{caught.value} {caught.value.__cause__} {reply!r}"


def test_a_401_never_costs_delivered_text(stage):
    """O06: the status is judged before any piece; and a cut after the refresh is not refreshed."""
    cut = says("T half", ending=Ending.EOF)
    set_up = stage(refuses(401), token(), cut, GOOD, credential=oauth())
    assert set_up.ask().value().content == "half"
    assert len(set_up.sent) == 3


def test_a_retry_signs_again(stage):
    """Each attempt runs the flow anew, with the token that is good by then."""
    set_up = stage(refuses(401), token(), refuses(503), GOOD, credential=oauth())
    assert set_up.ask().value().content == "hello"
    assert bearers(set_up) == ["Bearer old", None, "Bearer new", "Bearer new"]


def test_an_async_callback_is_awaited(stage):
    """By both clients."""
    tokens = iter(["t1", "t2"])

    async def refresh():
        return True

    made = CREDENTIALS.get("jwt_callback")(lambda: next(tokens), refresh=refresh)
    set_up = stage(refuses(401), GOOD, credential=made)
    assert set_up.ask().value().content == "hello"
    assert bearers(set_up) == ["Bearer t1", "Bearer t2"]


def test_a_callback_that_fails_is_the_cause(stage):
    """O03: the 401 stands, and is not retried."""

    async def refresh():
        raise ValueError("the vault is shut")

    made = CREDENTIALS.get("jwt_callback")("t1", refresh=refresh)
    set_up = stage(refuses(401), GOOD, credential=made)
    reply = set_up.ask()
    assert len(set_up.sent) == 1
    assert isinstance(reply.cause.__cause__, ValueError)
    assert reply.outcome.failure.status == 401


def test_a_named_inference_url_is_used_unless_the_caller_has_one(stage):
    """N07: from the next ask on, for a listed host."""
    named = '{"access_token": "new", "url": "http://127.0.0.1:9/other"}'
    made = oauth(base_url_field="url", hosts=("a.example",))
    set_up = stage(refuses(401), token(named), GOOD, GOOD, credential=made)
    set_up.ask()
    set_up.ask()
    assert set_up.sent[-1].url == "http://127.0.0.1:9/other/say"
    own = stage(GOOD, credential=made, url="http://127.0.0.1:9/mine")
    own.ask()
    assert own.sent[-1].url == "http://127.0.0.1:9/mine/say"


def test_other_failures_have_their_own_type(stage):
    """And carry the status."""
    set_up = stage(refuses(400, "bad"), credential=oauth())
    with pytest.raises(ReplyFailed, match="bad") as caught:
        set_up.ask().value()
    assert caught.value.status == 400
