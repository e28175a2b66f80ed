"""What the values of this wire mean: finish reasons, token counts, reasoning fields.

Pure functions over parsed JSON of any shape: whatever a server writes, nothing is raised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.model import CacheStats, FinishReason, JsonObject, Usage

_F = FinishReason
FINISH = {
    "stop": _F.STOP,
    "eos": _F.STOP,
    "end_turn": _F.STOP,
    "stop_sequence": _F.STOP,
    "tool_calls": _F.TOOL_CALLS,
    "function_call": _F.TOOL_CALLS,
    "tool_use": _F.TOOL_CALLS,
    "length": _F.LENGTH,
    "max_tokens": _F.LENGTH,
    "model_length": _F.LENGTH,
    "model_context_window_exceeded": _F.LENGTH,
    "content_filter": _F.CONTENT_FILTER,
    "sensitive": _F.CONTENT_FILTER,
    "refusal": _F.CONTENT_FILTER,
    "pause_turn": _F.PAUSE,
    "error": _F.ERROR,
    "network_error": _F.ERROR,
    "insufficient_system_resource": _F.ERROR,
}

# One reasoning under the names that servers give it, in the order in which they are believed.
REASONING_FIELDS = ("reasoning", "reasoning_content", "reasoning_text", "thinking")


def finish_reason(raw: Any) -> FinishReason:
    """An unknown vendor word is `unknown`, never `stop`."""
    return FINISH.get(raw.lower(), _F.UNKNOWN) if isinstance(raw, str) else _F.UNKNOWN


def raw_finish(raw: Any) -> str | None:
    """The vendor's word, also where it is a number; nothing and "" say that there is none yet."""
    if raw is None or raw == "" or isinstance(raw, bool):
        return None
    return str(raw)


def merged(old: JsonObject | None, new: JsonObject) -> JsonObject:
    """Counts are cumulative: the last value that is not null counts, field by field."""
    if old is None:
        return new
    known = dict(old)
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(known.get(name), dict):
            value = merged(known[name], value)  # noqa: PLW2901  one level of details
        if value is not None:
            known[name] = value
    return known


def _count(source: Any, *names: str) -> int | None:
    if isinstance(source, dict):
        for name in names:
            value = source.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
                return int(value) if value < 2**63 else None
    return None


def usage(raw: Any) -> Usage | None:
    """The prompt whole, the output with its reasoning. Some servers count reasoning apart, or only
    in the total: what the total has beyond prompt and completion is output, too."""
    if not isinstance(raw, dict):
        return None
    prompt, completion = _details(raw, "prompt"), _details(raw, "completion")
    sent = _count(raw, "prompt_tokens", "input_tokens")
    made = _count(raw, "completion_tokens", "output_tokens")
    total = _count(raw, "total_tokens")
    if sent is not None and made is not None and total is not None and total > sent + made:
        made = total - sent
    counts = Usage(
        sent,
        made,
        total,
        _count(prompt, "cached_tokens", "cache_read_tokens")
        if _count(prompt, "cached_tokens", "cache_read_tokens") is not None
        else _count(
            raw,
            "prompt_cache_hit_tokens",
            "cached_tokens",
            "num_cached_tokens",
            "cache_read_input_tokens",
        ),
        _count({**raw, **prompt}, "cache_write_tokens", "cache_creation_input_tokens"),
        _count({**raw, **completion}, "reasoning_tokens"),
    )
    return counts if counts != Usage() else None


def _details(raw: JsonObject, side: str) -> JsonObject:
    other = {"prompt": "input", "completion": "output"}[side]
    for name in (f"{side}_tokens_details", f"{other}_tokens_details", f"{side}_token_details"):
        found = raw.get(name)
        if isinstance(found, dict):
            return {key: value for key, value in found.items() if value is not None}
    return {}


def cache_stats(raw: Any) -> CacheStats | None:
    """What a cache read and wrote; None when it did neither."""
    counts = usage(raw)
    if counts is None or not (counts.cache_read_tokens or counts.cache_write_tokens):
        return None
    return CacheStats(counts.cache_read_tokens, counts.cache_write_tokens)


def usages(chunk: JsonObject) -> Iterator[JsonObject]:
    """Every place where servers put their counts."""
    found = [chunk.get("usage")]
    groq = chunk.get("x_groq")
    found.append(groq.get("usage") if isinstance(groq, dict) else None)
    choices = chunk.get("choices")
    listed = choices if isinstance(choices, list) else ()
    found += [choice.get("usage") for choice in listed if isinstance(choice, dict)]
    return (counts for counts in found if isinstance(counts, dict) and counts)


def detail_text(details: Any) -> str:
    """The words for people in a list of reasoning details; the rest of them is opaque."""
    words = []
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict):
            names = ("summary", "thinking", "content", "text")
            words.append(next((v for n in names if isinstance(v := detail.get(n), str) and v), ""))
    return "".join(words)


def thinking_text(part: JsonObject) -> str:
    """A content part of type thinking: a string, or a list of text parts."""
    inner = part.get("thinking")
    if isinstance(inner, list):
        return "".join(
            entry["text"]
            for entry in inner
            if isinstance(entry, dict) and isinstance(entry.get("text"), str)
        )
    return inner if isinstance(inner, str) else ""
