"""Long runs of what somebody chose to be slow. Each took minutes where its cost was quadratic."""

import json
from dataclasses import replace

import pytest
from wire_samples import SERVER, read_bytes

from harness.cassette.suspicion import is_hidden
from harness.model import OutcomeKind
from harness.secrets import Known
from harness.transports import TRANSPORTS
from harness.transports._merging import Merging

MANY = 20_000


def events(*said):
    return b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in said)


def opened(index):
    block = {"type": "text", "text": "a"}
    return {"type": "content_block_start", "index": index, "content_block": block}


CITED = {"type": "citations_delta", "citation": {"cited_text": "so"}}
MESSAGES = {
    "lost_frames": events(*map(opened, range(MANY))) + b"data: lost\n\n" * MANY,
    "citations": events(opened(0), *[{"type": "content_block_delta", "delta": CITED}] * MANY),
    "surprises": events(*({"type": f"new_{number}"} for number in range(MANY))),
}


@pytest.mark.parametrize("body", MESSAGES.values(), ids=MESSAGES)
def test_blocks_take_any_number(body):
    """Of blocks, of frames that cannot be read, of citations, of unknown events."""
    outcome, _ = read_bytes(TRANSPORTS.get("anthropic_messages"), [body])
    assert outcome.kind is OutcomeKind.INTERRUPTED


def chunk(**delta):
    return {"choices": [{"index": 0, "delta": delta}]}


KEYS = {
    "counts": lambda key: {"choices": [], "usage": {key: 1}},
    "details_of_counts": lambda key: {"choices": [], "usage": {"details": {key: 1}}},
    "state": lambda key: chunk(content="a", extra_content={key: 1}),
    "state_of_a_call": lambda key: chunk(tool_calls=[{"index": 0, "extra_content": {key: 1}}]),
}


@pytest.mark.parametrize("make", KEYS.values(), ids=KEYS)
def test_a_chat_reply_takes_any_number_of_keys(make):
    """Each comes with a chunk of its own, and none of those before it is copied for it."""
    body = events(*(make(f"k{number}") for number in range(3 * MANY)))
    outcome, _ = read_bytes(TRANSPORTS.get("chat_completions"), [body])
    assert outcome.kind is OutcomeKind.INTERRUPTED


def work_of(count):
    """How many entries are copied where so many keys come one by one, forks and all."""
    copied = 0

    class Counted(Merging):
        __slots__ = ()

        def value(self):
            nonlocal copied
            merged = super().value()
            copied += len(merged)
            return merged

    merging = Counted({})
    for number in range(count):
        merging = merging.plus({f"k{number}": number})
    assert len(merging.value()) == count
    return copied


def test_merging_is_linear():
    """Twice the keys are twice the work, and four times as many four times."""
    once = work_of(1000)
    assert work_of(2000) <= 2.2 * once
    assert work_of(4000) <= 4.4 * once


def test_a_gateways_reply_takes_any_number_of_calls():
    """Each is compared with all before it."""
    calls = [{"id": f"c{number}", "name": "f", "arguments": {}} for number in range(MANY)]
    body = events({"content": "", "tool_calls": calls, "is_final": True})
    outcome, _ = read_bytes(TRANSPORTS.get("gateway"), [body])
    assert len(outcome.response.tool_calls) == MANY


def test_withheld_text_takes_any_number_of_tags():
    """What came before each of them is not looked at again."""
    server = replace(SERVER, profiles=frozenset({"think_tag_in_prompt"}))
    delta = {"content": "x" + "<think>" * MANY * 5}
    body = events({"choices": [{"delta": delta, "finish_reason": "stop"}]})
    outcome, _ = read_bytes(TRANSPORTS.get("chat_completions"), [body], server=server)
    assert outcome.response.content == delta["content"]


def test_a_secret_is_found_behind_any_number_of_backslashes():
    """Escapes begin with a run of them, of any length."""
    run = b"\\" * MANY * 10
    hits = list(Known(["s3cr3t/value"]).hits(run + b" s3cr3t\\/value " + run))
    assert {hit.start for hit in hits} == {len(run) + 1}


@pytest.mark.parametrize(
    "value", ["bearer " + " " * MANY * 10 + "a", "test" + " " * MANY * 10 + "!a"]
)
def test_a_long_value_is_soon_judged(value):
    """Whether a header was blanked out."""
    assert not is_hidden(value)
