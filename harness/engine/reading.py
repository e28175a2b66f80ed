"""Any recorded exchange, read by the reference reader of its wire, as one JSON object.

The rule of this file: it decides who reads, and says what was read in the words of `harness
replay`; what bytes mean stands in the transports. It never raises for what an exchange holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.engine.foreign import why_not
from harness.errors import UsageError, WireError
from harness.model import (
    Exchange,
    Failure,
    FailureKind,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Piece,
    Provider,
    ToolCall,
    Usage,
)
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS
from harness.wire import coding

AUTO = "auto"
_STREAM_TYPES = ("event-stream", "eventstream", "ndjson", "jsonl")
_SSE_LINES = (b"data:", b"event:", b"id:", b"retry:", b":")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one exchange means. `transport` is None where nobody could read it."""

    transport: str | None
    provider: str | None
    status: int | None
    streamed: bool
    outcome: Outcome

    def json(self, cassette: str = "", exchange: int = 0) -> dict[str, Any]:
        """The object of `harness replay --json`; its keys are a promise."""
        kind, response = self.outcome.kind, self.outcome.response
        told = kind in (OutcomeKind.COMPLETE, OutcomeKind.INTERRUPTED)
        said: dict[str, Any] = {
            "cassette": cassette,
            "exchange": exchange,
            "transport": self.transport,
            **({"provider": self.provider} if self.provider else {}),
            "status": self.status,
            "streamed": self.streamed,
            "outcome": kind.value,
            "response": _response(response or NormalizedResponse()) if told else None,
        }
        if self.outcome.failure is not None and kind is OutcomeKind.ERROR:
            said["error"] = _error(self.outcome.failure)
        return said | {"warnings": _warnings(self.outcome)}


def read_exchange(exchange: Exchange, transport: str = AUTO) -> Reading:
    """`transport` is an api mode, a wire's short name, or `auto`. UsageError for any other."""
    asked = None if transport == AUTO else transport_named(transport)
    plain, fault = _without_coding(exchange)
    streamed = _is_streamed(plain)
    chosen = asked or _recognized(plain)
    if chosen is None:
        why = Outcome(OutcomeKind.UNSUPPORTED, warnings=(why_not(exchange),))
        return Reading(None, None, exchange.status, streamed, why)
    provider = provider_of(exchange.request.url, chosen.name)
    known = provider.name or None
    if fault is not None:
        outcome = Outcome(OutcomeKind.ERROR, failure=fault)
    else:
        outcome = _outcome(plain, chosen, provider)
    return Reading(chosen.name, known, exchange.status, streamed, outcome)


def transport_named(name: str) -> ProviderTransport:
    for transport in TRANSPORTS:
        if name in (transport.name, transport.wire):
            return transport
    known = ", ".join(transport.name for transport in TRANSPORTS)
    raise UsageError(f"no transport {name!r}", hint=f"Known are {AUTO}, {known}")


def provider_of(url: str, transport: str) -> Provider:
    """The provider whose host answered, if we have one; else nobody in particular.

    Of several at one host, that with the longest base URL that the request continues wins, and one
    that speaks this transport before one that does not.
    """
    host = urlsplit(url).hostname or ""
    found = [provider for provider in PROVIDERS if _answers_at(provider, host)]
    if not found:
        return Provider(name="", transport=transport, base_url="", model="")

    def closeness(provider: Provider) -> tuple[bool, int]:
        base = provider.base_url.rstrip("/")
        return provider.transport == transport, len(base) if url.startswith(base) else 0

    return max(found, key=closeness)


def _answers_at(provider: Provider, host: str) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in provider.hosts)


def _recognized(exchange: Exchange) -> ProviderTransport | None:
    """Who speaks this. Where several say they do, the one of the provider at that host does."""
    found = [one for one in TRANSPORTS if one.recognizes(exchange)]
    if len(found) > 1:
        near = provider_of(exchange.request.url, "").transport
        found = [one for one in found if one.name == near] or found
    return found[0] if found else None


def _outcome(exchange: Exchange, transport: ProviderTransport, provider: Provider) -> Outcome:
    reader = transport.reader(provider, exchange.status or 200, exchange.headers)
    for piece in exchange.pieces:
        reader.feed(piece.data)
    reader.end(exchange.ending)
    return reader.outcome


def _without_coding(exchange: Exchange) -> tuple[Exchange, Failure | None]:
    """The pieces with their content coding removed. A coded body that was cut keeps its beginning;
    one that cannot be decoded is a failure of the peer."""
    value = exchange.header("content-encoding")
    if not value:
        return exchange, None
    pieces: list[Piece] = []
    try:
        decoder = coding.decoder(value)
        for data, delay in exchange.pieces:
            pieces += [Piece(decoder.feed(data), delay)]
    except WireError as error:
        failure = Failure(FailureKind.PROTOCOL, str(error), "content_coding", exchange.status)
        return replace(exchange, pieces=tuple(pieces)), failure
    headers = tuple(
        (name, text) for name, text in exchange.headers if name.lower() != "content-encoding"
    )
    return replace(exchange, headers=headers, pieces=tuple(pieces)), None


def _is_streamed(exchange: Exchange) -> bool:
    """Whether the answer is framed as a stream: its first bytes decide, then its content type."""
    start = exchange.body[:200].lstrip(b" \t\r\n\xef\xbb\xbf")
    if start[:1] in (b"{", b"[", b"<"):
        return "ndjson" in (exchange.header("content-type") or "").lower()
    kind = (exchange.header("content-type") or "").lower()
    return start.startswith(_SSE_LINES) or any(name in kind for name in _STREAM_TYPES)


def _response(response: NormalizedResponse) -> dict[str, Any]:
    return {
        "content": response.content or "",
        "reasoning": response.reasoning or "",
        "tool_calls": [_call(call) for call in response.tool_calls or ()],
        "finish_reason": response.finish_reason.value if response.finish_reason else None,
        "raw_finish_reason": response.data("raw_finish_reason"),
        "usage": _usage(response.usage),
    }


def _call(call: ToolCall) -> dict[str, Any]:
    """As the wire said it: what a reader mended keeps its original in provider_data."""
    data: Mapping[str, Any] = call.provider_data or {}
    wire = data.get("raw_arguments", call.arguments)
    return {"id": call.id, "name": call.name, "arguments": wire or "{}"}


def _usage(usage: Usage | None) -> dict[str, int | None] | None:
    return None if usage is None else {name: getattr(usage, name) for name in Usage.__slots__}


def _error(failure: Failure) -> dict[str, Any]:
    type_ = failure.type or failure.kind.value
    return {"type": type_, "message": failure.message, "status": failure.status}


def _warnings(outcome: Outcome) -> list[str]:
    """Everything the reader said, and the name of every call that it dropped."""
    said = list(outcome.warnings)
    for name in outcome.dropped:
        if not any(name in sentence for sentence in said):
            said.append(f"tool call {name} was dropped: it did not arrive whole")
    return said
