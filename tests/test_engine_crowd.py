"""Turns that run at the same time: what a crowd of threads meets, and how each one is judged."""

import threading

import httpx
import pytest
from engine_stage import Toy, said, scenario

from harness.engine import build, cells, crowd, read_scenario, run_cell
from harness.model import VerdictKind

COUNT = 8
CROWD = f"""\
format: harness/1
title: Requests that are refused together
family: mine
why: {{doc: "https://example.com/page", says: that one refresh is enough}}
needs: [stream]
wires: [chat]
credential: refreshable
turns:
  - at_once: {COUNT}
    ask: {{messages: Say hello to Ada.}}
    wire:
      - fails: {{status: 401}}
      - token: refreshed
      - says: [{{text: "Hello, Ada.", parts: 2}}, {{finish: stop}}]
  - ask: {{messages: And again?}}
    wire:
      - says: [{{text: "Again.", parts: 2}}, {{finish: stop}}]
    expect: [{{text_is_exact: "Again."}}]
expect: [means, refresh_is_single_flight]
"""
doors = pytest.mark.parametrize("door", ["inprocess", "loopback"])


class Shares:
    """A client whose threads share a token. `alone`: none knows of another's refresh."""

    def __init__(self, *, alone=False, one_by_one=False, stubborn=False):
        self.token, self.lock, self.gate = None, threading.Lock(), threading.Lock()
        self.alone, self.one_by_one, self.stubborn = alone, one_by_one, stubborn
        self.refused = 0

    def __call__(self, wire, turn):
        if not self.one_by_one:
            return self.ask(wire, turn)
        with self.gate:
            return self.ask(wire, turn)

    def ask(self, wire, turn):
        used = self.token or turn.credential["value"]
        with httpx.Client(transport=wire.transport(), trust_env=False, timeout=5) as client:
            answer = self.send(client, wire, used)
            if answer.status_code == 401:
                self.refused += 1
                with self.lock:
                    fresh = self.token if not self.alone and self.token else None
                    self.token = fresh or self.refresh(client, turn)
                answer = self.send(client, wire, used if self.stubborn else self.token)
        return said("Again." if turn.turn == COUNT else "Hello, Ada.")

    def send(self, client, wire, token):
        url = f"{wire.base_url}/v1/chat/completions"
        return client.post(url, headers={"authorization": f"Bearer {token}"}, json={"stream": True})

    def refresh(self, client, turn):
        form = {"refresh_token": turn.credential["refresh_token"]}
        answer = client.post(turn.credential["refresh_url"], data=form)
        return answer.json()["access_token"] if answer.status_code == 200 else "none"


def cell_of(folder, text=CROWD):
    (cell,) = cells(read_scenario(scenario(folder, text)))
    return cell


def judged(folder, act, door="inprocess"):
    return run_cell(cell_of(folder), Toy(act, features=("at_once",)), door)


@doors
def test_threads_that_share_a_refresh_pass(tmp_path, door):
    """A report for each, and one request to the token endpoint."""
    verdict = judged(tmp_path, Shares(), door)
    assert (verdict.kind, verdict.reason, verdict.violations) == (VerdictKind.PASSED, "", ())
    assert len(verdict.trace.reports) == COUNT + 1
    assert sum("token" in sent.request.url for sent in verdict.trace.sent) == 1


def test_all_are_refused_before_one_goes_on(tmp_path):
    """In-process the race is really run: nobody is late."""
    act = Shares()
    judged(tmp_path, act)
    assert act.refused == COUNT


@doors
def test_threads_that_refresh_alone_are_seen(tmp_path, door):
    """A second refresh is one that the token endpoint does not expect."""
    verdict = judged(tmp_path, Shares(alone=True), door)
    assert verdict.kind is VerdictKind.FAILED
    named = {violation.invariant for violation in verdict.violations}
    assert {"refresh_is_single_flight", "no_unexpected_request"} <= named


def test_a_client_that_lets_one_wait_for_another_is_only_slow(tmp_path, monkeypatch):
    """Who comes late has the new credential: then fewer are refused, and nothing is left over."""
    monkeypatch.setattr(crowd, "PATIENCE", 0.05)
    act = Shares(one_by_one=True)
    assert judged(tmp_path, act).kind is VerdictKind.PASSED
    assert act.refused == 1


@doors
def test_the_old_credential_is_never_good_again(tmp_path, door):
    """A server does not count: it refuses what has expired, also the second time."""
    verdict = judged(tmp_path, Shares(stubborn=True), door)
    assert verdict.kind is VerdictKind.FAILED
    assert "no_unexpected_request" in {violation.invariant for violation in verdict.violations}


def test_each_of_the_crowd_is_judged(tmp_path):
    """Expectations of the file's second turn meet the turn after the crowd."""
    act = Shares()

    def lies(wire, turn):
        report = act(wire, turn)
        return said("Goodbye.") if turn.turn in (3, COUNT) else report

    verdict = judged(tmp_path, lies)
    assert {(violation.invariant, violation.turn) for violation in verdict.violations} == {
        ("means", 3),
        ("means", COUNT),
        ("text_is_exact", COUNT),
    }


def test_a_target_that_does_not_say_it_is_safe_is_not_judged(tmp_path):
    """Many clients are made for one thread."""
    verdict = run_cell(cell_of(tmp_path), Toy(Shares()))
    assert (verdict.kind, verdict.reason) == (
        VerdictKind.UNTESTABLE,
        "the target has no at_once",
    )


def test_a_target_in_another_process_is_asked_one_after_the_other(tmp_path):
    """Its messages stand on one line of lines: it may say what it likes."""
    toy = Toy(Shares(), doors=frozenset({"loopback"}), features=("at_once",))
    assert run_cell(cell_of(tmp_path), toy, "loopback").kind is VerdictKind.UNTESTABLE


def test_a_crowd_may_be_of_those_whom_nobody_refuses(tmp_path):
    """Then each answer is there as often as it is asked for."""
    text = CROWD.replace("      - fails: {status: 401}\n      - token: refreshed\n", "")
    case = build(cell_of(tmp_path, text))
    assert len(case.tape) == COUNT + 1
    toy = Toy(Shares(), features=("at_once",))
    assert run_cell(cell_of(tmp_path, text), toy).kind is VerdictKind.PASSED
