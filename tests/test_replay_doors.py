"""Both doors give the same bytes and the same ending, fault by fault, client by client."""

import doors
import pytest
from damaged import chat, damaged, messages

from harness.replay.loopback import Loopback

WIRES = {"chat": damaged(chat()), "messages": damaged(messages())}
CLIENTS = {"httpx": "chat", "httpx2": "chat", "openai": "chat", "anthropic": "messages"}
# Without chunks, where one item ends is the kernel's choice.
FREE = {"length_too_long", "length_too_short", "until_close_truncated"}


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", WIRES["chat"])
def test_a_client_sees_the_same_through_either_door(door, fault, client, asynchronous):
    """Items, exception classes, messages and causes are equal."""
    damage = WIRES[CLIENTS[client]][fault]
    here = doors.inprocess(client, damage, asynchronous=asynchronous)
    there = doors.loopback(door, client, damage, asynchronous=asynchronous)
    if fault in FREE and client in doors.MODULES:
        here, there = here.joined(), there.joined()
    assert here == there
