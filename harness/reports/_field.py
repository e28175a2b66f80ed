"""Beside which part of a reply a violated sentence is shown. It is shown in full in any case: this
only puts it where the eye looks for it."""

from __future__ import annotations

_COMPARED = {"text": "content", "reasoning": "reasoning", "calls": "calls", "finish": "finish"}
_WORDS = {  # in this order: `usage_is_not_invented`, `reasoning_stays_out_of_text`
    "usage": ("usage", "tokens"),
    "content": ("out_of_text", "text_is", "prose", "deltas", "means", "refusal_is_kept"),
    "calls": ("tool", "call", "argument"),
    "finish": ("finish",),
    "reasoning": ("reasoning", "signature", "think"),
    "sent": ("request", "attempt", "refresh", "credential", "body", "retr", "unplayed"),
}


def field_of(invariant: str, sentence: str) -> str:
    """content, reasoning, calls, finish, usage, sent, or outcome."""
    if invariant == "means":  # its sentences begin with what they compare
        words = sentence.split()[:3]
        if words and words[0].endswith("_tokens"):
            return "usage"
        return next((told for word, told in _COMPARED.items() if word in words), "outcome")
    named = (told for told, parts in _WORDS.items() if any(part in invariant for part in parts))
    return next(named, "outcome")
