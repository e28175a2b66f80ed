"""What the bytes mean: the normalized reply, its events, its usage, and its failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from harness.model.wire import Span

NO_DATA: Mapping[str, Any] = {}


class FinishReason(StrEnum):
    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    PAUSE = "pause"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts; never sent is None, not 0. Input is the whole prompt, output has reasoning."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class CacheStats:
    cached_tokens: int | None = None
    creation_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A finished call. `arguments` is the wire's JSON string, protocol state is provider_data."""

    id: str | None
    name: str
    arguments: str
    provider_data: Mapping[str, Any] | None = None

    @property
    def type(self) -> str:
        return "function"

    @property
    def function(self) -> ToolCall:
        return self

    @property
    def call_id(self) -> str | None:
        return (self.provider_data or NO_DATA).get("call_id")

    @property
    def response_item_id(self) -> str | None:
        return (self.provider_data or NO_DATA).get("response_item_id")

    @property
    def extra_content(self) -> Any:
        return (self.provider_data or NO_DATA).get("extra_content")


@dataclass(frozen=True, slots=True)
class NormalizedResponse:
    """What one reply means, whichever wire it came over. `finish_reason` is None only when the
    stream was interrupted; `tool_calls` is None, never empty."""

    content: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    finish_reason: FinishReason | None = None
    reasoning: str | None = None
    usage: Usage | None = None
    provider_data: Mapping[str, Any] | None = None

    def data(self, key: str) -> Any:
        """Protocol state by name: reasoning_content, reasoning_details, anthropic_content_blocks,
        codex_reasoning_items, codex_message_items, refusal, raw_finish_reason, commentary ..."""
        return (self.provider_data or NO_DATA).get(key)

    @property
    def reasoning_content(self) -> Any:
        return self.data("reasoning_content")

    @property
    def reasoning_details(self) -> Any:
        return self.data("reasoning_details")

    @property
    def anthropic_content_blocks(self) -> Any:
        return self.data("anthropic_content_blocks")

    @property
    def codex_reasoning_items(self) -> Any:
        return self.data("codex_reasoning_items")

    @property
    def codex_message_items(self) -> Any:
        return self.data("codex_message_items")

    @property
    def commentary(self) -> Any:
        return self.data("commentary")


class FailureKind(StrEnum):
    """What went wrong, in the words that a retry policy needs."""

    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    BILLING = "billing"
    NOT_FOUND = "not_found"
    POLICY_BLOCKED = "policy_blocked"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_OVERFLOW = "context_overflow"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    CONTENT_FILTER = "content_filter"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    EMPTY_STREAM = "empty_stream"
    PROTOCOL = "protocol"  # the peer's bytes break its own protocol
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


# What a status says where nothing else is known.
KIND_OF_STATUS = {
    400: FailureKind.INVALID_REQUEST,
    401: FailureKind.AUTHENTICATION,
    402: FailureKind.BILLING,
    403: FailureKind.PERMISSION,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    413: FailureKind.PAYLOAD_TOO_LARGE,
    422: FailureKind.INVALID_REQUEST,
    429: FailureKind.RATE_LIMIT,
    503: FailureKind.OVERLOADED,
    529: FailureKind.OVERLOADED,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as a value. `type` is the vendor's own word where it has one, else the kind's."""

    kind: FailureKind
    message: str
    type: str = ""
    status: int | None = None
    transient: bool = False
    retry_after: float | None = None
    provider_data: Mapping[str, Any] | None = None


class OutcomeKind(StrEnum):
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    ERROR = "error"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one reply ended. Interrupted keeps what arrived; `dropped` names the calls that did not
    arrive whole, which are therefore in no response."""

    kind: OutcomeKind
    response: NormalizedResponse | None = None
    failure: Failure | None = None
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class EventKind(StrEnum):
    TEXT = "text"
    REASONING = "reasoning"
    TOOL_NAME = "tool_name"
    TOOL_ARGUMENTS = "tool_arguments"
    USAGE = "usage"
    FINISH = "finish"
    FAILURE = "failure"
    EXECUTED = "executed"  # the target ran a tool: only targets that execute report it
    ACTIVITY = "activity"
    FIRST_DELTA = "first_delta"
    WARNING = "warning"


class Event(NamedTuple):
    """One normalized thing that happened, in order. `call` numbers the tool calls of one reply from
    0; `span` is the byte range of the frame that caused it; `at` is seconds since the request."""

    kind: EventKind
    text: str = ""
    call: int | None = None
    id: str | None = None
    name: str | None = None
    usage: Usage | None = None
    finish: FinishReason | None = None
    failure: Failure | None = None
    span: Span | None = None
    at: float | None = None
