"""A transport put together of the files in its folder.

The rule of this file: what every wire does in the same way stands here, once. A folder's
`transport.py` has what is left: how its wire is known, and which file or function does what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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
    Script,
    Usage,
)
from harness.transports._failures import failure_of


class Build(Protocol):
    """`build.py`: the official SDK's keyword arguments, and the same as one request."""

    def kwargs(
        self, ask: Ask, provider: Provider, converted: Any, converted_tools: Any, /
    ) -> JsonObject: ...
    def request(
        self, arguments: JsonObject, provider: Provider, endpoint: Endpoint, /
    ) -> Request: ...


class Meaning(Protocol):
    """`meaning.py`: what the wire's own words and counts mean."""

    def finish_reason(self, raw: Any, /) -> FinishReason: ...
    def usage(self, counts: Any, /) -> Usage | None: ...


class Writer(Protocol):
    """`writer.py`: answers that mean a script or a failure."""

    def write(
        self, script: Script, request: Request, /, *, stream: bool, model: str
    ) -> Exchange: ...
    def write_failure(self, failure: Failure, request: Request, /) -> Exchange: ...


def counts_of(raw: JsonObject) -> Any:
    return raw.get("usage")


@dataclass(eq=False, kw_only=True)
class Wired:
    """A `ProviderTransport`: what its functions do is said there, under their names."""

    name: str
    wire: str
    uncounted: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    build: Build
    meaning: Meaning
    writer: Writer
    convert_messages: Callable[[Sequence[JsonObject], Provider, Ask], Any]
    convert_tools: Callable[[Sequence[JsonObject], Provider, Ask], Any]
    reader: Callable[..., Reader]
    read_whole: Callable[[JsonObject, Provider], NormalizedResponse]
    read_failure: Callable[[Answer, Provider], Failure] = failure_of
    validate_response: Callable[[Any], bool]
    counts: Callable[[JsonObject], Any] = counts_of  # of a whole reply, in the wire's own words
    recognizes: Callable[[Exchange], bool]
    regions: Callable[[Exchange], Regions]

    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        if converted is None:
            converted = self.convert_messages(ask.messages, provider, ask)
        tools = self.convert_tools(ask.tools, provider, ask)
        return self.build.kwargs(ask, provider, converted, tools)

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        return self.build.request(kwargs, provider, endpoint)

    def normalize_response(
        self, raw: JsonObject | NormalizedResponse, provider: Provider
    ) -> NormalizedResponse:
        """A whole reply as parsed JSON. What is normalized already comes back as it is."""
        return raw if isinstance(raw, NormalizedResponse) else self.read_whole(raw, provider)

    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None:
        """What a cache read and wrote; None when it did neither."""
        counts = self.meaning.usage(self.counts(raw)) or Usage()
        read, written = counts.cache_read_tokens, counts.cache_write_tokens
        return CacheStats(read, written) if read or written else None

    def map_finish_reason(self, raw: Any) -> FinishReason:
        return self.meaning.finish_reason(raw)

    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        return self.writer.write(script, request, stream=stream, model=model)

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        return self.writer.write_failure(failure, request)
