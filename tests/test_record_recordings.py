"""What was recorded from a real llama-server: true through both doors, and to the SDKs."""

import json
from collections import Counter

import httpx2
import pytest
import recorded_cases as cases

from harness.cassette import load
from harness.cassette.lint import lint
from harness.model import Ending
from harness.replay.capture import tee
from harness.replay.inprocess import transport
from harness.replay.loopback import Loopback
from harness.replay.player import Player

SEEN = json.loads(cases.SEEN.read_text("utf-8"))
every = pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.id)


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


def test_three_apis_are_recorded():
    """At least twenty cassettes: each API streamed and whole, with tools, and in every ending."""
    assert len(cases.CASES) >= 20
    endings = Counter(one.ending for case in cases.CASES for one in load(case.path).exchanges)
    assert set(endings) == set(Ending)
    assert all(load(case.path).provenance["kind"] == "recorded" for case in cases.CASES)


@every
def test_a_recording_says_true_things(case):
    """No fault in the file, and the ending that its name says."""
    assert [fault for fault in lint(case.path) if fault.level == "fault"] == []
    (exchange,) = load(case.path).exchanges
    assert exchange.ending.value == cases.ENDED.get(case.how, "complete")


def same(recorded, replayed):
    """Byte for byte and piece for piece."""
    assert replayed.status == recorded.status
    assert replayed.body == recorded.body
    assert [one.data for one in replayed.pieces] == [one.data for one in recorded.pieces]
    if recorded.ending is not Ending.CLIENT_CLOSED:
        assert replayed.ending == recorded.ending


def raw(recorded, base_url, inner=None):
    """The replay, as the tee sees it."""
    request, taken = recorded.request, []
    made = tee(taken.append, inner, module="httpx2")
    path = httpx2.URL(request.url).raw_path.decode()
    patience = cases.PATIENCE if recorded.ending is Ending.STALL else cases.LONG
    with httpx2.Client(transport=made, timeout=patience) as http:
        try:
            http.request(request.method, base_url + path, content=request.body)
        except httpx2.TransportError:
            assert recorded.ending is not Ending.COMPLETE
    return taken[-1]


@every
def test_it_replays_in_process(case):
    """As bytes, and as the SDK saw it live."""
    tape = load(case.path).exchanges
    inner = transport(Player(tape, match_on=("method", "path")), "httpx2")
    same(tape[0], raw(tape[0], "http://127.0.0.1:9", inner))
    inner = transport(Player(tape, match_on=("method", "path", "body")), "httpx2")
    seed = int(load(case.path).provenance["seed"])
    with httpx2.Client(transport=inner) as http:
        saw = cases.ask(case, "http://127.0.0.1:9", http, seed)
    assert cases.summary(case, saw) == SEEN[case.id]


@every
def test_it_replays_over_a_socket(case, door):
    """The same on the loopback door."""
    tape = load(case.path).exchanges
    with door.open(Player(tape, match_on=("method", "path"))) as handle:
        same(tape[0], raw(tape[0], handle.base_url))
    seed = int(load(case.path).provenance["seed"])
    with door.open(Player(tape)) as handle, httpx2.Client() as http:
        saw = cases.ask(case, handle.base_url, http, seed)
    assert cases.summary(case, saw) == SEEN[case.id]
