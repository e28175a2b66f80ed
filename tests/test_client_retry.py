"""What is retried, how often, and after how long (D01-D13, D21, D25, D26, C23)."""

from dataclasses import replace

import httpx
import httpx2
import pytest
from client_stage import DIED_BEFORE_STATUS, GOOD, HELLO, NEVER_CONNECTED, refuses, says, stage
from toy_wire import BACKEND, TOY

from harness.client import Client, Retry, Timeouts
from harness.client.door import own_client
from harness.credentials import CREDENTIALS
from harness.errors import HarnessError
from harness.model import Ending, EventKind, FailureKind, Outcome, OutcomeKind, Piece

__all__ = ["stage"]


def texts(events):
    return [event.text for event in events if event.kind is EventKind.TEXT]


CUTS = [Ending.EOF, Ending.RESET, Ending.STALL, Ending.COMPLETE]


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("ending", CUTS)
def test_a_stream_that_dies_before_any_delta_is_asked_again(stage, ending, module):
    """D01: nobody has seen anything, so nobody sees it twice; both libraries' errors are known."""
    set_up = stage(says(ending=ending), GOOD, module=module)
    reply = set_up.ask()
    assert reply.value().content == "hello"
    assert len(set_up.sent) == 2
    assert set_up.sent[0].body == set_up.sent[1].body


@pytest.mark.parametrize(
    ("dead", "kind"),
    [(NEVER_CONNECTED, FailureKind.CONNECTION), (DIED_BEFORE_STATUS, FailureKind.CONNECTION)],
    ids=["refused", "no_status"],
)
def test_an_exchange_that_dies_before_its_status_is_a_transient_failure(stage, dead, kind):
    """Retried while there is a budget, then told as it was, with its cause."""
    assert stage(dead, GOOD).ask().value().content == "hello"
    reply = stage(dead, retry=Retry(budget=0)).ask()
    assert reply.outcome.kind is OutcomeKind.ERROR
    assert reply.outcome.failure.kind is kind
    assert reply.outcome.failure.transient
    assert isinstance(reply.cause, httpx.HTTPError)


def test_a_server_that_never_answers_is_a_timeout(stage):
    """In virtual time, after the read timeout."""
    silent = says(ending=Ending.STALL)
    reply = stage(silent, retry=Retry(budget=0)).ask()
    assert reply.outcome.failure.kind is FailureKind.TIMEOUT


def test_the_budget_ends_it_and_the_last_failure_stands(stage):
    """D01: two retries are three requests."""
    cut = says(ending=Ending.EOF)
    set_up = stage(cut, cut, cut, GOOD)
    reply = set_up.ask()
    assert len(set_up.sent) == len(reply.attempts) == 3
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert reply.outcome.failure.kind is FailureKind.CONNECTION


@pytest.mark.parametrize("ending", CUTS)
def test_delivered_text_is_never_asked_for_again(stage, ending):
    """D09, D12, D13: what was shown is kept to the last blank, and no warning is added."""
    set_up = stage(says("T First half ", ending=ending), GOOD)
    reply = set_up.ask()
    assert len(set_up.sent) == 1
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert reply.value().content == "First half "
    assert reply.value().finish_reason is None


def test_shown_reasoning_is_delivered_too(stage):
    """D01: before any delta, of either kind."""
    set_up = stage(says("R hmm", ending=Ending.EOF), GOOD)
    set_up.ask()
    assert len(set_up.sent) == 1


def test_a_lost_call_is_named_to_the_user(stage):
    """D11: in the text and as a delta, and no call is offered."""
    set_up = stage(says("T Now.", "C write_file", "A {", ending=Ending.EOF), GOOD)
    reply = set_up.ask()
    response = reply.value()
    assert response.content.startswith("Now.\n\n⚠ Stream stalled mid tool-call (write_file); the")
    assert response.tool_calls is None
    assert reply.outcome.dropped == ("write_file",)
    assert "".join(texts(reply.events)) == "".join(texts(set_up.heard)) == response.content


def test_no_warning_where_the_policy_wants_none(stage):
    """It is the client's courtesy, not the reader's."""
    set_up = stage(says("T Now.", "C a", ending=Ending.EOF), warn=False)
    assert set_up.ask().value().content == "Now."


