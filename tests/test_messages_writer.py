"""What the Messages writer writes, read by the official SDK: no echo of our own reader."""

import json

import anthropic
import httpx2
import pytest
from block_scripts import SCRIPTS, finish_of
from block_wires import read

from harness.model import Failure, FailureKind, FinishReason, Provider, Request, SayKind
from harness.transports.anthropic_messages import TRANSPORT

BACKEND = Provider(name="x", transport="anthropic_messages", base_url="http://x", model="m")
REQUEST = Request("POST", "http://127.0.0.1/v1/messages")
STOP_REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.UNKNOWN: "a_reason_of_the_future",
}


def client(exchange):
    def answer(request):
        headers = list(exchange.headers)
        return httpx2.Response(exchange.status, headers=headers, content=exchange.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return anthropic.Anthropic(api_key="k", http_client=http, max_retries=0)


def expected(script):
    blocks = []
    for say in script:
        if say.kind in (SayKind.TEXT, SayKind.REFUSAL):
            blocks.append(("text", say.text))
        elif say.kind is SayKind.REASONING and say.redacted:
            blocks.append(("redacted_thinking", say.signature))
        elif say.kind is SayKind.REASONING:
            blocks.append(("thinking", say.text, say.signature))
        elif say.kind is SayKind.CALL:
            blocks.append(("tool_use", say.id, say.name, json.loads(say.arguments or "{}")))
    return blocks


def content(message):
    keys = {
        "text": ("text",),
        "thinking": ("thinking", "signature"),
        "redacted_thinking": ("data",),
        "tool_use": ("id", "name", "input"),
    }
    return [(b.type, *(getattr(b, key) for key in keys[b.type])) for b in message.content]


ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_the_sdk_reads_the_script(script, stream):
    """Blocks in order, stop reason and usage, streamed and whole."""
    exchange = TRANSPORT.write(script, REQUEST, stream=stream, model="m")
    if stream:
        with client(exchange).messages.stream(**ASKED) as events:
            message = events.get_final_message()
    else:
        message = client(exchange).messages.create(**ASKED)
    assert content(message) == expected(script)
    assert message.stop_reason == STOP_REASONS[finish_of(script)]
    usage = next((say.usage for say in script if say.usage), None)
    if usage:
        read_, written = usage.cache_read_tokens, usage.cache_write_tokens
        assert message.usage.cache_read_input_tokens == read_
        assert message.usage.cache_creation_input_tokens == written
        assert message.usage.input_tokens + read_ + written == usage.input_tokens
        assert message.usage.output_tokens == usage.output_tokens


def test_a_stream_can_end_in_an_error():
    """A script that finishes in error breaks off with an error event."""
    script = (*SCRIPTS["text"], *(s for s in SCRIPTS["unknown"][1:]))
    script = (script[0], script[-1].__class__(SayKind.FINISH, finish=FinishReason.ERROR))
    exchange = TRANSPORT.write(script, REQUEST, stream=True, model="m")
    with (
        client(exchange).messages.stream(**ASKED) as events,
        pytest.raises(anthropic.APIStatusError, match="Internal server error"),
    ):
        events.get_final_message()
    assert TRANSPORT.write(script, REQUEST, stream=False, model="m").status == 500


ERRORS = [
    (FailureKind.AUTHENTICATION, anthropic.AuthenticationError, 401),
    (FailureKind.PERMISSION, anthropic.PermissionDeniedError, 403),
    (FailureKind.NOT_FOUND, anthropic.NotFoundError, 404),
    (FailureKind.INVALID_REQUEST, anthropic.BadRequestError, 400),
    (FailureKind.RATE_LIMIT, anthropic.RateLimitError, 429),
    (FailureKind.SERVER_ERROR, anthropic.InternalServerError, 500),
    (FailureKind.OVERLOADED, anthropic.InternalServerError, 529),
]


@pytest.mark.parametrize(("kind", "raised", "status"), ERRORS, ids=[str(e[0]) for e in ERRORS])
def test_the_sdk_raises_the_failure(kind, raised, status):
    """Every failure is the SDK's own exception, with status, type and wait, and ours too."""
    failure = Failure(kind, "no", retry_after=7.5)
    exchange = TRANSPORT.write_failure(failure, REQUEST, BACKEND)
    with pytest.raises(raised) as caught:
        client(exchange).messages.create(**ASKED)
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7.5"
    _, reader = read(TRANSPORT.reader(BACKEND, exchange.status, exchange.headers), [exchange.body])
    assert reader.outcome.failure.kind is kind
    assert reader.outcome.failure.retry_after == 7.5
