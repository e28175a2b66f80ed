"""Chunks that differ from the one before them in one string only, known by their bytes.

Nearly all of a stream is the same JSON around another few words. Once such a chunk was parsed, its
bytes before and after the words are a template: what fits it means the same with other words, and
need not be parsed again. That is proven for each template, not supposed: its parts around a probe
are parsed and compared.
"""

from __future__ import annotations

from typing import Any

import orjson

from harness.wire.sse import MESSAGE, SseEvent

_FIELD = b"data: "
_KEY = b'"content":"'
_PROBE = "probe"


# An event's bytes before and after its words; where the words begin, counted from its start, and
# where they end, counted from the end of its line.
Template = tuple[bytes, bytes, int, int]


def plain_text(chunk: Any) -> str | None:
    """The words of a chunk that says nothing but one piece of text."""
    if type(chunk) is not dict or chunk.get("usage") is not None:
        return None
    choices = chunk.get("choices")
    if type(choices) is not list or len(choices) != 1 or "error" in chunk or "x_groq" in chunk:
        return None
    choice = choices[0]
    delta = choice.get("delta") if type(choice) is dict else None
    if type(delta) is not dict or len(delta) != 1 or choice.get("usage"):
        return None
    text = delta.get("content")
    quiet = not choice.get("index") and not choice.get("finish_reason")
    return text if quiet and type(text) is str else None


def learn(sse: SseEvent, chunk: Any, text: str) -> Template | None:
    """The template of an event whose chunk says this text alone."""
    raw, words = sse.raw, text.encode("utf-8", "surrogatepass")
    start = raw.find(_KEY) + len(_KEY)
    prefix, suffix = raw[:start], raw[start + len(words) :]
    found = start >= len(_KEY) and raw[start : start + len(words)] == words
    if not found or suffix[:1] != b'"' or sse.event != MESSAGE or b"\n" in raw or b"\r" in raw:
        return None
    try:
        probe = orjson.loads(prefix + _PROBE.encode() + suffix)
    except ValueError:
        return None
    if plain_text(probe) != _PROBE:
        return None
    probe["choices"][0]["delta"]["content"] = text
    if probe != chunk:
        return None
    return _FIELD + prefix, suffix + b"\n\n", len(_FIELD + prefix), -len(suffix)
