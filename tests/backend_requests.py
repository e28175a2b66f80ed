"""Whether an official SDK takes what a transport built for a backend."""

from collections.abc import Iterable
from functools import cache

import botocore.session
import pydantic
from anthropic.types import message_create_params
from block_asks import TOOLS, TURNS
from botocore.validate import ParamValidator
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

from harness.model import Ask
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS

EXTRA = ("extra_headers", "extra_body")
FORCED = {"type": "function", "function": {"name": "get_time"}}
ASKS = {
    "plain": {},
    "whole": {"stream": False, "max_tokens": 64, "temperature": 0.3},
    "turns": {"tools": TOOLS, "tool_choice": "auto", "options": {"session_id": "s1"}},
    "forced": {"tools": TOOLS, "tool_choice": FORCED},
    "required": {"tools": TOOLS, "tool_choice": "required"},
    "high": {"tools": TOOLS, "reasoning": {"enabled": True, "effort": "high"}},
    "low": {"reasoning": {"enabled": True, "effort": "low"}},
    "off": {"reasoning": {"enabled": False}},
}
# What `create` takes: streamed, and whole.
TYPES = {
    "chat": (
        completion_create_params.CompletionCreateParamsStreaming,
        completion_create_params.CompletionCreateParamsNonStreaming,
    ),
    "messages": (
        message_create_params.MessageCreateParamsStreaming,
        message_create_params.MessageCreateParamsNonStreaming,
    ),
    "responses": (
        response_create_params.ResponseCreateParamsStreaming,
        response_create_params.ResponseCreateParamsNonStreaming,
    ),
}


def ways():
    """Every backend, by every way it is spoken to."""
    return [way for backend in PROVIDERS for way in (backend, *backend.also)]


def spelled(way):
    """The way as a test's id; the wire tells apart the ways of one backend."""
    host = way.base_url.partition("//")[2].partition("/")[0].partition(".")[0].replace("-", "")
    return f"{way.name}_{TRANSPORTS.get(way.transport).wire}_{host.partition(':')[0]}"


def kwargs(way, *messages, **ask):
    """What the SDK's create call would be given."""
    made = Ask(messages or TURNS, **ask)
    return TRANSPORT(way).build_kwargs(made, way)


def TRANSPORT(way):  # noqa: N802 - reads like the constant that it stands for
    return TRANSPORTS.get(way.transport)


def body(way, *messages, **ask):
    """The request's body as the wire has it, the extra body in its place."""
    made = kwargs(way, *messages, **ask)
    rest = {key: value for key, value in made.items() if key not in EXTRA}
    return rest | made.get("extra_body", {})


def headers(way, *messages, **ask):
    """Every header that is not the transport's or a credential's, by lower-case name."""
    made = kwargs(way, *messages, **ask)
    fixed = {key.lower(): value for key, value in way.headers.items()}
    return fixed | {k.lower(): v for k, v in made.get("extra_headers", {}).items()}


def refused(way, made):
    """Why the official SDK would refuse it; None for what it takes."""
    wire = TRANSPORTS.get(way.transport).wire
    if wire in TYPES:
        streamed, whole = TYPES[wire]
        return _against(streamed if made.get("stream") else whole, made)
    return {"converse": _converse, "jwt": lambda built: None}[wire](made)


@cache
def _types(kind):
    return pydantic.TypeAdapter(kind), _fields(kind)


def _fields(kind):
    bases = getattr(kind, "__orig_bases__", ())
    return set(getattr(kind, "__annotations__", ())).union(*map(_fields, bases))


def _against(kind, made):
    adapter, fields = _types(kind)
    plain = {key: value for key, value in made.items() if key not in EXTRA}
    unknown = plain.keys() - fields
    if unknown:
        return f"create() has no {sorted(unknown)}"
    try:
        _consumed(adapter.validate_python(plain))
    except pydantic.ValidationError as error:
        return str(error)
    return None


def _consumed(value):
    """The SDK's iterables are checked while they are read."""
    if isinstance(value, dict):
        return {key: _consumed(item) for key, item in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return [_consumed(item) for item in value]


@cache
def _converse_shape():
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    return service.operation_model("Converse").input_shape


def _converse(made):
    given = {key: value for key, value in made.items() if key not in ("stream", *EXTRA)}
    report = ParamValidator().validate(given, _converse_shape())
    return report.generate_report() if report.has_errors() else None


def named(name, mode=None):
    """A backend by its name, over the wire that is asked for, or else its own."""
    backend = PROVIDERS.get(name)
    found = (backend, *backend.also)
    return next(way for way in found if mode is None or way.transport == mode)
