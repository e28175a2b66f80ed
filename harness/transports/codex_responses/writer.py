"""A script of meaning as this wire writes it: as a stream of events, whole, or as an error.

The rule of this file: it writes what the server writes, every event in its order and every field
that the official SDK requires, and nothing depends on a clock or a random number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

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
from harness.transports._arguments import is_object
from harness.transports._script import fragments
from harness.wire import jsontext, sse

CREATED = 1767225600
_REASONS = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.PAUSE: "max_messages",
    FinishReason.UNKNOWN: "unheard_of",
}
_STATUS = {
    FailureKind.AUTHENTICATION: 401,
    FailureKind.BILLING: 429,
    FailureKind.PERMISSION: 403,
    FailureKind.POLICY_BLOCKED: 403,
    FailureKind.NOT_FOUND: 404,
    FailureKind.PAYLOAD_TOO_LARGE: 413,
    FailureKind.RATE_LIMIT: 429,
    FailureKind.SERVER_ERROR: 500,
    FailureKind.OVERLOADED: 503,
    FailureKind.TIMEOUT: 504,
}
_WORDS: dict[FailureKind, tuple[str, str | None]] = {
    FailureKind.AUTHENTICATION: ("invalid_request_error", "invalid_api_key"),
    FailureKind.BILLING: ("insufficient_quota", "insufficient_quota"),
    FailureKind.NOT_FOUND: ("invalid_request_error", "model_not_found"),
    FailureKind.CONTEXT_OVERFLOW: ("invalid_request_error", "context_length_exceeded"),
    FailureKind.RATE_LIMIT: ("requests", "rate_limit_exceeded"),
    FailureKind.SERVER_ERROR: ("server_error", None),
    FailureKind.OVERLOADED: ("server_error", "server_is_overloaded"),
}


class _Reply:
    """The reply that a script means: its items, its end, and its ids."""

    def __init__(self, script: Script, model: str) -> None:
        self._stem = sha256(f"{model}{script}".encode("utf-8", "surrogatepass")).hexdigest()
        self.id = self._id("resp", 0)
        self._model = model
        self.finish = _script.finish(script)
        self._usage = _script.usage(script)
        self.refuses = any(say.kind is SayKind.REFUSAL for say in script)
        told = (SayKind.TEXT, SayKind.REFUSAL, SayKind.REASONING, SayKind.CALL)
        self.items = [
            (say, self._item(say, number))
            for number, say in enumerate(say for say in script if say.kind in told)
        ]
        if self.status == "incomplete" and self.items:
            _leave_open(self.items[-1][1])

    def _id(self, prefix: str, number: int) -> str:
        return f"{prefix}_{sha256(f'{self._stem}{number}'.encode()).hexdigest()[:40]}"

    def _item(self, say: Say, number: int) -> JsonObject:
        if say.kind is SayKind.REASONING:
            summary = [{"type": "summary_text", "text": say.text}] if say.text else []
            item: JsonObject = {"id": self._id("rs", number), "type": "reasoning"}
            item["summary"] = [] if say.redacted else summary
            return item | ({"encrypted_content": say.signature} if say.signature else {})
        if say.kind is SayKind.CALL:
            call_id = say.id or self._id("call", number)
            item = {"id": self._id("fc", number), "type": "function_call", "status": "completed"}
            return item | {"arguments": say.arguments, "call_id": call_id, "name": say.name or ""}
        part: JsonObject = {
            "type": "output_text",
            "annotations": [],
            "logprobs": [],
            "text": say.text,
        }
        if say.kind is SayKind.REFUSAL:
            part = {"type": "refusal", "refusal": say.text}
        item = {"id": self._id("msg", number), "type": "message", "status": "completed"}
        return item | {"content": [part], "role": "assistant"}

    @property
    def status(self) -> str:
        if self.finish is FinishReason.ERROR:
            return "failed"
        return "incomplete" if self.reason else "completed"

    @property
    def reason(self) -> str | None:
        refused = self.refuses and self.finish is FinishReason.CONTENT_FILTER
        return None if refused else _REASONS.get(self.finish)

    def envelope(self, status: str) -> JsonObject:
        ended = status == self.status
        error = {"code": "server_error", "message": "The server had an error."}
        return {
            "id": self.id,
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": False,
            "completed_at": CREATED + 2 if status == "completed" else None,
            "error": error if status == "failed" else None,
            "incomplete_details": {"reason": self.reason} if ended and self.reason else None,
            "instructions": None,
            "max_output_tokens": None,
            "model": self._model,
            "output": [item for _, item in self.items] if ended else [],
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": {"effort": None, "summary": None},
            "store": False,
            "temperature": 1.0,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": _usage(self._usage) if ended else None,
            "metadata": {},
        }


def _leave_open(item: JsonObject) -> None:
    """The item at which a limit stopped the reply, unless it is a call that is whole."""
    if "status" in item and not ("arguments" in item and is_object(item["arguments"])):
        item["status"] = "incomplete"


def _usage(usage: Usage | None) -> JsonObject | None:
    if usage is None:
        return None
    read, written = usage.cache_read_tokens or 0, usage.cache_write_tokens
    inputs = {"cached_tokens": read} | ({} if written is None else {"cache_write_tokens": written})
    came, went = usage.input_tokens or 0, usage.output_tokens or 0
    total = usage.total_tokens if usage.total_tokens is not None else came + went
    return {
        "input_tokens": came,
        "input_tokens_details": inputs,
        "output_tokens": went,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": total,
    }


def _events(reply: _Reply) -> Iterator[JsonObject]:
    for status in ("created", "in_progress"):
        yield {"type": f"response.{status}", "response": reply.envelope("in_progress")}
    for index, (say, item) in enumerate(reply.items):
        begun, inner = _begun(item), {"output_index": index, "item_id": item["id"]}
        yield {"type": "response.output_item.added", "output_index": index, "item": begun}
        if item["type"] == "function_call":
            stem = "response.function_call_arguments"
            yield from _grown(stem, inner, "arguments", item["arguments"], say.parts)
        elif item["type"] == "message":
            yield from _message(item["content"][0], inner, say)
        elif item["summary"]:
            yield from _summary(item["summary"][0], inner, say)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": f"response.{reply.status}", "response": reply.envelope(reply.status)}


def _begun(item: JsonObject) -> JsonObject:
    """As it is announced: a sealed thought is not whole before it is done."""
    empty: JsonObject = {"content": [], "summary": [], "arguments": "", "status": "in_progress"}
    sealed = item.get("encrypted_content", "")
    empty["encrypted_content"] = sealed[: len(sealed) // 2]
    return item | {key: empty[key] for key in item.keys() & empty.keys()}


def _message(part: JsonObject, inner: JsonObject, say: Say) -> Iterator[JsonObject]:
    refuses = part["type"] == "refusal"
    field, stem = ("refusal", "response.refusal") if refuses else ("text", "response.output_text")
    inner = inner | {"content_index": 0}
    yield {"type": "response.content_part.added", **inner, "part": part | {field: ""}}
    more: JsonObject = {} if refuses else {"logprobs": []}
    yield from _grown(stem, inner | more, field, say.text, say.parts)
    yield {"type": "response.content_part.done", **inner, "part": part}


def _summary(part: JsonObject, inner: JsonObject, say: Say) -> Iterator[JsonObject]:
    inner = inner | {"summary_index": 0}
    yield {"type": "response.reasoning_summary_part.added", **inner, "part": part | {"text": ""}}
    yield from _grown("response.reasoning_summary_text", inner, "text", say.text, say.parts)
    yield {"type": "response.reasoning_summary_part.done", **inner, "part": part}


def _grown(stem: str, inner: JsonObject, field: str, text: str, parts: int) -> Iterator[JsonObject]:
    for delta in fragments(text, parts):
        yield {"type": f"{stem}.delta", **inner, "delta": delta}
    yield {"type": f"{stem}.done", **inner, field: text}


def write(script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
    reply = _Reply(script, model)
    if not stream:
        body = jsontext.dumps(reply.envelope(reply.status))
        return _answer.good(request, _answer.JSON, [body])
    bodies = [
        sse.encode(jsontext.dumps({**event, "sequence_number": number}), event=event["type"])
        for number, event in enumerate(_events(reply))
    ]
    return _answer.good(request, _answer.SSE, bodies)


def write_failure(failure: Failure, request: Request) -> Exchange:
    type_, code = _WORDS.get(failure.kind, ("invalid_request_error", None))
    data: Any = failure.provider_data or {}
    error = {
        "message": failure.message,
        "type": failure.type or type_,
        "param": data.get("param"),
        "code": data.get("code", code),
    }
    status = failure.status or _STATUS.get(failure.kind, 400)
    return _answer.bad(request, status, json.dumps({"error": error}).encode(), failure)
