"""Patience, known refusals, whole replies for refused streams, caching, and going on."""

import json
import math
from dataclasses import replace

import pytest
from client_stage import GOOD, HELLO, refuses, says, stage
from toy_wire import BACKEND

from harness.client import Continuation, Retry, Timeouts
from harness.client.caching import mark
from harness.model import (
    CachePolicy,
    Ending,
    EventKind,
    FailureKind,
    FinishReason,
    OutcomeKind,
    Piece,
)

__all__ = ["stage"]


def bodies(set_up):
    return [json.loads(request.body) for request in set_up.sent]


def test_pings_alone_do_not_keep_a_stream_alive(stage):
    """D18: bytes without meaning for longer than the stale time are a stall."""
    pings = says("# ping", "# ping", "# ping", "# ping", "T late", "F stop", ".", gap=61.0)
    reply = stage(pings, retry=Retry(budget=0)).ask()
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert reply.outcome.failure.kind is FailureKind.TIMEOUT
    alive = says("T a", "T b", "T c", "T d", "F stop", ".", gap=170.0)
    assert stage(alive).ask().value().content == "abcd"


def test_a_whole_reply_that_is_long_in_coming_is_alive(stage):
    """D18: a document means nothing before its end, and blanks are no part of it."""
    ask = replace(HELLO, stream=False)
    long = says("T a", "# more", "# more", "# more", "F stop", ".", gap=100.0)
    whole = replace(long, pieces=tuple(Piece(p.data, p.delay) for p in long.pieces))
    reply = stage(whole).ask(ask)
    assert reply.value().finish_reason is FinishReason.STOP
    blank = replace(long, pieces=tuple(Piece(b"\n", 100.0) for _ in range(9)))
    reply = stage(blank, retry=Retry(budget=0)).ask(ask)
    assert reply.outcome.failure.kind is FailureKind.TIMEOUT


def test_a_ceiling_on_the_whole_attempt(stage):
    """D24: a stream that goes on and on ends there, and keeps what it said."""
    long = says("T a", "T b", "T c", "F stop", ".", gap=60.0)
    reply = stage(long, timeouts=Timeouts(total=100.0)).ask()
    assert reply.value().content == "ab"
    assert reply.value().finish_reason is None


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 0, -1, True, "7", None], ids=lambda value: repr(value).strip("-'")
)
def test_a_timeout_that_makes_no_sense_is_as_if_not_given(value):
    """D30: the default holds."""
    assert Timeouts.of({"request_timeout_seconds": value, "connect": value}) == Timeouts()


def test_a_configured_timeout_reaches_the_request(stage):
    """D19, D30: the read timeout is the wire's own, in virtual time."""
    timeouts = Timeouts.of({"request_timeout_seconds": 7})
    set_up = stage(says(ending=Ending.STALL), timeouts=timeouts, retry=Retry(budget=0))
    began = set_up.clock.now()
    set_up.ask()
    assert set_up.clock.now() - began == pytest.approx(7)


@pytest.mark.parametrize(
    "refusal",
    [
        refuses(400, "Stream mode is not supported by this model"),
        says("E streaming is unsupported here"),
        refuses(403, "AccessDenied: not allowed to perform bedrock:InvokeModelWithResponseStream"),
    ],
    ids=["by_status", "in_band", "permission"],
)
def test_a_refused_stream_is_asked_for_whole_and_remembered(stage, refusal):
    """D05, D06, H11: at once, whatever the retry budget, and for all later asks."""
    set_up = stage(refusal, GOOD, GOOD, retry=Retry(budget=0))
    assert set_up.ask().value().content == "hello"
    set_up.ask()
    assert [body["stream"] for body in bodies(set_up)] == [True, False, False]


def test_a_proxys_upstream_is_no_stream(stage):
    """One unlucky gateway page must not end streaming for the whole session."""
    page = "upstream connect error: protocol not supported"
    set_up = stage(refuses(503, page), GOOD)
    assert set_up.ask().value().content == "hello"
    assert [body["stream"] for body in bodies(set_up)] == [True, True]


def test_a_refused_whole_reply_is_not_asked_for_again(stage):
    """There is nothing left to fall back to."""
    set_up = stage(refuses(400, "stream not supported"), refuses(400, "stream not supported"))
    assert set_up.ask().outcome.failure.status == 400
    assert len(set_up.sent) == 2


