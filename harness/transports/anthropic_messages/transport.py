"""The Messages wire as a whole: what does each of its verbs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.model import (
    Exchange,
    Headers,
    NormalizedResponse,
    Provider,
    find_header,
)
from harness.transports._wired import Wired
from harness.transports.anthropic_messages import build, invoke, meaning, messages, tools, writer
from harness.transports.anthropic_messages.reader import MessagesReader
from harness.transports.anthropic_messages.regions import regions

_THREAD = re.compile(r"/threads/[^/]+/messages$")  # a message put into an assistant's thread
_OPENINGS = (b'"type":"message"', b'"type": "message"', b'"type":"message_start"', invoke.OPENING)


def reader(provider: Provider, status: int = 200, headers: Headers = ()) -> MessagesReader:
    """A cloud may put the stream into frames of its own."""
    binary = (find_header(headers, "content-type") or "").startswith(invoke.CONTENT_TYPE)
    return (invoke.InvokeReader if binary else MessagesReader)(provider, status, headers)


def says_something(raw: Any) -> bool:
    """Whether it says something, or says why it says nothing."""
    if isinstance(raw, NormalizedResponse):
        reason = raw.data("raw_finish_reason")
        return bool(raw.content or raw.tool_calls) or reason in meaning.EMPTY_IS_VALID
    if not isinstance(raw, dict) or not isinstance(raw.get("content"), list):
        return False
    return bool(raw["content"]) or raw.get("stop_reason") in meaning.EMPTY_IS_VALID


def recognizes(exchange: Exchange) -> bool:
    """By path, for the vendor's own and what imitates it; by what the reply calls itself for a
    cloud that serves the wire under another path."""
    path = urlsplit(exchange.request.url).path.rstrip("/")
    if path.endswith("/messages") and not _THREAD.search(path):
        return exchange.request.method.upper() == "POST"
    if "/publishers/" in path or "/invoke" in path:
        return any(mark in exchange.body for mark in _OPENINGS)
    return False


TRANSPORT: ProviderTransport = Wired(
    name="anthropic_messages",
    wire="messages",
    untold=("total_tokens", "reasoning_tokens"),  # a sum, and a field that not every server has
    build=build,
    meaning=meaning,
    writer=writer,
    convert_messages=messages.convert,
    convert_tools=tools.convert,
    reader=reader,
    read_whole=MessagesReader.read_whole,
    validate_response=says_something,
    recognizes=recognizes,
    regions=regions,
)
