"""A script of meaning as this wire's answer: streamed, whole, or an error."""

from __future__ import annotations

from collections.abc import Iterator

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
from harness.wire import jsontext, sse

_ID = "chatcmpl-harness00000000000001"
_CREATED = 1795208400
_HEADERS = (("x-request-id", "req_harness000000000000000001"),)
_BROKEN = "The server had an error while processing your request."

_FINISH = {
    FinishReason.STOP: "stop",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.LENGTH: "length",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.PAUSE: "pause_turn",
    FinishReason.UNKNOWN: "a_reason_of_the_future",
}

# kind -> status, type, code: what the vendor's own API answers
_ERRORS: dict[FailureKind, tuple[int, str, str | None]] = {
    FailureKind.AUTHENTICATION: (401, "invalid_request_error", "invalid_api_key"),
    FailureKind.PERMISSION: (403, "permission_error", None),
    FailureKind.BILLING: (429, "insufficient_quota", "insufficient_quota"),
    FailureKind.NOT_FOUND: (404, "invalid_request_error", "model_not_found"),
    FailureKind.POLICY_BLOCKED: (404, "invalid_request_error", "guardrail_policy_blocked"),
    FailureKind.INVALID_REQUEST: (400, "invalid_request_error", None),
    FailureKind.CONTEXT_OVERFLOW: (400, "invalid_request_error", "context_length_exceeded"),
    FailureKind.PAYLOAD_TOO_LARGE: (413, "invalid_request_error", "request_too_large"),
    FailureKind.CONTENT_FILTER: (400, "invalid_request_error", "content_filter"),
    FailureKind.RATE_LIMIT: (429, "tokens", "rate_limit_exceeded"),
    FailureKind.OVERLOADED: (503, "service_unavailable_error", "server_is_overloaded"),
    FailureKind.TIMEOUT: (504, "timeout_error", None),
}
_OTHERWISE = (500, "server_error", None)


def write(script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
    broken = _script.breaks(script)
    if not stream:
        if broken:
            return write_failure(Failure(FailureKind.SERVER_ERROR, _BROKEN), request)
        return _answer.good(request, _answer.JSON, [_whole(script, model)], _HEADERS)
    payloads = [jsontext.dumps(chunk) for chunk in _chunks(script, model)]
    if broken:
        payloads.append(jsontext.dumps(_error(_BROKEN, "server_error", None)))
    else:
        payloads.append(b"[DONE]")
    return _answer.good(request, _answer.SSE, map(sse.encode, payloads), _HEADERS)


def _envelope(kind: str, model: str) -> JsonObject:
    return {"id": _ID, "object": kind, "created": _CREATED, "model": model}


def _chunks(script: Script, model: str) -> Iterator[JsonObject]:
    envelope = _envelope("chat.completion.chunk", model)
    on_finish = any("usage_on_finish" in say.dialects for say in script)
    counted = [_counts(say.usage) for say in script if say.usage is not None]
    none_yet: JsonObject = {} if on_finish else {"usage": None}

    def chunk(delta: JsonObject, finish: str | None = None) -> JsonObject:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**envelope, "choices": [choice], **none_yet}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    call = 0
    for say in script:
        for delta in _deltas(say, call):
            yield chunk(delta)
        call += say.kind is SayKind.CALL
    if not _script.breaks(script):
        last = chunk({}, _finish(script))
        if on_finish:
            yield last | ({"usage": counted[-1]} if counted else {})
            return
        yield last
        yield from ({**envelope, "choices": [], "usage": counts} for counts in counted)


def _deltas(say: Say, call: int) -> Iterator[JsonObject]:
    parts = fragments(say.text, say.parts)
    if say.kind is SayKind.TEXT:
        yield from ({"content": part} for part in parts)
    elif say.kind is SayKind.REFUSAL:
        yield from ({"refusal": part} for part in parts)
    elif say.kind is SayKind.REASONING:
        yield from _thoughts(say, parts)
    elif say.kind is SayKind.CALL and "whole_calls" in say.dialects:
        yield {"tool_calls": [{"index": call, **_call(say, call)}]}
    elif say.kind is SayKind.CALL:
        head = _call(say, call)
        head["function"]["arguments"] = ""
        yield {"tool_calls": [{"index": call, **head}]}
        for part in fragments(say.arguments, say.parts):
            yield {"tool_calls": [{"index": call, "function": {"arguments": part}}]}