REASONING = {"input": [{"type": "reasoning", "encrypted_content": "x"}, {"role": "user"}]}
SCHEMA = {
    "type": "object",
    "properties": {
        "format": {"type": "string", "format": "date", "pattern": "^x"},
        "items": {"type": "array", "items": {"pattern": "y", "type": "string"}},
    },
}
PLAIN = {
    "type": "object",
    "properties": {
        "format": {"type": "string"},
        "items": {"type": "array", "items": {"type": "string"}},
    },
}
IMAGE = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
TEXT = {"type": "text", "text": "look"}


def test_reasoning_that_cannot_be_decrypted_is_left_out_for_good(stage):
    """F16: once, and for the rest of the session."""
    set_up = stage(refuses(400, '{"code": "invalid_encrypted_content"}'), GOOD, GOOD)
    ask = replace(HELLO, options=REASONING)
    assert set_up.ask(ask).value().content == "hello"
    set_up.ask(ask)
    assert [body["input"] for body in bodies(set_up)[1:]] == [[{"role": "user"}]] * 2
    assert bodies(set_up)[1]["include"] == []


def test_a_second_refusal_is_final(stage):
    """A recovery is tried once, and only if there was something to leave out."""
    answer = refuses(400, "invalid_encrypted_content")
    set_up = stage(answer, answer, GOOD)
    assert set_up.ask(replace(HELLO, options=REASONING)).outcome.failure.status == 400
    assert len(set_up.sent) == 2
    set_up = stage(answer, GOOD)
    set_up.ask()
    assert len(set_up.sent) == 1


def test_a_refused_beta_is_dropped_and_the_others_stay(stage):
    """G24: from the header, not from the body."""
    beta = {"anthropic-beta": "context-1m-2025-08-07, files-1"}
    answer = refuses(400, "The long context beta is not yet available for this subscription.")
    set_up = stage(answer, GOOD, backend=replace(BACKEND, headers=beta))
    assert set_up.ask().value().content == "hello"
    assert set_up.sent[1].header("anthropic-beta") == "files-1"


def test_a_refused_signature_takes_the_thinking_with_it(stage):
    """G25: of the assistant's turns only."""
    message = {
        "role": "assistant",
        "reasoning_details": [{}],
        "content": [{"type": "thinking", "thinking": "x", "signature": "bad"}, TEXT],
    }
    ask = replace(HELLO, messages=(message, *HELLO.messages))
    set_up = stage(refuses(400, "messages.1: thinking blocks: Invalid signature"), GOOD)
    assert set_up.ask(ask).value().content == "hello"
    assert bodies(set_up)[1]["messages"][0] == {"role": "assistant", "content": [TEXT]}


def test_a_server_without_eyes_gets_no_images(stage):
    """J31: an image-only tool result keeps its call id, an image-only user message goes."""
    messages = (
        {"role": "user", "content": [TEXT, IMAGE]},
        {"role": "user", "content": [IMAGE]},
        {"role": "tool", "tool_call_id": "c1", "content": [IMAGE]},
    )
    set_up = stage(refuses(400, "Only 'text' content type is supported."), GOOD)
    set_up.ask(replace(HELLO, messages=messages))
    made = bodies(set_up)[1]["messages"]
    assert made[0] == {"role": "user", "content": [TEXT]}
    assert made[1]["tool_call_id"] == "c1"
    assert isinstance(made[1]["content"], str)
    assert len(made) == 2


def test_a_server_that_takes_no_parts_of_a_result_gets_a_text(stage):
    """J30: from then on, and of tool results alone."""
    messages = (
        {"role": "user", "content": [TEXT]},
        {"role": "tool", "tool_call_id": "c1", "content": [TEXT, TEXT, IMAGE]},
    )
    set_up = stage(refuses(400, "Param Incorrect: text is not set"), GOOD, GOOD)
    ask = replace(HELLO, messages=messages)
    set_up.ask(ask)
    set_up.ask(ask)
    for body in bodies(set_up)[1:]:
        assert body["messages"][0] == messages[0]
        assert body["messages"][1] == {
            "role": "tool",
            "tool_call_id": "c1",
            "content": "look\nlook\n(image_url was left out)",
        }


def test_a_grammar_that_cannot_be_parsed_is_simplified(stage):
    """J32: keywords go, properties of the same name stay."""
    tools = [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]
    set_up = stage(refuses(400, "error parsing grammar: unknown escape"), GOOD)
    set_up.ask(replace(HELLO, options={"tools": tools}))
    assert bodies(set_up)[1]["tools"][0]["function"]["parameters"] == PLAIN


def test_recoveries_may_be_off(stage):
    """Then the refusal is what the caller sees."""
    set_up = stage(refuses(400, "invalid_encrypted_content"), GOOD, recover=False)
    assert set_up.ask(replace(HELLO, options=REASONING)).outcome.failure.status == 400


