"""The nouns answer as the seeds' contract says, and every transport has the whole of its verbs."""

import inspect
import subprocess
import sys

import pytest

from harness.contracts import ProviderTransport
from harness.model import NormalizedResponse, ToolCall
from harness.transports import TRANSPORTS

VERBS = [name for name, _ in inspect.getmembers(ProviderTransport, inspect.isfunction)]
VERBS = [name for name in VERBS if not name.startswith("_")]
STATE = [
    "reasoning_content",
    "reasoning_details",
    "anthropic_content_blocks",
    "codex_reasoning_items",
    "codex_message_items",
    "commentary",
]


def test_a_call_answers_by_the_names_of_the_sdks():
    """A02: what is no field of it stands in its provider_data, and is None without."""
    data = {"call_id": "c", "response_item_id": "fc_1", "extra_content": {"g": 1}}
    call = ToolCall("x", "f", "{}", data)
    assert (call.type, call.function) == ("function", call)
    assert (call.function.name, call.function.arguments) == ("f", "{}")
    assert (call.call_id, call.response_item_id, call.extra_content) == ("c", "fc_1", {"g": 1})
    bare = ToolCall(None, "f", "{}")
    assert (bare.call_id, bare.response_item_id, bare.extra_content) == (None, None, None)


@pytest.mark.parametrize("name", STATE)
def test_a_reply_answers_for_its_protocol_state(name):
    """A02: each by its name, out of provider_data alone."""
    assert getattr(NormalizedResponse(provider_data={name: ["kept"]}), name) == ["kept"]
    assert getattr(NormalizedResponse(), name) is None


@pytest.mark.parametrize("name", TRANSPORTS.names())
def test_a_transport_has_every_verb(name):
    """A03: with the parameters that the contract names; none is a client, a key or a clock."""
    transport = TRANSPORTS.get(name)
    assert len(VERBS) >= 7
    for verb in VERBS:
        declared = list(inspect.signature(getattr(ProviderTransport, verb)).parameters)[1:]
        assert list(inspect.signature(getattr(transport, verb)).parameters) == declared, verb


@pytest.mark.parametrize("name", TRANSPORTS.names())
def test_a_transport_may_be_imported_before_the_others(name):
    """A04: in a fresh process, the others are found all the same."""
    lines = [
        f"import harness.transports.{name}",
        "from harness.transports import TRANSPORTS",
        "print(*(TRANSPORTS.get(other).name for other in TRANSPORTS.names()))",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == TRANSPORTS.names()
