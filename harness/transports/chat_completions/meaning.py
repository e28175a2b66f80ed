"""What the values of this wire mean: finish reasons, token counts, reasoning fields.

Pure functions over parsed JSON of any shape: whatever a server writes, nothing is raised.
"""

from __future__ import annotations

from typing import Any

from harness.model import FinishReason, JsonObject, Usage
from harness.transports._counts import count

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

_NOTHING = (None,) * 6
_SENT = ("prompt_tokens", "input_tokens")
_MADE = ("completion_tokens", "output_tokens")
_TOTAL = ("total_tokens",)
_READ = ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens", "cache_read_input_tokens")
_READ_DETAIL = ("cached_tokens", "cache_read_tokens")
_WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")
_HEARD = ("audio_tokens",)
_REASONED = ("reasoning_tokens",)
_RARE = frozenset((*_READ, *_WRITTEN, *_REASONED))
_PROMPT_DETAILS = frozenset(
    ("prompt_tokens_details", "input_tokens_details", "prompt_token_details")
)
_OUTPUT_DETAILS = frozenset(
    ("completion_tokens_details", "output_tokens_details", "completion_token_details")
)


def finish_reason(raw: Any) -> FinishReason:
    """An unknown vendor word is `unknown`, never `stop`."""
    return FINISH.get(raw.lower(), _F.UNKNOWN) if isinstance(raw, str) else _F.UNKNOWN


def raw_finish(raw: Any) -> str | None:
    """The vendor's word, also where it is a number; nothing and "" say that there is none yet."""
    if raw is None or raw == "" or isinstance(raw, bool):
        return None
    return str(raw)


def _count(source: JsonObject, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = source.get(name)
        if value is not None and (found := count(value)) is not None:
            return found
    return None


def usage(raw: Any) -> Usage | None:
    """The prompt whole, the output with its reasoning. Some servers count reasoning apart, or only
    in the total: what the total has beyond prompt and completion is output, too, unless it is the
    prompt's own sound."""
    if not isinstance(raw, dict):
        return None
    sent, made, total = _count(raw, _SENT), _count(raw, _MADE), _count(raw, _TOTAL)
    heard = read = written = reasoned = None
    if not _RARE.isdisjoint(raw):
        read, written = _count(raw, _READ), _count(raw, _WRITTEN)
        reasoned = _count(raw, _REASONED)
    for name, details in raw.items():
        if type(details) is dict:
            if name in _PROMPT_DETAILS:
                read = _first(_count(details, _READ_DETAIL), read)
                written = _first(_count(details, _WRITTEN), written)
                heard = _count(details, _HEARD)
            elif name in _OUTPUT_DETAILS:
                reasoned = _first(_count(details, _REASONED), reasoned)
    if sent is not None and made is not None and total is not None and total > sent + made:
        beyond = total - sent - made
        sent, made = (total - made, made) if beyond == heard else (sent, total - sent)
    found = (sent, made, total, read, written, reasoned)
    return Usage(*found) if found != _NOTHING else None


def _first(value: int | None, otherwise: int | None) -> int | None:
    return otherwise if value is None else value


def usages(chunk: JsonObject) -> list[JsonObject]:
    """Every place where servers put their counts."""
    counts, choices = chunk.get("usage"), chunk.get("choices")
    found = [counts] if counts and isinstance(counts, dict) else []
    groq = chunk.get("x_groq")
    if isinstance(groq, dict) and isinstance(groq.get("usage"), dict):
        found.append(groq["usage"])
    found += [
        choice["usage"]
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, dict) and isinstance(choice.get("usage"), dict)
    ]
    return found


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