def _thoughts(say: Say, parts: list[str]) -> Iterator[JsonObject]:
    """Reasoning as text; with a signature also as details, as the aggregators send it."""
    if "thinking_parts" in say.dialects:
        yield from ({"content": [_thinking(part)]} for part in parts)
        return
    if say.signature is None:
        yield from ({"reasoning_content": part} for part in parts)
        return
    if say.redacted:
        yield {"reasoning_details": _details(say)}
        return
    for part in parts:
        told = {"type": "reasoning.text", "text": part, "index": 0}
        yield {"reasoning": part, "reasoning_details": [told]}
    signed = {"type": "reasoning.text", "signature": say.signature, "index": 0}
    yield {"reasoning_details": [signed]}


def _thinking(text: str) -> JsonObject:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _details(say: Say) -> list[JsonObject]:
    if say.redacted:
        return [{"type": "reasoning.encrypted", "data": say.signature, "index": 0}]
    detail = {"type": "reasoning.text", "text": say.text, "signature": say.signature, "index": 0}
    return [detail]


def _call(say: Say, number: int) -> JsonObject:
    name = say.name or ""
    call: JsonObject = {
        "id": say.id or call_id(name, say.arguments, number),
        "type": "function",
        "function": {"name": name, "arguments": say.arguments},
    }
    if say.signature is not None:
        call["extra_content"] = {"google": {"thought_signature": say.signature}}
    return call


def _whole(script: Script, model: str) -> bytes:
    def joined(kind: SayKind) -> str | None:
        return "".join(say.text for say in script if say.kind is kind) or None

    message: JsonObject = {
        "role": "assistant",
        "content": joined(SayKind.TEXT),
        "refusal": joined(SayKind.REFUSAL),
    }
    thoughts = [say for say in script if say.kind is SayKind.REASONING]
    parts = [_thinking(say.text) for say in thoughts if "thinking_parts" in say.dialects]
    if parts:
        answer = message["content"]
        message["content"] = [*parts, *([{"type": "text", "text": answer}] if answer else ())]
    details = [detail for say in thoughts if say.signature for detail in _details(say)]
    if details:
        message["reasoning_details"] = details
    if joined(SayKind.REASONING) and not parts:
        message["reasoning" if details else "reasoning_content"] = joined(SayKind.REASONING)
    calls = [say for say in script if say.kind is SayKind.CALL]
    if calls:
        message["tool_calls"] = [_call(say, number) for number, say in enumerate(calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(script)}
    counts = _counts(_script.usage(script) or Usage())  # no server leaves it out of a whole reply
    body = {**_envelope("chat.completion", model), "choices": [choice], "usage": counts}
    return jsontext.dumps(body)


def _finish(script: Script) -> str:
    return _FINISH.get(_script.finish(script), "error")


def _counts(usage: Usage) -> JsonObject:
    sent, made = usage.input_tokens or 0, usage.output_tokens or 0
    counts: JsonObject = {
        "prompt_tokens": sent,
        "completion_tokens": made,
        "total_tokens": usage.total_tokens if usage.total_tokens is not None else sent + made,
    }
    cache = {
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
    }
    cache = {name: count for name, count in cache.items() if count is not None}
    if cache:
        counts["prompt_tokens_details"] = cache
    if usage.reasoning_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return counts


def _error(message: str, kind: str, code: str | None) -> JsonObject:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def write_failure(failure: Failure, request: Request) -> Exchange:
    status, kind, code = _ERRORS.get(failure.kind, _OTHERWISE)
    if failure.type and failure.type != failure.kind.value:
        kind = failure.type
    body = jsontext.dumps(_error(failure.message, kind, code))
    return _answer.bad(request, failure.status or status, body, failure, _HEADERS)
