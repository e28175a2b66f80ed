"""What the words of the Converse wire mean: stop reasons, usage, error codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.model import Failure, FinishReason, Headers, Provider, Usage
from harness.transports._counts import count, with_cache
from harness.transports._failures import classify

STOP_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "tool_use": FinishReason.TOOL_CALLS,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "guardrail_intervened": FinishReason.CONTENT_FILTER,
    "content_filtered": FinishReason.CONTENT_FILTER,
    "malformed_model_output": FinishReason.ERROR,
    "malformed_tool_use": FinishReason.ERROR,
}

# The HTTP status of each error code of the service.
STATUS_OF = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "UnrecognizedClientException": 403,
    "ExpiredTokenException": 403,
    "InvalidSignatureException": 403,
    "IncompleteSignature": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}


def finish_reason(raw: Any) -> FinishReason:
    known = STOP_REASONS.get(raw) if isinstance(raw, str) else None
    return FinishReason.UNKNOWN if known is None else known


def usage(counts: Any) -> Usage | None:
    """inputTokens leaves the cache out; ours hold the whole prompt."""
    if not isinstance(counts, dict):
        return None
    read = count(counts.get("cacheReadInputTokens"))
    written = count(counts.get("cacheWriteInputTokens"))
    fresh, said = count(counts.get("inputTokens")), count(counts.get("outputTokens"))
    found = with_cache(fresh, said, read, written)
    if found is None or found.total_tokens is not None:
        return found
    return replace(found, total_tokens=count(counts.get("totalTokens")))


def failure_in_stream(code: str, message: str, headers: Headers, provider: Provider) -> Failure:
    """An exception or error frame: the HTTP status before it was a success and says nothing."""
    return classify(None, {"__type": code, "message": message}, headers, provider)
