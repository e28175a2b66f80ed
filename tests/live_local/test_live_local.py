"""A real llama-server, recorded and replayed in one run; and what is committed is still true."""

import json

import httpx
import httpx2
import pytest
import recorded_cases as cases
from recorder import record, servers
from server import TEXT

from harness.cassette import load
from harness.cli import main
from harness.record import Known, recording
from harness.record.changes import changes
from harness.replay.capture import tee
from harness.replay.inprocess import transport
from harness.replay.loopback import Loopback
from harness.replay.player import Player

SEEN = json.loads(cases.SEEN.read_text("utf-8"))


@pytest.fixture(scope="module")
def running():
    with servers() as made:
        yield made


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.id)
def test_what_is_recorded_now_replays_as_it_was_seen(case, running, tmp_path):
    """The SDK sees the same live, in process, and over a socket."""
    path = tmp_path / "tape.yaml"
    live = record(case, running, path)
    tape = load(path).exchanges
    assert tape[0].ending.value == cases.ENDED.get(case.how, "complete")
    seed = int(load(path).provenance["seed"])
    inner = transport(Player(tape), "httpx2")
    with httpx2.Client(transport=inner) as http:
        inside = cases.ask(case, "http://127.0.0.1:9", http, seed)
    with Loopback() as door, door.open(Player(tape)) as handle, httpx2.Client() as http:
        outside = cases.ask(case, handle.base_url, http, seed)
    assert inside["items"] == outside["items"] == live["items"]
    assert inside["error"] == outside["error"] == live["error"]


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.id)
def test_what_is_committed_is_still_what_it_says(case, running, tmp_path):
    """The same question, asked again: the same events and fields as in the committed cassette, and
    the same words where the server honours the seed, which it does not on the messages wire. How
    far a server comes before it is killed is not ours to say: as far as both go, they agree."""
    path = tmp_path / "tape.yaml"
    again = record(case, running, path)
    said = cases.summary(case, again)["said"]
    assert changes(load(case.path), load(path)) == []
    if case.wire == "messages":
        return
    committed = SEEN[case.id]["said"]
    if case.how in {"killed", "stopped", "reset"}:
        shorter = min(len(said), len(committed))
        assert shorter > cases.AFTER
        said, committed = said[:shorter], committed[:shorter]
    assert said == committed


def test_the_command_records_from_it(running, tmp_path):
    """`harness record --provider`: a scenario's question, a cassette of this provider."""
    url = running[TEXT].base_url + "/v1"
    words = ["record", "--provider", "llamacpp", "recorded_text", "--base-url", url]
    assert main([*words, "--cassettes", str(tmp_path)]) == 0
    (exchange,) = load(tmp_path / "llamacpp" / "recorded_text.yaml").exchanges
    assert exchange.status == 200
    assert len(exchange.pieces) > 1  # how many words a random model says is not ours to know
    assert exchange.body.rstrip().endswith(b"data: [DONE]")


def test_the_bytes_of_a_recording_are_those_of_the_server(running, tmp_path):
    """Beside the cassette, a second tee saw the same pieces."""
    seen = []
    inner = tee(seen.append)
    path = tmp_path / "tape.yaml"
    with (
        recording(path, "all", known=Known()) as tape,
        httpx.Client(transport=tape.transport(inner=inner)) as http,
    ):
        body = {"messages": cases.ASKED, "stream": True, "max_tokens": 30}
        http.post(running[TEXT].base_url + "/v1/chat/completions", json=body)
    (exchange,) = load(path).exchanges
    assert [piece.data for piece in exchange.pieces] == [piece.data for piece in seen[0].pieces]
