"""Target protocol v1 <-> the nouns. Every message is checked by its schema, both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import best_match

from harness.contracts import Started, TurnSpec
from harness.errors import TargetError
from harness.model import (
    KIND_OF_STATUS,
    Ask,
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Report,
    ToolCall,
    Usage,
)
from harness.schemas import validator

VERSION = 1


def checked(message: Mapping[str, Any], definition: str) -> Mapping[str, Any]:
    """The message itself; a TargetError that says what is wrong with it."""
    error = best_match(validator("target-protocol", definition).iter_errors(message))
    if error is not None:
        at = ".".join(map(str, error.absolute_path)) or "the message"
        raise TargetError(
            f"the adapter's {definition!r} breaks target protocol v{VERSION}: {error.message}",
            found=f"{at} in {_short(message)}",
            hint="harness schema target-protocol",
        )
    return message


def start() -> dict[str, Any]:
    return {"op": "start", "version": VERSION}


def started(message: Mapping[str, Any]) -> Started:
    checked(message, "started")
    return Started(
        message["name"],
        message["version"],
        message["language"],
        tuple(message["transports"]),
        tuple(message.get("features", ())),
        message.get("bugs_url", ""),
    )


def run(turn: TurnSpec) -> dict[str, Any]:
    message = {
        "op": "run",
        "id": turn.id,
        "session": turn.session,
        "turn": turn.turn,
        "base_url": turn.base_url,
        "transport": turn.transport,
        "model": turn.model,
        "credential": dict(turn.credential) or {"kind": "key", "value": ""},
        "request": request_of(turn.ask),
        "stream": turn.ask.stream,
        "timeout_s": turn.timeout_s,
        "max_retries": turn.max_retries,
    }
    if turn.continuations:
        message["continuations"] = turn.continuations
    if turn.profiles:
        message["profiles"] = list(turn.profiles)
    return dict(checked(message, "run"))


def request_of(ask: Ask) -> dict[str, Any]:
    """The canonical ask as a chat-completions request."""
    request: dict[str, Any] = {"messages": list(ask.messages)}
    optional = {
        "tools": list(ask.tools) or None,
        "tool_choice": ask.tool_choice,
        "max_tokens": ask.max_tokens,
        "temperature": ask.temperature,
        "reasoning": dict(ask.reasoning) if ask.reasoning else None,
    }
    request |= {name: value for name, value in optional.items() if value is not None}
    return request | dict(ask.options)


def event(message: Mapping[str, Any]) -> Event:
    checked(message, "event")
    usage = message.get("usage")
    return Event(
        EventKind(message["kind"]),
        message.get("text", ""),
        message.get("call"),
        message.get("call_id"),
        message.get("name"),
        Usage(**usage) if usage else None,
        _finish(message.get("finish_reason")),
        at=message.get("at"),
    )


def report(message: Mapping[str, Any], events: tuple[Event, ...]) -> Report:
    if message["op"] == "skipped":
        checked(message, "skipped")
        return Report(Outcome(OutcomeKind.UNSUPPORTED), skipped=message["feature"])
    checked(message, "result")
    outcome = Outcome(
        OutcomeKind(message["outcome"]),
        _response(message["response"]),
        _failure(message.get("error")),
        tuple(message.get("dropped", ())),
        tuple(message.get("warnings", ())),
    )
    return Report(outcome, events, message.get("retried"))


def _response(raw: Mapping[str, Any] | None) -> NormalizedResponse | None:
    if raw is None:
        return None
    usage = raw.get("usage")
    data = {
        "raw_finish_reason": raw.get("raw_finish_reason") or raw["finish_reason"],
        "refusal": raw.get("refusal"),
        **(raw.get("provider_data") or {}),
    }
    data = {name: value for name, value in data.items() if value is not None}
    return NormalizedResponse(
        content=raw["content"] or None,
        tool_calls=tuple(map(_call, raw["tool_calls"] or ())) or None,
        finish_reason=_finish(raw["finish_reason"]),
        reasoning=raw.get("reasoning") or None,
        usage=Usage(**usage) if usage else None,
        provider_data=data or None,
    )


def _call(raw: Mapping[str, Any]) -> ToolCall:
    arguments = raw["arguments"]
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return ToolCall(raw.get("id"), raw["name"], arguments)


def _finish(raw: str | None) -> FinishReason | None:
    """A word that is none of ours is an unknown finish, never a stop."""
    if raw is None:
        return None
    return FinishReason(raw) if raw in set(FinishReason) else FinishReason.UNKNOWN


def _failure(raw: Mapping[str, Any] | None) -> Failure | None:
    if raw is None:
        return None
    status = raw.get("status")
    kind = KIND_OF_STATUS.get(status or 0, FailureKind.UNKNOWN)
    return Failure(kind, raw["message"], raw["type"], status)


def _short(message: Mapping[str, Any]) -> str:
    text = json.dumps(message, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "..."
