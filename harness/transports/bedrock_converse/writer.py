"""A script of meaning as this wire's answer: frames, one document, or an error."""

from __future__ import annotations

import base64

from harness.model import (
    Exchange,
    Failure,
    FailureKind,
    FinishReason,
    JsonObject,
    Request,
    Say,
    SayKind,
    Script,
    Usage,
)
from harness.transports import _answer, _script
from harness.transports._ids import call_id
from harness.transports._script import fragments
from harness.transports.anthropic_messages.messages import arguments_object
from harness.transports.bedrock_converse import meaning
from harness.wire import eventstream, jsontext

_STOP_REASON = {
    FinishReason.STOP: "end_turn",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "content_filtered",
    FinishReason.ERROR: "malformed_model_output",
}
_UNKNOWN = "a_reason_of_the_future"
_HEADERS = (("x-amzn-requestid", "00000000-0000-4000-8000-000000000001"),)
_PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

_KIND_CODE = {
    FailureKind.AUTHENTICATION: "UnrecognizedClientException",
    FailureKind.PERMISSION: "AccessDeniedException",
    FailureKind.POLICY_BLOCKED: "AccessDeniedException",
    FailureKind.BILLING: "AccessDeniedException",
    FailureKind.NOT_FOUND: "ResourceNotFoundException",
    FailureKind.INVALID_REQUEST: "ValidationException",
    FailureKind.CONTEXT_OVERFLOW: "ValidationException",
    FailureKind.CONTENT_FILTER: "ValidationException",
    FailureKind.PAYLOAD_TOO_LARGE: "ValidationException",
    FailureKind.RATE_LIMIT: "ThrottlingException",
    FailureKind.OVERLOADED: "ServiceUnavailableException",
    FailureKind.TIMEOUT: "ModelTimeoutException",
}


def write(script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
    if not stream:
        return _answer.good(request, _answer.JSON, [jsontext.dumps(_document(script))], _HEADERS)
    bodies = [_frame(name, data) for name, data in _events(script)]
    return _answer.good(request, "application/vnd.amazon.eventstream", bodies, _HEADERS)


def _frame(name: str, data: JsonObject) -> bytes:
    """Every payload carries a padding of its own length, so that sizes tell nothing."""
    payload = jsontext.dumps(data)
    padded = jsontext.dumps(data | {"p": _PADDING[: 1 + len(payload) % len(_PADDING)]})
    headers = {":event-type": name, ":content-type": _answer.JSON, ":message-type": "event"}
    return eventstream.encode(headers, padded)


def _blocks(script: Script) -> list[tuple[Say, JsonObject]]:
    blocks: list[tuple[Say, JsonObject]] = []
    for say in script:
        if say.kind in (SayKind.TEXT, SayKind.REFUSAL):
            blocks.append((say, {"text": say.text}))
        elif say.kind is SayKind.REASONING and say.redacted:
            blocks.append((say, {"reasoningContent": {"redactedContent": _blob(say.signature)}}))
        elif say.kind is SayKind.REASONING:
            said = {"text": say.text}
            if say.signature:
                said["signature"] = say.signature
            blocks.append((say, {"reasoningContent": {"reasoningText": said}}))
        elif say.kind is SayKind.CALL:
            name = say.name or ""
            identity = say.id or call_id(name, say.arguments, len(blocks))
            arguments = arguments_object(say.arguments) or {}
            call = {"toolUseId": identity, "name": name, "input": arguments}
            blocks.append((say, {"toolUse": call}))
    return blocks


def _blob(signature: str | None) -> str:
    """The wire's blob is base64: a signature that is none is encoded as its own bytes."""
    raw = signature or ""
    try:
        if base64.b64encode(base64.b64decode(raw, validate=True)).decode() == raw:
            return raw
    except ValueError:
        pass
    return base64.b64encode(raw.encode()).decode()


def _document(script: Script) -> JsonObject:
    content = [block for _, block in _blocks(script)]
    return {
        "metrics": {"latencyMs": 1},
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _stop_reason(script),
        "usage": _counts(script),
    }


def _events(script: Script) -> list[tuple[str, JsonObject]]:
    events: list[tuple[str, JsonObject]] = [("messageStart", {"role": "assistant"})]
    for index, (say, block) in enumerate(_blocks(script)):
        where = {"contentBlockIndex": index}
        if "toolUse" in block:
            call = {key: block["toolUse"][key] for key in ("toolUseId", "name")}
            events.append(("contentBlockStart", {**where, "start": {"toolUse": call}}))
        events += [
            ("contentBlockDelta", {**where, "delta": delta}) for delta in _deltas(say, block)
        ]
        events.append(("contentBlockStop", where))
    events.append(("messageStop", {"stopReason": _stop_reason(script)}))
    return [*events, ("metadata", {"usage": _counts(script), "metrics": {"latencyMs": 1}})]


def _deltas(say: Say, block: JsonObject) -> list[JsonObject]:
    if "text" in block:
        return [{"text": part} for part in fragments(say.text, say.parts)]
    if "toolUse" in block:
        return [{"toolUse": {"input": part}} for part in fragments(say.arguments, say.parts)]
    if say.redacted:
        return [block]
    said = [{"reasoningContent": {"text": part}} for part in fragments(say.text, say.parts)]
    if say.signature:
        said.append({"reasoningContent": {"signature": say.signature}})
    return said


def _stop_reason(script: Script) -> str:
    finish = _script.finish(script, refused=FinishReason.CONTENT_FILTER)
    return _STOP_REASON.get(finish, _UNKNOWN)


def _counts(script: Script) -> JsonObject:
    """The wire's input leaves the cache out; its total does not."""
    usage = _script.usage(script) or Usage()
    read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    whole, said = usage.input_tokens or 0, usage.output_tokens or 0
    counts = {
        "inputTokens": max(0, whole - read - written),
        "outputTokens": said,
        "totalTokens": whole + said,
    }
    if usage.cache_read_tokens is not None:
        counts["cacheReadInputTokens"] = read
    if usage.cache_write_tokens is not None:
        counts["cacheWriteInputTokens"] = written
    return counts


def write_failure(failure: Failure, request: Request) -> Exchange:
    code = failure.type if failure.type in meaning.STATUS_OF else _KIND_CODE.get(failure.kind)
    code = code or "InternalServerException"
    body = jsontext.dumps({"message": failure.message})
    status = failure.status or meaning.STATUS_OF[code]
    return _answer.bad(request, status, body, failure, (*_HEADERS, ("x-amzn-errortype", code)))