MARK = {"type": "ephemeral"}


def turn(role, text):
    return {"role": role, "content": text}


def marked(role, text):
    return {"role": role, "content": [{"type": "text", "text": text, "cache_control": MARK}]}


HISTORY = [turn("system", "s"), *(turn("user", f"u{n}") for n in range(5))]


def test_markers_stand_on_the_system_prompt_and_the_last_three():
    """K01: four at most, on copies."""
    made = mark(HISTORY, CachePolicy(enabled=True))
    assert made[0] == marked("system", "s")
    assert made[1:3] == HISTORY[1:3]
    assert made[3:] == [marked("user", f"u{n}") for n in (2, 3, 4)]
    assert HISTORY[0] == turn("system", "s")


def test_a_message_that_cannot_carry_a_marker_is_passed_over():
    """K03, K06: empty text, no content, a list that ends in no object, an enveloped tool result."""
    rest = [
        turn("user", "a"),
        turn("assistant", ""),
        {"role": "assistant", "content": None, "tool_calls": [{}]},
        turn("tool", "result"),
        {"role": "user", "content": ["x"]},
        {"role": "user", "content": [{"type": "text", "text": " "}]},
    ]
    made = mark(rest, CachePolicy(enabled=True))
    assert made == [marked("user", "a"), *rest[1:]]
    native = mark(rest, CachePolicy(enabled=True, native=True, ttl="1h"))
    assert native[3]["content"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}


def test_the_native_layout_of_a_mapping():
    """K02: system blocks apart from the messages, and never on thinking."""
    thinking = {"role": "assistant", "content": [{"type": "thinking", "thinking": "x"}]}
    converted = {"system": "s", "messages": [turn("user", "u"), thinking], "other": 1}
    made = mark(converted, CachePolicy(enabled=True, native=True))
    assert made["system"] == [{"type": "text", "text": "s", "cache_control": MARK}]
    assert made["messages"] == [marked("user", "u"), thinking]
    assert made["other"] == 1


def test_the_callers_own_markers_count():
    """K01: four at most, whoever put them there, for a fifth is refused."""
    own = [marked("user", f"own{n}") for n in range(3)]
    made = mark([*own, *HISTORY], CachePolicy(enabled=True))
    assert sum("cache_control" in str(message) for message in made) == 4
    assert mark([*own, marked("user", "own3"), turn("user", "u")], CachePolicy(enabled=True))[
        -1
    ] == turn("user", "u")


def test_the_policy_is_asked_for_each_model_and_url(stage):
    """K05: between convert and build, recomputed for each ask, and the client may have it off."""
    asked = []

    def policy(model, url):
        asked.append((model, url))
        return CachePolicy(enabled=model == "cached")

    backend = replace(BACKEND, caching=policy)
    set_up = stage(GOOD, GOOD, backend=backend, url="http://127.0.0.1:9/own")
    set_up.ask(replace(HELLO, model="cached"))
    set_up.ask()
    assert [b["messages"] for b in bodies(set_up)] == [[marked("user", "hello")], [*HELLO.messages]]
    assert asked == [("cached", "http://127.0.0.1:9/own"), ("m", "http://127.0.0.1:9/own")]
    off = stage(GOOD, backend=backend, caching=False)
    off.ask(replace(HELLO, model="cached"))
    assert bodies(off)[0]["messages"] == [*HELLO.messages]


def test_a_cut_text_is_continued_and_joined_as_it_stands(stage):
    """D13, D14: no blank added or lost, and one reply of it all."""
    set_up = stage(
        says("T First half ", ending=Ending.EOF),
        says("T second half.", "F stop", "."),
        continuation=Continuation(),
    )
    reply = set_up.ask()
    assert reply.value().content == "First half second half."
    assert reply.value().finish_reason is FinishReason.STOP
    shown = [event.text for event in reply.events if event.kind is EventKind.TEXT]
    assert "".join(shown) == "First half second half."
    messages = bodies(set_up)[1]["messages"]
    assert messages[-2] == turn("assistant", "First half ")
    assert messages[-1]["role"] == "user"


def test_a_retry_of_a_continuation_keeps_what_stands(stage):
    """Only the failed part's events are dropped."""
    set_up = stage(
        says("T one ", ending=Ending.EOF),
        says("C x", ending=Ending.EOF),
        says("T two", "F stop", "."),
        continuation=Continuation(),
    )
    reply = set_up.ask()
    assert reply.value().content == "one two"
    kinds = [event.kind for event in reply.events if event.kind is not EventKind.ACTIVITY]
    assert kinds == ["first_delta", "text", "text", "finish"]


