"""What the words of the Messages wire mean: stop reasons, usage, error types."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.model import FinishReason, JsonObject, Usage
from harness.transports._counts import count, with_cache

STOP_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "refusal": FinishReason.CONTENT_FILTER,
    "pause_turn": FinishReason.PAUSE,
}

# The HTTP status under which the vendor sends each type: an error inside a stream of status 200
# means what the same type means as a status.
STATUS_OF = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

EMPTY_IS_VALID = frozenset({"end_turn", "refusal"})


def finish_reason(raw: Any) -> FinishReason:
    known = STOP_REASONS.get(raw) if isinstance(raw, str) else None
    return FinishReason.UNKNOWN if known is None else known


def merge(counts: JsonObject, more: Any) -> JsonObject:
    """The last non-null value of each field wins; nothing is ever summed over events."""
    if not isinstance(more, dict):
        return counts
    return counts | {key: value for key, value in more.items() if value is not None}


def usage(counts: Any) -> Usage | None:
    """The wire's input_tokens leave the cache out; ours hold the whole prompt."""
    if not isinstance(counts, dict):
        return None
    read = count(counts.get("cache_read_input_tokens"))
    written = count(counts.get("cache_creation_input_tokens"))
    fresh, said = count(counts.get("input_tokens")), count(counts.get("output_tokens"))
    found, details = with_cache(fresh, said, read, written), counts.get("output_tokens_details")
    if found is None or not isinstance(details, dict):
        return found
    return replace(found, reasoning_tokens=count(details.get("thinking_tokens")))
