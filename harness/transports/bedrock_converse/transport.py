"""The Converse wire as a whole: what does each of its verbs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.model import Exchange, NormalizedResponse
from harness.transports._wired import Wired
from harness.transports.bedrock_converse import build, meaning, messages, writer
from harness.transports.bedrock_converse.reader import ConverseReader
from harness.transports.bedrock_converse.regions import regions

_PATH = re.compile(r"/model/[^/]+(?:/[^/]+)*/converse(?:-stream)?$")


def is_reply(raw: Any) -> bool:
    if isinstance(raw, NormalizedResponse):
        return bool(raw.content or raw.tool_calls or raw.finish_reason)
    output = raw.get("output") if isinstance(raw, dict) else None
    message = output.get("message") if isinstance(output, dict) else None
    return isinstance(message, dict) and isinstance(message.get("content"), list)


def recognizes(exchange: Exchange) -> bool:
    return _PATH.search(urlsplit(exchange.request.url).path.rstrip("/")) is not None


TRANSPORT: ProviderTransport = Wired(
    name="bedrock_converse",
    wire="converse",
    uncounted=("reasoning_tokens",),
    build=build,
    meaning=meaning,
    writer=writer,
    convert_messages=messages.convert,
    convert_tools=messages.tools,
    reader=ConverseReader,
    read_whole=ConverseReader.read_whole,
    validate_response=is_reply,
    recognizes=recognizes,
    regions=regions,
)