def test_the_cap_is_raised_round_by_round_to_a_ceiling(stage):
    """D14, D15: doubled from what was asked or 4096; the rounds end."""
    full = says("T a", "F length", ".")
    set_up = stage(*[full] * 9, continuation=Continuation())
    reply = set_up.ask()
    assert [body.get("max_tokens") for body in bodies(set_up)] == [None, 8192, 16384, 32768, 32768]
    assert reply.value().content == "aaaaa"
    assert reply.value().finish_reason is FinishReason.LENGTH


def test_a_call_that_ran_out_of_room_is_asked_anew_and_never_offered(stage):
    """D15: the same request with more room; at last a refusal, without the call."""
    full = says("T a", "C f", "A {}", "D", "F length", ".")
    set_up = stage(*[full] * 9, continuation=Continuation(rounds=2))
    reply = set_up.ask(replace(HELLO, max_tokens=100))
    assert [body["max_tokens"] for body in bodies(set_up)] == [100, 200, 400]
    assert len({str(body["messages"]) for body in bodies(set_up)}) == 1
    assert reply.outcome.failure.message == "Response truncated due to output length limit"
    assert reply.outcome.response.tool_calls is None
    assert reply.outcome.dropped == ("f",)
    assert [e.text for e in reply.events if e.kind is EventKind.TEXT] == ["a"]
    assert reply.events[-1].failure is reply.outcome.failure
    assert not any(e.kind is EventKind.FINISH for e in reply.events)


def test_a_paused_turn_goes_back_as_it_is(stage):
    """F27: no word of a user after it; its text is a part of the reply; at most three times."""
    pause = [says(f"T {n} ", "F pause", ".") for n in range(5)]
    set_up = stage(pause[0], says("T end", "F stop", "."), continuation=Continuation())
    reply = set_up.ask()
    assert (reply.value().content, reply.value().finish_reason) == ("0 end", FinishReason.STOP)
    (before, after) = (body["messages"] for body in bodies(set_up))
    assert after[: len(before)] == before
    assert [message["role"] for message in after[len(before) :]] == ["assistant"]
    endless = stage(*pause, continuation=Continuation(rounds=9))
    reply = endless.ask()
    assert len(endless.sent) == 4
    assert (reply.value().content, reply.value().finish_reason) == (
        "0 1 2 3 ",
        FinishReason.PAUSE,
    )


def test_the_same_pause_twice_is_the_end_of_it(stage):
    """F27: a server that says the same again would go on for ever."""
    again = says("T same", "F pause", ".")
    set_up = stage(*[again] * 5, continuation=Continuation())
    set_up.ask()
    assert len(set_up.sent) == 2


def test_a_listener_hears_one_end_of_all_parts(stage):
    """D14: the finish of a part that is gone on with is no end, and is not told."""
    part = says("T one ", "F length", ".")
    set_up = stage(part, says("T two", "F stop", "."), continuation=Continuation())
    reply = set_up.ask()
    told = [event.finish for event in set_up.heard if event.kind is EventKind.FINISH]
    assert told == [FinishReason.STOP]
    assert [event.kind for event in reply.events][-1] is EventKind.FINISH


def test_thoughts_of_all_parts_are_kept(stage):
    """D14: what was thought before the cut belongs to the reply, as its text does."""
    part = says("R why ", "T one ", ending=Ending.EOF)
    rest = says("R not", "T two", "F stop", ".")
    reply = stage(part, rest, continuation=Continuation()).ask()
    assert (reply.value().reasoning, reply.value().content) == ("why not", "one two")


def test_a_stop_in_a_later_part_keeps_what_the_earlier_ones_said(stage):
    """D14, D20: what was shown stays."""
    part, rest = says("T one ", "F length", "."), says("T two ", "T three", "F stop", ".")
    set_up = stage(part, rest, continuation=Continuation())
    set_up.client.setup.on_event = lambda event: event.text == "two " and set_up.client.cancel()
    reply = set_up.ask()
    assert reply.outcome.failure.kind is FailureKind.CANCELLED
    assert reply.outcome.response.content == "one two "
    assert reply.outcome.response.finish_reason is None


def test_without_the_policy_a_truncated_reply_is_the_reply(stage):
    """Continuation is the caller's choice."""
    set_up = stage(says("T a", "F length", "."), GOOD)
    assert set_up.ask().value().finish_reason is FinishReason.LENGTH
    assert len(set_up.sent) == 1