def test_a_call_alone_in_flight_is_asked_again(stage):
    """Nothing was shown and nothing executed: the second attempt's events are the reply's."""
    set_up = stage(
        says("C a", "A {", ending=Ending.RESET), says("C b", "A {}", "D", "F tool_calls", ".")
    )
    reply = set_up.ask()
    assert [call.name for call in reply.value().tool_calls] == ["b"]
    names = [event.name or event.text for event in reply.events if event.kind == "tool_name"]
    assert names == ["b"]


def test_after_text_is_a_profile(stage):
    """D10: where it is wanted, the listener is told, and the reply is the second stream's."""
    retry = Retry(after_text=True)
    set_up = stage(says("T Now.", "C a", ending=Ending.EOF), GOOD, retry=retry)
    reply = set_up.ask()
    assert reply.value().content == "hello"
    assert texts(reply.events) == ["hello"]
    assert any("reconnecting" in text for text in texts(set_up.heard))
    plain = stage(says("T Now.", ending=Ending.EOF), GOOD, retry=retry)
    plain.ask()
    assert len(plain.sent) == 1


def test_a_stream_of_nothing_is_asked_again(stage):
    """C23, D21: an empty stream is a failure, never a turn."""
    set_up = stage(says("."), says(), GOOD)
    assert set_up.ask().value().content == "hello"
    reply = stage(says("."), retry=Retry(budget=0)).ask()
    assert reply.outcome.failure.kind is FailureKind.EMPTY_STREAM


def test_an_error_inside_the_stream_is_retried_if_it_means_a_lost_connection(stage):
    """D02, D03: by the transport's verdict."""
    set_up = stage(says("E Network connection lost."), GOOD)
    assert set_up.ask().value().content == "hello"
    set_up = stage(says("E Invalid model configuration."), GOOD)
    assert set_up.ask().outcome.failure.message == "Invalid model configuration."
    assert len(set_up.sent) == 1


def test_what_is_not_transient_is_asked_once(stage):
    """A 400 stays a 400, with the server's own words."""
    set_up = stage(refuses(400, "bad tools"), GOOD)
    reply = set_up.ask()
    assert len(set_up.sent) == 1
    assert (reply.outcome.failure.status, reply.outcome.failure.message) == (400, "bad tools")
    assert reply.events[-1].kind is EventKind.FAILURE


@pytest.mark.parametrize("profiles", [(), ("withhold_text_after_call",)], ids=["plain", "held"])
def test_text_after_a_call_is_shown_unless_a_profile_withholds_it(stage, profiles):
    """G35: withheld from the listener, and in the reply all the same."""
    tape = says("T Now.", "C f", "T Then.", "A {}", "D", "F tool_calls", ".")
    backend = replace(BACKEND, profiles=frozenset(profiles))
    set_up = stage(tape, backend=backend)
    reply = set_up.ask()
    assert reply.value().content == "Now.Then."
    assert texts(reply.events) == ["Now.", "Then."]
    assert texts(set_up.heard) == (["Now."] if profiles else ["Now.", "Then."])
    dying = says("T Now.", "C f", "T Then.", "A {", ending=Ending.EOF)
    cut = stage(dying, backend=backend)
    cut.ask()
    assert "⚠ Stream stalled" in texts(cut.heard)[-1]


def test_a_zero_budget_is_one_request(stage):
    """D25: no library below retries on its own."""
    for answer in (refuses(500), refuses(429, retry_after="1"), DIED_BEFORE_STATUS):
        set_up = stage(answer, GOOD, retry=Retry(budget=0))
        set_up.ask()
        assert len(set_up.sent) == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0.25", 0.25), ("4000", 600.0)], ids=["s", "part", "cap"]
)
def test_the_server_says_how_long_to_wait(stage, header, seconds):
    """D26: whole or fractional seconds, six hundred at most."""
    set_up = stage(refuses(429, retry_after=header), GOOD)
    reply = set_up.ask()
    assert list(set_up.waits) == list(reply.waits) == [seconds]


def test_else_the_wait_doubles_with_jitter(stage):
    """D26: 2, 4, 8 ... seconds and up to half as much again, sixty at most."""
    tape = [refuses(503)] * 7
    set_up = stage(*tape, retry=Retry(budget=6))
    set_up.ask()
    assert len(set_up.waits) == 6
    for number, wait in enumerate(set_up.waits):
        base = min(60, 2 * 2**number)
        assert base <= wait <= base * 1.5


