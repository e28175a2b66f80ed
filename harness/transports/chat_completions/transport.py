"""The Chat Completions wire as a whole: what does each of its verbs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.model import Exchange, JsonObject, NormalizedResponse, Provider
from harness.transports._failures import is_error
from harness.transports._merging import Merging, plus
from harness.transports._wired import Wired
from harness.transports.chat_completions import body, build, meaning, writer
from harness.transports.chat_completions.reader import ChatReader
from harness.transports.chat_completions.regions import regions

_OPENINGS = (b'"chat.completion.chunk"', b'"chat.completion"')
_PROBE = 2000  # bytes of a body that tell which wire it is


def read_whole(raw: JsonObject, provider: Provider) -> NormalizedResponse:
    return body.read_whole(raw, provider).response(interrupted=False)[0]


def is_reply(raw: Any) -> bool:
    """Whether it is a reply with a choice in it: otherwise there is nothing to normalize."""
    if isinstance(raw, NormalizedResponse):
        return raw.finish_reason is not None
    if not isinstance(raw, dict) or is_error(raw):
        return False
    choices = raw.get("choices")
    return isinstance(choices, list) and any(isinstance(choice, dict) for choice in choices)


def counts(raw: JsonObject) -> JsonObject | None:
    """From every place where servers put them."""
    found: Merging | None = None
    for place in meaning.usages(raw):
        found = plus(found, place)
    return found.value() if found else None


def recognizes(exchange: Exchange) -> bool:
    """By path; by what the reply calls itself where a gateway serves it under another one."""
    if urlsplit(exchange.request.url).path.rstrip("/").endswith(build.PATH):
        return True
    start = exchange.body[:_PROBE].replace(b'": "', b'":"')
    return any(b'"object":' + mark in start for mark in _OPENINGS)


TRANSPORT: ProviderTransport = Wired(
    name="chat_completions",
    wire="chat",
    build=build,
    meaning=meaning,
    writer=writer,
    convert_messages=build.messages,
    convert_tools=build.tools,
    reader=ChatReader,
    read_whole=read_whole,
    validate_response=is_reply,
    counts=counts,
    recognizes=recognizes,
    regions=regions,
)
