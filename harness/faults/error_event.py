"""The server breaks off with an error of its own inside a stream whose status was 200.

`kind` is overloaded, rate_limit, server, lost (a dropped upstream) or invalid (not transient).
`shape` is the protocol's own, or a variant: chat knows beside_choice (an error beside a choice that
finishes with error), text (the error is a string) and listed; responses knows nested and failed;
converse knows error_frame. It stands after the last `after` (text by default), or first of all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import CHAT, CONVERSE, JWT, MESSAGES, RESPONSES, dialect_of, need
from harness.faults._edit import first_unit, made, object_in, of_kinds
from harness.model import Exchange, Framing, RegionKind, Regions
from harness.wire.reframe import Unit, rebuild, units

WIRES = None
# kind: message, then its word in OpenAI's, Anthropic's and AWS's tongue, and an HTTP-like code
KINDS = {
    "overloaded": (
        "Overloaded",
        "server_is_overloaded",
        "overloaded_error",
        "serviceUnavailable",
        503,
    ),
    "rate_limit": (
        "Too many requests",
        "rate_limit_exceeded",
        "rate_limit_error",
        "throttling",
        429,
    ),
    "server": ("The server had an error", "server_error", "api_error", "internalServer", 500),
    "lost": ("Network connection lost.", "server_error", "api_error", "modelStreamError", 502),
    "invalid": (
        "Invalid model configuration.",
        "invalid_request_error",
        "invalid_request_error",
        "validation",
        400,
    ),
}


def apply(
    exchange: Exchange,
    regions: Regions,
    *,
    kind: str = "server",
    shape: str = "own",
    after: str = "text",
) -> Exchange:
    if kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind of error", hint=f"Kinds are: {', '.join(KINDS)}")
    need(regions, Framing.SSE, Framing.EVENTSTREAM)
    wire = dialect_of(exchange, regions)
    make = _SHAPES.get((wire, shape))
    if make is None:
        raise NotApplicable(f"{wire} has no error of shape {shape}")
    found = units(exchange, regions)
    first_unit(found)
    told = [] if after == "nothing" else of_kinds(regions, RegionKind(after))
    return rebuild(exchange, [*found[: max(told, default=-1) + 1], make(found, kind)])


def _chat(found: list[Unit], kind: str) -> Unit:
    message, word, *_ = KINDS[kind]
    error = {"message": message, "type": word, "param": None, "code": None}
    return made(found[0], {"error": error})


def _beside_choice(found: list[Unit], kind: str) -> Unit:
    message, _, _, _, code = KINDS[kind]
    value = object_in(found[0])
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
    kept = {key: value[key] for key in ("id", "object", "created", "model") if key in value}
    error = {"code": code, "message": message}
    return made(found[0], {**kept, "error": error, "choices": [choice]})


def _text(found: list[Unit], kind: str) -> Unit:
    return made(found[0], {"error": KINDS[kind][0]})


def _listed(found: list[Unit], kind: str) -> Unit:
    message, word, _, _, code = KINDS[kind]
    return made(found[0], [{"error": {"code": code, "message": message, "status": word.upper()}}])


def _messages(found: list[Unit], kind: str) -> Unit:
    message, _, word, *_ = KINDS[kind]
    error = {"type": word, "message": message}
    return made(found[0], {"type": "error", "error": error, "request_id": "req_0001"}, "error")


def _responses(found: list[Unit], kind: str) -> Unit:
    message, word, *_ = KINDS[kind]
    flat = {"type": "error", "code": word, "message": message, "param": None}
    return made(found[0], {**flat, "sequence_number": 99}, "error")


def _nested(found: list[Unit], kind: str) -> Unit:
    message, word, *_ = KINDS[kind]
    error = {"type": word, "code": word, "message": message, "param": None}
    return made(found[0], {"type": "error", "error": error, "sequence_number": 99}, "error")


def _failed(found: list[Unit], kind: str) -> Unit:
    message, word, *_ = KINDS[kind]
    first = object_in(found[0])
    response = {
        **first.get("response", {"id": "resp_1", "object": "response", "output": []}),
        "status": "failed",
        "error": {"code": word, "message": message},
    }
    name = "response.failed"
    return made(found[0], {"type": name, "sequence_number": 99, "response": response}, name)


def _exception(found: list[Unit], kind: str) -> Unit:
    message, _, _, word, _ = KINDS[kind]
    frame = made(found[0], {"message": message}, "messageStart")
    return frame.with_headers(
        {
            ":exception-type": f"{word}Exception",
            ":content-type": "application/json",
            ":message-type": "exception",
        }
    )


def _error_frame(found: list[Unit], kind: str) -> Unit:
    message, _, _, word, _ = KINDS[kind]
    frame = replace(made(found[0], {}, "messageStart"), data=b"")
    return frame.with_headers(
        {":error-code": f"{word}Error", ":error-message": message, ":message-type": "error"}
    )


def _jwt(found: list[Unit], kind: str) -> Unit:
    message, word, *_ = KINDS[kind]
    return made(found[0], {"error": word, "detail": message})


_SHAPES: dict[tuple[str, str], Callable[[list[Unit], str], Unit]] = {
    (CHAT, "own"): _chat,
    (CHAT, "beside_choice"): _beside_choice,
    (CHAT, "text"): _text,
    (CHAT, "listed"): _listed,
    (MESSAGES, "own"): _messages,
    (RESPONSES, "own"): _responses,
    (RESPONSES, "nested"): _nested,
    (RESPONSES, "failed"): _failed,
    (CONVERSE, "own"): _exception,
    (CONVERSE, "error_frame"): _error_frame,
    (JWT, "own"): _jwt,
    (JWT, "text"): _text,
}
