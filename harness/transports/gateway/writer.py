"""A script of meaning as this wire's answer. It has no reasoning, no refusal and no finish reason:
a script that says more than the wire can is not applicable."""

from __future__ import annotations

from harness.errors import NotApplicable
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
)
from harness.transports import _answer, _script
from harness.transports._ids import call_id
from harness.transports._script import fragments
from harness.wire import jsontext, sse

_SAYABLE = frozenset({SayKind.TEXT, SayKind.CALL, SayKind.FINISH, SayKind.USAGE})
_STATUS = {
    FailureKind.AUTHENTICATION: 401,
    FailureKind.PERMISSION: 403,
    FailureKind.BILLING: 402,
    FailureKind.NOT_FOUND: 404,
    FailureKind.INVALID_REQUEST: 422,
    FailureKind.CONTEXT_OVERFLOW: 400,
    FailureKind.CONTENT_FILTER: 400,
    FailureKind.POLICY_BLOCKED: 403,
    FailureKind.PAYLOAD_TOO_LARGE: 413,
    FailureKind.RATE_LIMIT: 429,
    FailureKind.OVERLOADED: 503,
    FailureKind.TIMEOUT: 504,
}
_GATEWAY = 502
_BROKEN = {"error": "upstream_error", "detail": "The gateway's upstream failed"}


def write(script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
    broken = _script.breaks(script)
    for say in script:
        if say.kind not in _SAYABLE:
            raise NotApplicable(f"the gateway's wire has no {say.kind.value}")
        if say.finish not in (None, FinishReason.STOP, FinishReason.TOOL_CALLS, FinishReason.ERROR):
            raise NotApplicable("the gateway's wire has no finish reason", found=str(say.finish))
    if not stream:
        if broken:
            failure = Failure(FailureKind.SERVER_ERROR, str(_BROKEN["detail"]))
            return write_failure(failure, request)
        return _answer.good(request, _answer.JSON, [_whole(script, model)])
    payloads = [jsontext.dumps(chunk) for chunk in _chunks(script, model)]
    if broken:
        payloads[-1] = jsontext.dumps(_BROKEN)
    else:
        payloads.append(b"[DONE]")
    return _answer.good(request, _answer.SSE, map(sse.encode, payloads))


def _calls(script: Script) -> list[JsonObject]:
    return [
        {
            "id": say.id or call_id(say.name or "", say.arguments, number),
            "name": say.name or "",
            "arguments": _object(say),
        }
        for number, say in enumerate(say for say in script if say.kind is SayKind.CALL)
    ]


def _object(say: Say) -> JsonObject:
    value = jsontext.loads((say.arguments or "{}").encode())
    if not isinstance(value, dict):
        raise NotApplicable("the gateway's arguments are objects", found=say.arguments)
    return value


def _chunks(script: Script, model: str) -> list[JsonObject]:
    def chunk(content: str) -> JsonObject:
        quiet: JsonObject = {"tool_calls": [], "usage": None, "is_final": False}
        return {"content": content, "model": model, **quiet}

    chunks = [
        chunk(part)
        for say in script
        if say.kind is SayKind.TEXT
        for part in fragments(say.text, say.parts)
    ]
    last = {**chunk(""), "tool_calls": _calls(script), "usage": _usage(script), "is_final": True}
    return [*chunks, last]


def _whole(script: Script, model: str) -> bytes:
    body: JsonObject = {
        "content": "".join(say.text for say in script if say.kind is SayKind.TEXT),
        "model": model,
        "usage": _usage(script),
        "tool_calls": _calls(script),
        "latency_ms": 0.0,
    }
    return jsontext.dumps(body)


def _usage(script: Script) -> JsonObject | None:
    said = _script.usage(script)
    if said is None:
        return None
    return {"prompt_tokens": said.input_tokens or 0, "completion_tokens": said.output_tokens or 0}


def write_failure(failure: Failure, request: Request) -> Exchange:
    status = failure.status or _STATUS.get(failure.kind, _GATEWAY)
    body = jsontext.dumps({"detail": failure.message})
    return _answer.bad(request, status, body, failure)
