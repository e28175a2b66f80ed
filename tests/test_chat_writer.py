"""What the chat writer writes, read by the official SDK: no echo of our own reader."""

import json
from dataclasses import replace

import httpx2
import openai
import pytest
from block_scripts import SCRIPTS
from wire_samples import SERVER, check_events, read_bytes

from harness.model import (
    Failure,
    FailureKind,
    FinishReason,
    OutcomeKind,
    RegionKind,
    Request,
    Say,
    SayKind,
    Usage,
)
from harness.transports import TRANSPORTS

CHAT = TRANSPORTS.get("chat_completions")
REQUEST = Request("POST", "http://127.0.0.1/v1/chat/completions")
ASKED = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
REASONS = {
    FinishReason.STOP: "stop",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.PAUSE: "pause_turn",
    FinishReason.UNKNOWN: "a_reason_of_the_future",
}


BROKEN = Say(SayKind.FINISH, finish=FinishReason.ERROR)


def finish_of(script):
    """Over chat a refusal ends like any other text."""
    calls = any(say.kind is SayKind.CALL for say in script)
    told = next((say.finish for say in script if say.finish), None)
    return told or (FinishReason.TOOL_CALLS if calls else FinishReason.STOP)


def client(exchange):
    def answer(request):
        headers = list(exchange.headers)
        return httpx2.Response(exchange.status, headers=headers, content=exchange.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(
        api_key="k", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0
    )


def spoken(script, kind):
    return "".join(say.text for say in script if say.kind is kind)


def expected(script, stream):
    """What was never counted is zero in a whole reply, which always has its counts."""
    calls = [(s.id, s.name, s.arguments) for s in script if s.kind is SayKind.CALL]
    texts = (spoken(script, SayKind.TEXT), spoken(script, SayKind.REFUSAL))
    usage = next((s.usage for s in script if s.usage), None)
    counts = usage and (usage.input_tokens, usage.output_tokens)
    counts = counts if counts or stream else (0, 0)
    return (*texts, calls, REASONS[finish_of(script)], counts)


def streamed(chunks):
    texts, refusals, calls, finish, counts = [], [], {}, None, None
    for chunk in chunks:
        if chunk.usage:
            counts = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices:
            texts.append(choice.delta.content or "")
            refusals.append(choice.delta.refusal or "")
            finish = choice.finish_reason or finish
            for call in choice.delta.tool_calls or ():
                slot = calls.setdefault(call.index, [None, "", ""])
                slot[0] = call.id or slot[0]
                slot[1] += call.function.name or ""
                slot[2] += call.function.arguments or ""
    return "".join(texts), "".join(refusals), [tuple(c) for c in calls.values()], finish, counts


def whole(completion):
    (choice,) = completion.choices
    message, usage = choice.message, completion.usage
    calls = [(c.id, c.function.name, c.function.arguments) for c in message.tool_calls or ()]
    counts = usage and (usage.prompt_tokens, usage.completion_tokens)
    return message.content or "", message.refusal or "", calls, choice.finish_reason, counts


SAYABLE = {
    name: script
    for name, script in SCRIPTS.items()
    if not any(say.finish is FinishReason.ERROR for say in script)
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", SAYABLE.values(), ids=SAYABLE)
def test_the_sdk_reads_the_script(script, stream):
    """Text, refusal, calls, finish and usage, streamed and whole."""
    exchange = CHAT.write(script, REQUEST, stream=stream, model="m")
    answer = client(exchange).chat.completions.create(**ASKED, stream=stream)
    assert (streamed(answer) if stream else whole(answer)) == expected(script, stream)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", SAYABLE.values(), ids=SAYABLE)
def test_our_reader_reads_the_script(script, stream):
    """And so does ours, reasoning and signatures included; its regions say the same."""
    exchange = CHAT.write(script, REQUEST, stream=stream, model="m")
    outcome, events = read_bytes(CHAT, [exchange.body])
    check_events(outcome, events)
    assert outcome.kind is OutcomeKind.COMPLETE
    reply = outcome.response
    assert (reply.content or "") == spoken(script, SayKind.TEXT)
    assert (reply.reasoning or "") == spoken(script, SayKind.REASONING)
    regions = CHAT.regions(exchange)
    assert regions.text(RegionKind.REASONING) == spoken(script, SayKind.REASONING)
    for number, call in enumerate(say for say in script if say.kind is SayKind.CALL):
        assert regions.text(RegionKind.TOOL_ARGUMENTS, number) == call.arguments
        assert regions.text(RegionKind.TOOL_NAME, number) == call.name
    for span in regions.spans:
        if span.text and span.kind is RegionKind.TEXT:
            quoted = b'"' + exchange.body[span.start : span.end] + b'"'
            assert json.loads(quoted) == span.text
    assert len(regions.of(RegionKind.FINISH)) == 1
    assert CHAT.recognizes(exchange)


KINDS = {
    FailureKind.AUTHENTICATION: openai.AuthenticationError,
    FailureKind.PERMISSION: openai.PermissionDeniedError,
    FailureKind.NOT_FOUND: openai.NotFoundError,
    FailureKind.INVALID_REQUEST: openai.BadRequestError,
    FailureKind.CONTEXT_OVERFLOW: openai.BadRequestError,
    FailureKind.CONTENT_FILTER: openai.BadRequestError,
    FailureKind.PAYLOAD_TOO_LARGE: openai.APIStatusError,
    FailureKind.BILLING: openai.RateLimitError,
    FailureKind.RATE_LIMIT: openai.RateLimitError,
    FailureKind.OVERLOADED: openai.InternalServerError,
    FailureKind.SERVER_ERROR: openai.InternalServerError,
    FailureKind.TIMEOUT: openai.InternalServerError,
    FailureKind.POLICY_BLOCKED: openai.NotFoundError,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_written_failure_is_the_sdks_exception_and_our_kind(kind):
    """Message, status and the wait survive both ways."""
    failure = Failure(kind, "no such luck", retry_after=3.0)
    exchange = CHAT.write_failure(failure, REQUEST, SERVER)
    with pytest.raises(KINDS[kind], match="no such luck"):
        client(exchange).chat.completions.create(**ASKED)
    outcome, _ = read_bytes(CHAT, [exchange.body], exchange.status, exchange.headers)
    assert outcome.failure.kind is kind
    assert (outcome.failure.message, outcome.failure.retry_after) == ("no such luck", 3.0)


def test_a_script_that_breaks_is_an_error_in_the_stream():
    """The SDK raises, and our reader says so; its regions mark where."""
    script = next(s for s in SCRIPTS.values() if s[0].kind is SayKind.TEXT)
    script = (*(say for say in script if say.finish is None), BROKEN)
    exchange = CHAT.write(script, REQUEST, stream=True, model="m")
    with pytest.raises(openai.APIError):
        list(client(exchange).chat.completions.create(**ASKED, stream=True))
    assert read_bytes(CHAT, [exchange.body])[0].failure.kind is FailureKind.SERVER_ERROR
    assert len(CHAT.regions(exchange).of(RegionKind.ERROR)) == 1
    assert CHAT.write(script, REQUEST, stream=False, model="m").status == 500


def test_a_server_that_sends_calls_whole_sends_each_in_one_delta():
    """With its name and all its arguments, however many fragments the script would have."""
    call = ("call_1", "f", '{"a": 1}')
    said = Say(SayKind.CALL, id=call[0], name=call[1], arguments=call[2])
    script = (replace(said, dialects=frozenset({"whole_calls"})),)
    exchange = CHAT.write(script, REQUEST, stream=True, model="m")
    deltas = [
        choice.delta
        for chunk in client(exchange).chat.completions.create(**ASKED, stream=True)
        for choice in chunk.choices
    ]
    told = [one for delta in deltas for one in delta.tool_calls or ()]
    assert [(c.id, c.function.name, c.function.arguments) for c in told] == [call]


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_thinks_in_parts_has_no_field_of_reasoning(stream):
    """The thought is content, in parts of a type of their own, before the text."""
    spoken = frozenset({"thinking_parts"})
    script = (
        Say(SayKind.REASONING, "They greet me.", dialects=spoken),
        Say(SayKind.TEXT, "Hello.", parts=1, dialects=spoken),
    )
    body = CHAT.write(script, REQUEST, stream=stream, model="m").body
    assert b'"type":"thinking"' in body
    assert b'"reasoning' not in body
    assert body.rindex(b"thinking") < body.index(b"Hello.")


def test_a_server_that_counts_where_it_finishes_names_usage_nowhere_else():
    """Not as a null either: the last chunk has the finish reason and the counts."""
    spoken = frozenset({"usage_on_finish"})
    script = (
        Say(SayKind.TEXT, "Hello.", dialects=spoken),
        Say(SayKind.FINISH, finish=FinishReason.STOP, dialects=spoken),
        Say(SayKind.USAGE, usage=Usage(9, 4, 13), dialects=spoken),
    )
    body = CHAT.write(script, REQUEST, stream=True, model="m").body
    sent = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    assert [("usage" in chunk) for chunk in sent] == [*[False] * (len(sent) - 1), True]
    assert sent[-1]["choices"][0]["finish_reason"] == "stop"
    assert sent[-1]["usage"]["prompt_tokens"] == 9