def test_ticks_and_the_first_delta(stage):
    """C01, C19: a tick a piece, and one first delta however many attempts it took."""
    set_up = stage(says("C a", ending=Ending.EOF), GOOD)
    reply = set_up.ask()
    kinds = [event.kind for event in reply.events]
    assert kinds.count(EventKind.FIRST_DELTA) == 1
    assert kinds.index(EventKind.FIRST_DELTA) < kinds.index(EventKind.TEXT)
    assert kinds.count(EventKind.ACTIVITY) == 3
    assert len(set_up.ticks) == 4
    heard = [event.kind for event in set_up.heard]
    assert heard.count(EventKind.FIRST_DELTA) == 1


def test_asks_do_not_know_each_other(stage):
    """D28: one client, several turns, each as if it were the first."""
    set_up = stage(GOOD, says("T a", ending=Ending.EOF), GOOD)
    contents = [set_up.ask().value().content for _ in range(3)]
    assert contents == ["hello", "a", "hello"]
    assert len({request.body for request in set_up.sent}) == 1
    assert len({request.headers for request in set_up.sent}) == 1


def test_a_strangers_exception_is_not_swallowed():
    """D04: only the library's own errors are the wire's; the request is not repeated."""
    calls = []

    def crash(request):
        calls.append(request)
        raise RuntimeError("Connection reset by peer")

    with httpx.Client(transport=httpx.MockTransport(crash)) as http:
        client = Client(BACKEND, TOY, http=http)
        with pytest.raises(RuntimeError, match="reset by peer"):
            client.ask(HELLO)
    assert len(calls) == 1


def test_a_failure_without_a_reason_is_not_taken_for_a_transient_one():
    """Only what is known to go away is asked for again."""
    calls = []

    class Mute(type(TOY)):
        def reader(self, backend, status=200, headers=()):
            reader = super().reader(backend, status, headers)
            reader.end = lambda how: []
            reader.outcome = Outcome(OutcomeKind.UNSUPPORTED)
            return reader

    def answer(request):
        calls.append(request)
        return httpx.Response(200, text="?")

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        Client(BACKEND, Mute(), http=http).ask(HELLO)
    assert len(calls) == 1


def test_a_long_error_body_costs_its_length(stage):
    """A megabyte of errors, byte by byte, is read once and no further."""
    long = replace(refuses(500), pieces=(Piece(b"e"),) * 3000)
    reply = stage(long, retry=Retry(budget=0)).ask()
    assert reply.outcome.failure.status == 500


def test_an_error_body_has_its_share_of_the_whole_time(stage):
    """An error that drips for hours is an error after the attempt's own ceiling."""
    drip = replace(refuses(500), pieces=(Piece(b"no ", 50.0),) * 40)
    set_up = stage(drip, timeouts=Timeouts(total=100.0), retry=Retry(budget=0))
    began = set_up.clock.now()
    assert set_up.ask().outcome.failure.status == 500
    assert set_up.clock.now() - began < 200


@pytest.mark.parametrize("status", [401, 400, 200])
def test_a_server_that_repeats_the_key_does_not_publish_it(stage, status):
    """In a refusal or inside a stream: the words stay, the key does not."""
    words = "E Incorrect key sk-live-0001 sent" if status == 200 else "Incorrect key sk-live-0001"
    answer = says(words) if status == 200 else refuses(status, words)
    made = CREDENTIALS.get("key")(" sk-live-0001\n")
    set_up = stage(answer, credential=made, retry=Retry(budget=0))
    reply = set_up.ask()
    with pytest.raises(HarnessError) as caught:
        reply.value()
    assert "Incorrect key [secret]" in str(caught.value)
    assert "sk-live-0001" not in f"{caught.value} {reply!r} {set_up.heard!r}"


def test_cookies_are_not_carried_from_one_ask_to_the_next():
    """D28: our own client keeps none; what a server sets belongs to the ask that it answered."""
    with own_client() as http:
        http._transport = httpx.MockTransport(
            lambda request: httpx.Response(
                200, headers={"set-cookie": "a=b"}, text="T a\nF stop\n.\n"
            )
        )
        http._mounts = {}
        client = Client(BACKEND, TOY, http=http)
        client.ask(HELLO)
        assert "cookie" not in http.build_request("POST", "http://127.0.0.1:9/v1/say").headers
