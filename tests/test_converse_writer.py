"""What the Converse writer writes, read by boto3: no echo of our own reader."""

import io
import json

import boto3
import pytest
from block_scripts import SCRIPTS, finish_of
from block_wires import read
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.model import Failure, FailureKind, FinishReason, Provider, Request, SayKind
from harness.transports.bedrock_converse import TRANSPORT

BACKEND = Provider(name="x", transport="bedrock_converse", base_url="http://x", model="m")
REQUEST = Request("POST", "http://127.0.0.1/model/m/converse")
STOP_REASONS = {
    FinishReason.STOP: "end_turn",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "content_filtered",
    FinishReason.UNKNOWN: "a_reason_of_the_future",
}
ASKED = {"modelId": "m", "messages": [{"role": "user", "content": [{"text": "x"}]}]}


class Raw(io.BytesIO):
    """The body as botocore wants it from its HTTP library."""

    def stream(self, amt=1024, **_):
        while piece := self.read(amt):
            yield piece


@pytest.fixture(scope="module")
def backend():
    """One client; what it is answered is put into the list."""
    made = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}),
    )
    answers = []

    def answer(request, **_):
        exchange = answers.pop()
        return AWSResponse(request.url, exchange.status, dict(exchange.headers), Raw(exchange.body))

    made.meta.events.register("before-send.bedrock-runtime.*", answer)
    return made, answers


def expected(script):
    blocks = []
    for say in script:
        if say.kind in (SayKind.TEXT, SayKind.REFUSAL):
            blocks.append({"text": say.text})
        elif say.kind is SayKind.REASONING and say.redacted:
            blocks.append({"reasoningContent": {"redactedContent": b"redacted-bytes"}})
        elif say.kind is SayKind.REASONING:
            said = {"text": say.text, "signature": say.signature}
            blocks.append({"reasoningContent": {"reasoningText": said}})
        elif say.kind is SayKind.CALL:
            call = {"toolUseId": say.id, "name": say.name}
            blocks.append({"toolUse": call | {"input": json.loads(say.arguments or "{}")}})
    return blocks


def assembled(events):
    """boto3's events as one reply, by the service's own rules."""
    blocks, stop, usage = {}, None, None
    for event in events:
        ((name, data),) = event.items()
        index = data.get("contentBlockIndex")
        if name == "contentBlockStart":
            blocks[index] = {"toolUse": data["start"]["toolUse"] | {"input": ""}}
        elif name == "contentBlockDelta":
            add(blocks, index, data["delta"])
        elif name == "messageStop":
            stop = data["stopReason"]
        elif name == "metadata":
            usage = data["usage"]
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return [blocks[index] for index in sorted(blocks)], stop, usage


def add(blocks, index, delta):
    if "toolUse" in delta:
        blocks[index]["toolUse"]["input"] += delta["toolUse"]["input"]
    elif "text" in delta:
        blocks.setdefault(index, {"text": ""})["text"] += delta["text"]
    elif "redactedContent" in delta["reasoningContent"]:
        blocks[index] = delta
    else:
        held = blocks.setdefault(index, {"reasoningContent": {"reasoningText": {}}})
        said = held["reasoningContent"]["reasoningText"]
        for key, value in delta["reasoningContent"].items():
            said[key] = said.get(key, "") + value


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_the_sdk_reads_the_script(script, stream, backend):
    """Blocks in order, stop reason and usage, streamed and whole."""
    client, answers = backend
    answers.append(TRANSPORT.write(script, REQUEST, stream=stream, model="m"))
    if stream:
        blocks, stop, counts = assembled(client.converse_stream(**ASKED)["stream"])
    else:
        said = client.converse(**ASKED)
        blocks, stop = said["output"]["message"]["content"], said["stopReason"]
        counts = said["usage"]
    assert blocks == expected(script)
    assert stop == STOP_REASONS[finish_of(script)]
    usage = next((say.usage for say in script if say.usage), None)
    if usage:
        cached = counts["cacheReadInputTokens"] + counts["cacheWriteInputTokens"]
        assert counts["inputTokens"] + cached == usage.input_tokens
        assert counts["outputTokens"] == usage.output_tokens
        assert counts["totalTokens"] == usage.total_tokens


ERRORS = [
    (FailureKind.AUTHENTICATION, "UnrecognizedClientException", 403),
    (FailureKind.PERMISSION, "AccessDeniedException", 403),
    (FailureKind.NOT_FOUND, "ResourceNotFoundException", 404),
    (FailureKind.INVALID_REQUEST, "ValidationException", 400),
    (FailureKind.RATE_LIMIT, "ThrottlingException", 429),
    (FailureKind.SERVER_ERROR, "InternalServerException", 500),
    (FailureKind.OVERLOADED, "ServiceUnavailableException", 503),
]


@pytest.mark.parametrize(("kind", "code", "status"), ERRORS, ids=[str(e[0]) for e in ERRORS])
def test_the_sdk_raises_the_failure(kind, code, status, backend):
    """Every failure is botocore's error of that code, and of that kind to our reader."""
    client, answers = backend
    exchange = TRANSPORT.write_failure(Failure(kind, "no"), REQUEST, BACKEND)
    answers.append(exchange)
    with pytest.raises(ClientError) as caught:
        client.converse(**ASKED)
    assert caught.value.response["Error"] == {"Code": code, "Message": "no"}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    _, reader = read(TRANSPORT.reader(BACKEND, exchange.status, exchange.headers), [exchange.body])
    assert reader.outcome.failure.kind is kind
