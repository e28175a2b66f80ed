"""A transport put together of the functions in its folder.

The rule of this file: what every wire does in the same way stands here, once. A folder's
`transport.py` says which function does which verb, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.contracts import Endpoint, Reader
from harness.model import (
    Answer,
    Ask,
    CacheStats,
    Exchange,
    Failure,
    FinishReason,
    JsonObject,
    NormalizedResponse,
    Provider,
    Regions,
    Request,
    Usage,
)
from harness.transports._failures import classify


def failure_of(answer: Answer, provider: Provider) -> Failure:
    """By status, headers and body, as the vendors of every wire use them."""
    return classify(answer.status, answer.body, answer.headers, provider)


@dataclass(eq=False, kw_only=True)
class Wired:
    """A `ProviderTransport`: what a field does is said there, under its name."""

    name: str
    wire: str
    uncounted: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    # build.py
    convert_messages: Callable[[Sequence[JsonObject], Provider, Ask], Any]
    convert_tools: Callable[[Sequence[JsonObject], Provider, Ask], Any]
    kwargs: Callable[[Ask, Provider, Any, Any], JsonObject]  # of converted messages and tools
    build_request: Callable[[JsonObject, Provider, Endpoint], Request]

    # reader.py, meaning.py
    reader: Callable[..., Reader]
    read_whole: Callable[[JsonObject, Provider], NormalizedResponse]
    read_failure: Callable[[Answer, Provider], Failure] = failure_of
    validate_response: Callable[[Any], bool]
    usage: Callable[[JsonObject], Usage | None]  # of a whole reply
    map_finish_reason: Callable[[Any], FinishReason]

    # regions.py
    recognizes: Callable[[Exchange], bool]
    regions: Callable[[Exchange], Regions]

    # writer.py
    write: Callable[..., Exchange]
    error: Callable[[Failure, Request], Exchange]

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        return self.kwargs(ask, provider, converted, self.convert_tools(ask.tools, provider, ask))

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        """A whole reply as parsed JSON. What is normalized already comes back as it is."""
        return raw if isinstance(raw, NormalizedResponse) else self.read_whole(raw, provider)

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        """What a cache read and wrote; None when it did neither."""
        counts = self.usage(raw) or Usage()
        read, written = counts.cache_read_tokens, counts.cache_write_tokens
        return CacheStats(read, written) if read or written else None

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return self.error(failure, request)
