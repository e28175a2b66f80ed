"""Failed, errored and untestable are three things, and one never hides as another."""

import asyncio
import logging
import warnings

import pytest
from engine_stage import Toy, post, said, scenario

from harness.engine import cells, read_scenario, run_cell
from harness.engine.known import Known, known_for, load_known, stale
from harness.errors import FileError, TargetError
from harness.model import (
    Failure,
    FailureKind,
    Level,
    Outcome,
    OutcomeKind,
    Report,
    VerdictKind,
)


def cell_of(folder, **changes):
    changes.setdefault("wires", "[chat]")
    (cell,) = cells(read_scenario(scenario(folder, **changes)))
    return cell


def asks(wire, turn):
    post(wire, turn)


def test_a_target_that_reports_what_was_said_passes(tmp_path):
    """And its session is closed."""
    toy = Toy(asks)
    assert run_cell(cell_of(tmp_path), toy).kind is VerdictKind.PASSED
    assert (toy.opened, toy.closed) == (1, 1)


def test_a_broken_invariant_is_failed(tmp_path):
    """With its name, its level and a sentence."""

    def lies(wire, turn):
        post(wire, turn)
        return said("Goodbye.")

    verdict = run_cell(cell_of(tmp_path), Toy(lies))
    assert verdict.kind is VerdictKind.FAILED
    (violation,) = verdict.violations
    assert (violation.invariant, violation.level) == ("means", Level.MUST)
    assert "Goodbye." in violation.sentence


@pytest.mark.parametrize(
    "raised",
    [
        ValueError("mine"),
        KeyError("x"),
        TargetError("broken"),
        SystemExit(0),
        asyncio.CancelledError("mine"),
    ],
)
def test_an_adapter_that_raises_is_errored(tmp_path, raised):
    """Never failed: nothing is known of the client, and its session is closed all the same. Nor
    may it end the run: one that exits with 0 would have been green."""

    def crashes(wire, turn):
        post(wire, turn)
        raise raised

    toy = Toy(crashes)
    verdict = run_cell(cell_of(tmp_path), toy)
    assert verdict.kind is VerdictKind.ERRORED
    assert str(raised) in verdict.reason
    assert toy.closed == 1


def test_a_target_that_never_asks_is_errored(tmp_path):
    """Its report says nothing of the wire, so no invariant is asked."""
    verdict = run_cell(cell_of(tmp_path), Toy(lambda wire, turn: None))
    assert verdict.kind is VerdictKind.ERRORED
    assert "never reached the player" in verdict.reason


def test_why_a_target_never_asked_is_in_its_own_words(tmp_path):
    """Its client refused an option before it sent anything: the reason says which."""
    failure = Failure(FailureKind.UNKNOWN, "timeout must be an integer", "ValueError")
    report = Report(Outcome(OutcomeKind.ERROR, failure=failure))
    verdict = run_cell(cell_of(tmp_path), Toy(lambda wire, turn: report))
    assert verdict.kind is VerdictKind.ERRORED
    assert "no request was sent; ValueError: timeout must be an integer" in verdict.reason


def test_a_target_may_send_nothing_where_that_is_right(tmp_path):
    """`attempts: 0` is such a case: then silence is what is judged."""
    cell = cell_of(tmp_path, expect="[{attempts: 0}]")
    assert run_cell(cell, Toy(lambda wire, turn: None)).kind is VerdictKind.PASSED


def test_an_unexpected_request_is_failed_by_its_invariant(tmp_path):
    """Nobody may swallow it: it is no Exception, and it is told with the nearest exchange."""

    def asks_twice(wire, turn):
        try:
            post(wire, turn)
            post(wire, turn)
        except Exception:  # noqa: BLE001 -- a client that swallows everything
            return said("Hello, Ada.")

    verdict = run_cell(cell_of(tmp_path), Toy(asks_twice))
    assert verdict.kind is VerdictKind.FAILED
    assert "no_unexpected_request" in {one.invariant for one in verdict.violations}
    assert [sent.exchange for sent in verdict.trace.sent] == [0, None]


def test_waiting_for_ever_is_failed_by_its_invariant(tmp_path):
    """In virtual time a client without a timeout would never come back: it is stopped."""
    import httpx  # noqa: PLC0415

    def waits(wire, turn):
        with httpx.Client(transport=wire.transport(), timeout=None) as client:
            client.post(wire.base_url + "/v1/chat/completions", json={})

    cell = cell_of(tmp_path, faults="[{cut: {inside: text, ending: stall}}]", expect="[ends_once]")
    verdict = run_cell(cell, Toy(waits))
    assert verdict.kind is VerdictKind.FAILED
    assert "never_waits_for_ever" in {one.invariant for one in verdict.violations}


def test_an_answer_that_is_left_is_failed(tmp_path):
    """A turn that never happened is seen from the tape's side."""
    wire = "[{fails: {status: 503}}, {says: [{text: Hi}, {finish: stop}]}]"
    file = scenario(tmp_path, wires="[chat]", expect="[ends_once]", wire=wire)
    text = file.read_text("utf-8")
    start = text.index("says:\n")
    file.write_text(text[:start] + text[text.index("\n", text.index("- finish")) + 1 :], "utf-8")
    (cell,) = cells(read_scenario(file))
    verdict = run_cell(cell, Toy(asks))
    assert [one.invariant for one in verdict.violations] == ["nothing_left_unplayed"]


