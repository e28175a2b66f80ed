"""A script of meaning as this wire's answer: streamed, whole, or an error."""

from __future__ import annotations

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
from harness.transports.anthropic_messages import meaning
from harness.transports.anthropic_messages.messages import arguments_object
from harness.wire import jsontext, sse

_STOP_REASON = {
    FinishReason.STOP: "end_turn",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.PAUSE: "pause_turn",
}
_UNKNOWN = "a_reason_of_the_future"
_BROKEN = "Internal server error"
_MESSAGE_ID = "msg_01HarnessHarnessHarness01"
_REQUEST_ID = "req_011HarnessHarnessHarness"
_HEADERS = (("request-id", _REQUEST_ID),)

_KIND_TYPE = {
    FailureKind.AUTHENTICATION: "authentication_error",
    FailureKind.PERMISSION: "permission_error",
    FailureKind.POLICY_BLOCKED: "permission_error",
    FailureKind.BILLING: "billing_error",
    FailureKind.NOT_FOUND: "not_found_error",
    FailureKind.INVALID_REQUEST: "invalid_request_error",
    FailureKind.CONTEXT_OVERFLOW: "invalid_request_error",
    FailureKind.CONTENT_FILTER: "invalid_request_error",
    FailureKind.PAYLOAD_TOO_LARGE: "request_too_large",
    FailureKind.RATE_LIMIT: "rate_limit_error",
    FailureKind.OVERLOADED: "overloaded_error",
    FailureKind.TIMEOUT: "timeout_error",
}


def write(script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
    if _script.breaks(script) and not stream:
        return write_failure(Failure(FailureKind.SERVER_ERROR, _BROKEN), request)
    if not stream:
        body = jsontext.dumps(_message(script, model))
        return _answer.good(request, _answer.JSON, [body], _HEADERS)
    events = _events(script, model)
    bodies = [sse.encode(jsontext.dumps(event), event=event["type"]) for event in events]
    return _answer.good(request, _answer.SSE, bodies, _HEADERS)


def _blocks(script: Script) -> list[tuple[Say, JsonObject]]:
    """Every line that is content, beside the block that it becomes."""
    blocks: list[tuple[Say, JsonObject]] = []
    for say in script:
        if say.kind in (SayKind.TEXT, SayKind.REFUSAL):
            blocks.append((say, {"type": "text", "text": say.text}))
        elif say.kind is SayKind.REASONING and say.redacted:
            blocks.append((say, {"type": "redacted_thinking", "data": say.signature or ""}))
        elif say.kind is SayKind.REASONING:
            signature = say.signature or ""
            blocks.append((say, {"type": "thinking", "thinking": say.text, "signature": signature}))
        elif say.kind is SayKind.CALL:
            name = say.name or ""
            identity = say.id or call_id(name, say.arguments, len(blocks)).replace("call", "toolu")
            arguments = arguments_object(say.arguments) or {}
            blocks.append(
                (say, {"type": "tool_use", "id": identity, "name": name, "input": arguments})
            )
    return blocks


def _message(script: Script, model: str) -> JsonObject:
    return {
        "id": _MESSAGE_ID,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [block for _, block in _blocks(script)],
        "stop_reason": _stop_reason(script),
        "stop_sequence": None,
        "usage": _counts(_script.usage(script) or Usage()),
    }


def _events(script: Script, model: str) -> list[JsonObject]:
    counts = _counts(_script.usage(script) or Usage())
    start = _message((), model) | {"stop_reason": None, "usage": counts | {"output_tokens": 1}}
    events: list[JsonObject] = [{"type": "message_start", "message": start}]
    for index, (say, block) in enumerate(_blocks(script)):
        events += _block_events(index, say, block)
    if _script.breaks(script):
        error = {"type": "api_error", "message": _BROKEN}
        return [*events, {"type": "error", "error": error, "request_id": _REQUEST_ID}]
    delta = {"stop_reason": _stop_reason(script), "stop_sequence": None}
    events.append({"type": "message_delta", "delta": delta, "usage": counts})
    return [*events, {"type": "message_stop"}]


def _block_events(index: int, say: Say, block: JsonObject) -> list[JsonObject]:
    kind = block["type"]
    deltas: list[JsonObject] = []
    opened = dict(block)
    parts = fragments(say.text, say.parts)
    if kind == "text":
        opened["text"] = ""
        deltas = [{"type": "text_delta", "text": part} for part in parts]
    elif kind == "thinking":
        opened |= {"thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": part} for part in parts]
        if say.signature:
            deltas.append({"type": "signature_delta", "signature": say.signature})
    elif kind == "tool_use":
        opened["input"] = {}
        parts = ["", *fragments(say.arguments, say.parts)]
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    where = {"index": index}
    return [
        {"type": "content_block_start", **where, "content_block": opened},
        *({"type": "content_block_delta", **where, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", **where},
    ]


def _stop_reason(script: Script) -> str:
    finish = _script.finish(script, refused=FinishReason.CONTENT_FILTER)
    return _STOP_REASON.get(finish, _UNKNOWN)


def _counts(usage: Usage) -> JsonObject:
    """The wire's input leaves the cache out."""
    read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    counts: JsonObject = {
        "input_tokens": max(0, (usage.input_tokens or 0) - read - written),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens or 0,
    }
    if usage.reasoning_tokens is not None:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return counts


def write_failure(failure: Failure, request: Request) -> Exchange:
    kind = failure.type if failure.type in meaning.STATUS_OF else _KIND_TYPE.get(failure.kind)
    kind = kind or "api_error"
    status = failure.status or meaning.STATUS_OF[kind]
    error = {"type": kind, "message": failure.message}
    body = jsontext.dumps({"type": "error", "error": error, "request_id": _REQUEST_ID})
    return _answer.bad(request, status, body, failure, _HEADERS)
