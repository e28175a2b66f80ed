"""The gateway's wire: its flat request, its chunks, its statuses, the weak spots of its seed."""

import json
from dataclasses import replace

import pytest
from block_scripts import CALL, OTHER, TEXT, THOUGHT, USAGE, finish
from wire_samples import SERVER, check_events, expected, names, pieces, read, read_bytes, response

from harness.contracts import Endpoint
from harness.errors import NotApplicable
from harness.model import (
    Ask,
    Ending,
    Failure,
    FailureKind,
    FinishReason,
    OutcomeKind,
    RegionKind,
    Request,
)
from harness.transports import TRANSPORTS

GATEWAY = TRANSPORTS.get("gateway")
NAMES = names("jwt-gateway")
REQUEST = Request("POST", "https://h.test/api/v1/llm/chat/stream")
KINDS = {
    "auth": {FailureKind.AUTHENTICATION},
    "model_not_found": {FailureKind.NOT_FOUND},
    "gateway_upstream": {FailureKind.SERVER_ERROR},
    "stream_error": {FailureKind.SERVER_ERROR},
    "unexpected_status": {
        FailureKind.PERMISSION,
        FailureKind.INVALID_REQUEST,
        FailureKind.RATE_LIMIT,
    },
}


def stream(*chunks, done=True):
    parts = [c if isinstance(c, str) else json.dumps(c) for c in chunks]
    return b"".join(f"data: {part}\n\n".encode() for part in [*parts, *["[DONE]"] * done])


def outcome_of(body, *profiles, how=Ending.COMPLETE, status=200):
    server = replace(SERVER, profiles=frozenset(profiles))
    whole, events = read_bytes(GATEWAY, [body], status, how=how, server=server)
    cuts = [body[at : at + 1] for at in range(len(body))]
    assert read_bytes(GATEWAY, cuts, status, how=how, server=server)[0] == whole
    check_events(whole, events)
    return whole


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_means_what_the_reference_says(name):
    """Equal in every field, whole and in pieces of any size; errors in kind, status and words."""
    outcome, events = read(GATEWAY, name)
    check_events(outcome, events)
    for size in (1, 7):
        assert read(GATEWAY, name, pieces(response(name)[2], size))[0] == outcome
    sample = expected(name)
    if error := sample["error"]:
        assert outcome.failure.kind in KINDS[error["kind"]]
        assert outcome.failure.status == error.get("status")
        told = error["detail"]
        assert (told if isinstance(told, str) else told[0]["msg"]) in outcome.failure.message
        return
    reply, told = outcome.response, sample["canonical"]
    assert (reply.content or "") == told["text"]
    assert (reply.finish_reason.value if reply.finish_reason else None) == told["finish"]
    assert [(c.id, c.name, json.loads(c.arguments)) for c in reply.tool_calls or ()] == [
        (c["id"], c["name"], c["arguments_json"]) for c in told["tool_calls"]
    ]
    counts = told["usage"] or {}
    usage = reply.usage
    assert (usage.input_tokens if usage else None) == counts.get("input_tokens")
    assert (usage.output_tokens if usage else None) == counts.get("output_tokens")


def test_the_request_is_flat_and_holds_its_nulls():
    """O01: seven fields, always; the path says whether it streams."""
    ask = Ask(messages=({"role": "user", "content": "hi"},), max_tokens=9, stream=True)
    for asked, path in ((ask, "/chat/stream"), (replace(ask, stream=False), "/chat")):
        kwargs = GATEWAY.build_kwargs(asked, SERVER)
        request = GATEWAY.build_request(kwargs, SERVER, Endpoint("https://h.test/"))
        assert request.url == "https://h.test/api/v1/llm" + path
        assert json.loads(request.body) == {
            "messages": [{"role": "user", "content": "hi"}],
            "model": "m",
            "temperature": None,
            "max_tokens": 9,
            "tools": None,
            "tool_choice": None,
            "timeout": None,
        }


def test_nulls_in_a_reply_are_nothing():
    """O02: arguments too, and an empty usage."""
    body = {
        "content": None,
        "usage": {},
        "tool_calls": [{"id": "c", "name": "f", "arguments": None}],
    }
    reply = outcome_of(json.dumps(body).encode()).response
    assert (reply.content, reply.usage) == (None, None)
    assert [(c.name, c.arguments) for c in reply.tool_calls] == [("f", "{}")]
    assert GATEWAY.normalize_response(body, SERVER) == reply


def test_big_numbers_keep_their_digits():
    """Arguments are objects on this wire, and become text here."""
    call = '{"id":"c","name":"f","arguments":{"n":12345678901234567890123}}'
    reply = outcome_of(stream(f'{{"content":"","tool_calls":[{call}],"is_final":true}}')).response
    assert reply.tool_calls[0].arguments == '{"n":12345678901234567890123}'


def test_a_call_that_comes_twice_is_one_call():
    """Servers repeat it on later chunks; other calls of the same name stay two."""
    one = {"id": "c", "name": "f", "arguments": {"a": 1}}
    other = {"id": "d", "name": "f", "arguments": {"a": 1}}
    body = stream({"tool_calls": [one]}, {"tool_calls": [one, other], "is_final": True})
    outcome = outcome_of(body)
    assert [call.id for call in outcome.response.tool_calls] == ["c", "d"]
    assert "twice" in outcome.warnings[0]