def test_what_a_target_skips_is_untestable(tmp_path):
    """It is counted, with the feature that it lacks."""
    skipped = Report(Outcome(OutcomeKind.UNSUPPORTED), skipped="time travel")
    verdict = run_cell(cell_of(tmp_path), Toy(lambda wire, turn: skipped))
    assert (verdict.kind, verdict.reason) == (
        VerdictKind.UNTESTABLE,
        "the target has no time travel",
    )


def test_a_door_that_a_target_has_not_is_untestable(tmp_path):
    """The doors that it has are named."""
    toy = Toy(asks, doors=frozenset({"loopback"}))
    verdict = run_cell(cell_of(tmp_path), toy, "inprocess")
    assert (verdict.kind, verdict.reason) == (
        VerdictKind.UNTESTABLE,
        "reached only by: loopback",
    )


def test_a_target_that_says_what_it_lacks_is_not_judged_by_it(tmp_path):
    """`no_stream` among its features leaves what needs a stream untestable."""
    verdict = run_cell(cell_of(tmp_path), Toy(asks, features=("no_stream",)))
    assert (verdict.kind, verdict.reason) == (VerdictKind.UNTESTABLE, "the target has no stream")


def test_a_coding_that_was_not_accepted_is_untestable(tmp_path):
    """A server that compresses unasked is not the client's fault."""
    import httpx  # noqa: PLC0415

    def plain(wire, turn):
        with httpx.Client(transport=wire.transport()) as client:
            url = wire.base_url + "/v1/chat/completions"
            client.post(url, json={}, headers={"accept-encoding": "identity"})

    cell = cell_of(tmp_path, faults="[gzip]")
    verdict = run_cell(cell, Toy(plain))
    assert verdict.kind is VerdictKind.UNTESTABLE
    assert "the target accepts 'identity'" in verdict.reason


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/chat/completions", {"stream": True}), ("/model/m/converse-stream", {})]
)
def test_a_stream_where_a_whole_reply_was_asked_for_is_untestable(tmp_path, path, body):
    """A client that streams behind the scenes is not blamed for a body that answers another
    request."""
    import httpx  # noqa: PLC0415

    def streams(wire, turn):
        with httpx.Client(transport=wire.transport()) as client:
            client.post(wire.base_url + path, json=body)

    verdict = run_cell(cell_of(tmp_path, ask="{messages: Hi., stream: false}"), Toy(streams))
    assert verdict.kind is VerdictKind.UNTESTABLE
    assert "asks for a stream in turn 0" in verdict.reason


def test_a_should_alone_does_not_fail(tmp_path):
    """The violation is kept for who is strict."""

    def lies(wire, turn):
        post(wire, turn)
        return said("Goodbye.")

    cell = cell_of(tmp_path, expect="[{means: , level: should}]")
    verdict = run_cell(cell, Toy(lies))
    assert verdict.kind is VerdictKind.PASSED
    assert [one.level for one in verdict.violations] == [Level.SHOULD]


def _logs(secret):
    logging.getLogger("theirs").debug("sent %s", secret)


def _warns(secret):
    warnings.warn(f"used {secret}", stacklevel=1)


def _logs_what_has_no_format(secret):
    logging.getLogger("theirs").debug("sent %d", secret)


@pytest.mark.parametrize("says", [_logs, _warns, _logs_what_has_no_format])
def test_what_a_target_logs_and_warns_is_heard(tmp_path, says):
    """Where a secret must not be; and who says it so that nothing can format it is not errored."""

    def leaks(wire, turn):
        says(turn.credential["value"])
        post(wire, turn)

    cell = cell_of(tmp_path, expect="[secrets_stay_secret]")
    verdict = run_cell(cell, Toy(leaks))
    assert verdict.kind is VerdictKind.FAILED, verdict.reason
    assert [one.sentence for one in verdict.violations] == ["secret 0 is in an output"]


def test_an_interrupt_ends_the_run(tmp_path):
    """Whoever stopped it wants no verdict."""

    def interrupted(wire, turn):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_cell(cell_of(tmp_path), Toy(interrupted))


def test_a_known_failure_is_matched_by_its_id():
    """A star stands for anything, and a bracket is only a bracket."""
    known = Known("mine[*-chat-cut_*_eof]", "why", "https://example.com/1")
    assert known.matches("mine[openai-chat-cut_text_50_eof]")
    assert not known.matches("mine[openai-chat-cut_text_50_reset]")
    assert known_for("yours[x]", [known]) is None
    assert stale([known], ["mine[openai-chat-clean]"]) == [known]
    assert stale([known], ["mine[openai-chat-cut_text_1_eof]"]) == []


@pytest.mark.parametrize("text", ["a: 1", "- case: x", "- {case: x, reason: y, link: z, more: 1}"])
def test_a_bad_list_of_known_failures_is_told_with_its_place(tmp_path, text):
    """Exactly case, reason and link."""
    file = tmp_path / "known.yaml"
    file.write_text(text)
    with pytest.raises(FileError, match=r"known.yaml:1:"):
        load_known(file)
