"""What the Responses writer makes, as the official SDK reads it: no echo chamber."""

import json

import httpx2
import openai
import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from harness.engine.meaning import meaning_of
from harness.model import Failure, FailureKind, Framing, RegionKind, Say, SayKind
from harness.transports.codex_responses import TRANSPORT
from harness.wire import sse
from tests.responses import ASKED, NOBODY, SCRIPTS, read

EVENT = TypeAdapter(ResponseStreamEvent)


def client(exchange):
    """The official SDK, answered with these bytes."""

    def answer(_):
        headers = list(exchange.headers)
        return httpx2.Response(exchange.status, headers=headers, content=exchange.body)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    return openai.OpenAI(
        api_key="key", base_url="https://api.example.com/v1", http_client=http, max_retries=0
    )


def as_meant(final):
    """An SDK's Response in the words of a script's meaning."""
    calls = [(i.call_id, i.name, i.arguments) for i in final.output if i.type == "function_call"]
    thoughts = [part.text for i in final.output if i.type == "reasoning" for part in i.summary]
    parts = [part for i in final.output if i.type == "message" for part in i.content]
    refusal = "".join(part.refusal for part in parts if part.type == "refusal")
    return final.output_text or None, calls, "".join(thoughts) or None, refusal or None


def meant(script):
    response = meaning_of(script)
    calls = [(c.id, c.name, c.arguments) for c in response.tool_calls or ()]
    return response.content, calls, response.reasoning, response.data("refusal")


@pytest.fixture(params=SCRIPTS)
def script(request):
    return SCRIPTS[request.param]


def test_the_official_sdk_reads_the_stream_as_it_was_meant(script):
    """Every synthesized stream, through the SDK's own stream decoding, is the script's meaning."""
    exchange = TRANSPORT.write(script, ASKED, stream=True, model="some-model")
    with client(exchange).responses.stream(model="some-model", input="hi") as stream:
        events = list(stream)
    final = events[-1].response
    assert as_meant(final) == meant(script)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == (meant(script)[0] or "")
    usage = meaning_of(script).usage
    assert (final.usage is None) == (usage is None)
    if usage:
        assert final.usage.input_tokens == usage.input_tokens
        assert final.usage.output_tokens_details.reasoning_tokens == usage.reasoning_tokens


def test_the_official_sdk_reads_the_document_as_it_was_meant(script):
    """And so is every whole reply."""
    exchange = TRANSPORT.write(script, ASKED, stream=False, model="some-model")
    final = client(exchange).responses.create(model="some-model", input="hi")
    assert as_meant(final) == meant(script)


def test_a_sealed_thought_is_whole_when_it_is_done_and_not_before():
    """As the API sends it: who keeps what was announced sends back what the server refuses."""
    script = (Say(SayKind.REASONING, signature="c2VhbGVk"),)
    exchange = TRANSPORT.write(script, ASKED, stream=True, model="some-model")
    events = [json.loads(event.raw) for event in sse.split(exchange.body)]
    told = {e["type"]: e["item"]["encrypted_content"] for e in events if "item" in e}
    assert told == {"response.output_item.added": "c2Vh", "response.output_item.done": "c2VhbGVk"}


def test_every_event_is_one_of_the_sdks(script):
    """Every event has all fields that the SDK's types demand, and the numbers have no gap."""
    exchange = TRANSPORT.write(script, ASKED, stream=True, model="some-model")
    events = [json.loads(event.raw) for event in sse.split(exchange.body)]
    for event in events:
        EVENT.validate_python(event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_our_reader_reads_what_was_meant(script):
    """Streamed and whole alike, finish and usage included."""
    wanted = meaning_of(script)
    for stream in (True, False):
        exchange = TRANSPORT.write(script, ASKED, stream=stream, model="some-model")
        got = read([piece.data for piece in exchange.pieces])[0].response
        assert (got.content, got.reasoning) == (wanted.content, wanted.reasoning)
        assert (got.finish_reason, got.usage) == (wanted.finish_reason, wanted.usage)
        assert [(c.id, c.name, c.arguments) for c in got.tool_calls or ()] == meant(script)[1]
        assert got.data("refusal") == wanted.data("refusal")


@pytest.mark.parametrize("stream", [True, False])
def test_regions_are_the_bytes_that_were_meant(script, stream):
    """Each region's bytes, read as the inside of a JSON string, say its text; and the fragments of
    one meaning are the meaning."""
    exchange = TRANSPORT.write(script, ASKED, stream=stream, model="some-model")
    regions, body = TRANSPORT.regions(exchange), exchange.body
    assert regions.framing is (Framing.SSE if stream else Framing.DOCUMENT)
    said = {RegionKind.TEXT, RegionKind.REASONING, RegionKind.TOOL_ARGUMENTS, RegionKind.TOOL_NAME}
    for span in regions.spans:
        unit = regions.units[span.unit]
        assert unit.start <= span.start <= span.end <= unit.end
        if span.kind in said:
            assert json.loads(b'"' + body[span.start : span.end] + b'"') == span.text
    content, calls, reasoning, _ = meant(script)
    assert regions.text(RegionKind.TEXT) == (content or "")
    assert regions.text(RegionKind.REASONING) == (reasoning or "")
    for number, (id_, name, wire) in enumerate(calls):
        assert regions.text(RegionKind.TOOL_ARGUMENTS, number) == wire
        assert regions.text(RegionKind.TOOL_NAME, number) == name
        assert regions.text(RegionKind.TOOL_ID, number) == id_
    signatures = [say.signature for say in script if say.signature]
    assert [span.text for span in regions.of(RegionKind.SIGNATURE)] == signatures
    assert len(regions.of(RegionKind.TERMINATOR)) == (1 if stream else 0)
    assert len(regions.of(RegionKind.FINISH)) == 1
    assert len(regions.of(RegionKind.USAGE)) == any(say.kind is SayKind.USAGE for say in script)


def test_a_body_cut_at_the_end_of_any_region_is_interrupted(script):
    """Regions are places to cut at, and no cut before the terminator is a clean end."""
    exchange = TRANSPORT.write(script, ASKED, stream=True, model="some-model")
    regions = TRANSPORT.regions(exchange)
    [terminator] = regions.of(RegionKind.TERMINATOR)
    for span in regions.spans:
        if span.end < terminator.end:
            outcome = read([exchange.body[: span.end]])[0]
            assert outcome.kind.value == "interrupted"
            assert outcome.response.tool_calls is None


FAILURES = {
    FailureKind.AUTHENTICATION: openai.AuthenticationError,
    FailureKind.RATE_LIMIT: openai.RateLimitError,
    FailureKind.NOT_FOUND: openai.NotFoundError,
    FailureKind.CONTEXT_OVERFLOW: openai.BadRequestError,
    FailureKind.SERVER_ERROR: openai.InternalServerError,
    FailureKind.OVERLOADED: openai.InternalServerError,
    FailureKind.PERMISSION: openai.PermissionDeniedError,
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_written_failure_is_the_sdks_error_and_ours(kind):
    """The SDK raises its type for it, and our reader finds the kind and the message again."""
    failure = Failure(kind, "it went wrong", retry_after=3)
    exchange = TRANSPORT.write_failure(failure, ASKED, NOBODY)
    with pytest.raises(FAILURES[kind], match="it went wrong"):
        client(exchange).responses.create(model="some-model", input="hi")
    found = read([exchange.body], exchange.status, exchange.headers)[0].failure
    assert (found.kind, found.message, found.retry_after) == (kind, "it went wrong", 3.0)
