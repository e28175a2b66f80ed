"""The application's own token and its refresh callback (O01, O03)."""

import asyncio

import pytest
from flows import ASK, answers, drive

from harness.contracts import Pause
from harness.credentials import CREDENTIALS
from harness.errors import CredentialError
from harness.model import Answer

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


def test_requests_that_are_refused_together_share_one_refresh():
    """Signed with the same token, refused at once: the callback is asked once, its word holds."""
    held, calls = ["t1"], []

    async def refresh():
        calls.append(1)
        held[0] = "t2"
        return True

    made = build(lambda: held[0], refresh=refresh)
    flows = [made.flow(ASK) for _ in range(3)]
    for flow in flows:
        next(flow)
    waiting = flows[0].send(Answer(401))
    assert isinstance(flows[1].send(Answer(401)), Pause)
    again = flows[0].send(asyncio.run(_result(waiting.thing)))
    later = [flows[1].send(None), flows[2].send(Answer(401))]
    for request in (again, *later):
        assert request.header("authorization") == "Bearer t2"
    assert calls == [1]


def test_an_abandoned_refresh_leaves_nobody_waiting():
    """The next request asks the callback again."""
    calls = []

    async def refresh():
        calls.append(1)
        return True

    made = build("t", refresh=refresh)
    flow = made.flow(ASK)
    next(flow)
    flow.send(Answer(401)).thing.close()
    flow.close()
    drive(made, answers(401, 200))
    assert calls == [1]


async def _result(thing):
    return await thing
