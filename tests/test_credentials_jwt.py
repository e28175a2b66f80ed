"""The application's own token and its refresh callback (O01, O03)."""

import pytest
from flows import ASK, answers, drive

from harness.credentials import CREDENTIALS
from harness.errors import CredentialError

build = CREDENTIALS.get("jwt_callback")


def tokens():
    numbers = iter(range(1, 9))
    return lambda: f"t{next(numbers)}"


def bearers(sent):
    return [request.header("authorization") for request in sent]


def test_a_401_asks_once_and_retries_once():
    """The token is asked for before each attempt, and the body is the same."""
    asked = []
    sent, answer = drive(build(tokens(), refresh=lambda: not asked.append(1)), answers(401, 200))
    assert bearers(sent) == ["Bearer t1", "Bearer t2"]
    assert (answer.status, len(asked)) == (200, 1)
    assert {request.body for request in sent} == {ASK.body}


def test_a_second_401_ends_it():
    """There is no third request."""
    sent, answer = drive(build(tokens(), refresh=lambda: True), answers(401, 401))
    assert (len(sent), answer.status) == (2, 401)


@pytest.mark.parametrize("refresh", [None, lambda: False], ids=["absent", "false"])
def test_without_a_refresh_the_401_stands(refresh):
    """One request, and its answer is the result."""
    sent, answer = drive(build(tokens(), refresh=refresh), answers(401))
    assert (len(sent), answer.status) == (1, 401)


def test_a_failing_callback_is_the_cause():
    """It is told as a credential's failure, chained to what was raised."""

    def refresh():
        raise OSError("the token service is away, token=secret")

    with pytest.raises(CredentialError) as caught:
        drive(build(tokens(), refresh=refresh), answers(401))
    assert isinstance(caught.value.__cause__, OSError)
    assert "secret" not in str(caught.value)


def test_both_callables_may_be_async():
    """Whoever drives the flow awaits them."""
    made = tokens()

    async def token():
        return made()

    async def refresh():
        return True

    sent, answer = drive(build(token, refresh=refresh), answers(401, 200))
    assert bearers(sent) == ["Bearer t1", "Bearer t2"]
    assert answer.status == 200


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502])
def test_only_a_401_asks_for_a_refresh(status):
    """Any other refusal is about something else."""
    sent, _ = drive(build(tokens(), refresh=lambda: True), answers(status))
    assert len(sent) == 1