@pytest.mark.parametrize("done", [False, True])
def test_is_final_or_done_ends_a_reply_and_nothing_else_does(done):
    """O07: the end of the body alone does so only by a profile."""
    call = {"id": "c", "name": "f", "arguments": {}}
    open_ = stream({"content": "a", "tool_calls": [call]}, done=done)
    outcome = outcome_of(open_)
    if done:
        assert outcome.response.finish_reason is FinishReason.TOOL_CALLS
    else:
        assert outcome.kind is OutcomeKind.INTERRUPTED
        assert (outcome.response.content, outcome.dropped) == ("a", ("f",))
        assert outcome_of(open_, "eof_is_end").kind is OutcomeKind.COMPLETE
    final = stream({"content": "a", "is_final": True}, done=done)
    assert outcome_of(final).response.finish_reason is FinishReason.STOP


def test_an_error_in_the_stream_prefers_its_detail():
    """O05: the word of `error` is its type."""
    outcome = outcome_of(stream({"content": "a"}, {"error": "upstream_error", "detail": "why"}))
    assert (outcome.failure.message, outcome.failure.type) == ("why", "upstream_error")


@pytest.mark.parametrize("odd", ["[]", "5", '"error"', "{broken", "null"])
def test_a_payload_that_is_no_object_is_skipped_and_told(odd):
    """O08: also a list, in which a word can be looked for."""
    outcome = outcome_of(stream({"content": "a"}, odd, {"content": "b", "is_final": True}))
    assert outcome.response.content == "ab"
    assert "skipped" in outcome.warnings[0]


def test_events_are_read_by_the_standard():
    """O08: several data lines, no space, CRLF, a character cut in two: all are one event."""
    body = b'data:{"content": "\xc3\xa9",\r\ndata: "is_final": true}\r\n\r\n'
    assert outcome_of(body).response.content == "é"
    assert outcome_of(body, "lines_with_space_only").failure.kind is FailureKind.EMPTY_STREAM


def test_the_seeds_reader_is_a_profile():
    """O05: lines with a space only; what it cannot read it does not hear."""
    body = (
        b'data: {"content":"a"}\n  data: {"content":"b"}\n'
        b'data:{"content":"c"}\nevent: x\ndata: [DONE]\n'
    )
    assert outcome_of(body, "lines_with_space_only").response.content == "ab"


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, FailureKind.AUTHENTICATION, "no"),
        (404, FailureKind.NOT_FOUND, "no"),
        (502, FailureKind.SERVER_ERROR, "Server LLM gateway error: no"),
        (418, FailureKind.INVALID_REQUEST, "Unexpected status 418: no"),
    ],
)
def test_a_status_has_its_own_meaning(status, kind, words):
    """O04: detail, else error, else the body's text."""
    for body in (b'{"detail":"no"}', b'{"error":"no"}', b"no"):
        failure = outcome_of(body, status=status).failure
        assert (failure.kind, failure.message, failure.status) == (kind, words, status)


SCRIPTS = {"text": (TEXT, USAGE), "calls": (TEXT, CALL, OTHER, finish(FinishReason.TOOL_CALLS))}


@pytest.mark.parametrize("stream_", [False, True])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_is_written_as_the_first_client_reads_it(script, stream_):
    """Under the seed's own rules of reading, and under ours; the regions find every word."""
    exchange = GATEWAY.write(script, REQUEST, stream=stream_, model="m")
    strict = ("lines_with_space_only",) if stream_ else ()
    outcome = outcome_of(exchange.body, *strict)
    assert outcome == outcome_of(exchange.body)
    assert outcome.response.content == TEXT.text
    regions = GATEWAY.regions(exchange)
    assert regions.text(RegionKind.TEXT) == TEXT.text
    for number, call in enumerate(outcome.response.tool_calls or ()):
        assert json.loads(regions.text(RegionKind.TOOL_ARGUMENTS, number)) == json.loads(
            call.arguments
        )
    assert regions.of(RegionKind.FINISH) or not stream_
    assert GATEWAY.recognizes(exchange)


def test_what_the_wire_cannot_say_is_not_written():
    """It has no reasoning and no finish reason."""
    for script in ((THOUGHT,), (TEXT, finish(FinishReason.LENGTH))):
        with pytest.raises(NotApplicable):
            GATEWAY.write(script, REQUEST, stream=True, model="m")


def test_a_written_failure_is_read_again():
    """Status, words and the wait."""
    failure = Failure(FailureKind.RATE_LIMIT, "slow", retry_after=2.0)
    exchange = GATEWAY.write_failure(failure, REQUEST, SERVER)
    outcome, _ = read_bytes(GATEWAY, [exchange.body], exchange.status, exchange.headers)
    assert outcome.failure.kind is FailureKind.RATE_LIMIT
    assert (outcome.failure.retry_after, outcome.failure.status) == (2.0, 429)
