"""OpenAI's Responses wire as a whole: what does each of its verbs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.model import Exchange, JsonObject, NormalizedResponse, Provider
from harness.transports._wired import Wired
from harness.transports.codex_responses import build, meaning, writer
from harness.transports.codex_responses.meaning import Item, ended_of, meaning_of
from harness.transports.codex_responses.reader import ResponsesReader, is_reply
from harness.transports.codex_responses.regions import regions

_PATH = re.compile(r"/responses(/resp[-_][^/]+)?/?$")


def read_whole(raw: JsonObject, provider: Provider) -> NormalizedResponse:
    output = raw.get("output")
    entries = output if isinstance(output, list) else []
    items = [Item(entry) for entry in entries if isinstance(entry, dict)]
    return meaning_of(items, ended_of(raw), provider).response


def says_something(raw: Any) -> bool:
    """Whether it is a reply that says something: also one whose every word was filtered."""
    if not is_reply(raw) or raw.get("error"):
        return False
    ended = ended_of(raw)
    return bool(raw.get("output")) or ended.raw_finish == "incomplete:content_filter"


def recognizes(exchange: Exchange) -> bool:
    """By path; by what the reply calls itself where a gateway serves it under another one."""
    path = urlsplit(exchange.request.url).path
    if _PATH.search(path):
        return True
    start = exchange.pieces[0].data[:512] if exchange.pieces else b""
    return b'"type":"response.created"' in start.replace(b" ", b"") or (
        b'"object":"response"' in start.replace(b" ", b"") and start.lstrip()[:1] == b"{"
    )


TRANSPORT: ProviderTransport = Wired(
    name="codex_responses",
    wire="responses",
    build=build,
    meaning=meaning,
    writer=writer,
    convert_messages=build.messages,
    convert_tools=build.tools,
    reader=ResponsesReader,
    read_whole=read_whole,
    validate_response=says_something,
    recognizes=recognizes,
    regions=regions,
)
