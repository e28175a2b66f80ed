"""The gateway's wire as a whole: a flat request with its nulls, flat chunks, statuses as errors."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.model import Exchange, JsonObject, NormalizedResponse, Provider
from harness.transports._failures import is_error
from harness.transports._wired import Wired
from harness.transports.chat_completions import build as chat
from harness.transports.chat_completions import meaning
from harness.transports.gateway import build, writer
from harness.transports.gateway import reader as reading
from harness.transports.gateway.regions import regions


def read_whole(raw: JsonObject, provider: Provider) -> NormalizedResponse:
    return reading.read_whole(raw, provider).response(interrupted=False)[0]


def is_reply(raw: Any) -> bool:
    if isinstance(raw, NormalizedResponse):
        return raw.finish_reason is not None
    return isinstance(raw, dict) and not is_error(raw) and "content" in raw


def recognizes(exchange: Exchange) -> bool:
    path = urlsplit(exchange.request.url).path.rstrip("/")
    return path.endswith((build.PATH, build.STREAM_PATH))


TRANSPORT: ProviderTransport = Wired(
    name="gateway",
    wire="jwt",
    uncounted=(
        "total_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    ),
    build=build,
    meaning=meaning,
    writer=writer,
    convert_messages=chat.messages,
    convert_tools=chat.tools,
    reader=reading.GatewayReader,
    read_whole=read_whole,
    read_failure=reading.read_failure,
    validate_response=is_reply,
    recognizes=recognizes,
    regions=regions,
)
