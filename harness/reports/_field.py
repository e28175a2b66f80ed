"""Beside which part of a reply a violated sentence is shown. It is shown in full in any case: this
only puts it where the eye looks for it."""

from __future__ import annotations

_COMPARED = {"text": "content", "reasoning": "reasoning", "calls": "calls", "finish": "finish"}
_BY_WORD: tuple[
    tuple[tuple[str, ...], str], ...
] = (  # in this order: `usage_is_not_invented`, `reasoning_stays_out_of_text`
    (("usage", "tokens"), "usage"),
    (("out_of_text",), "content"),
    (("tool", "call", "argument"), "calls"),
    (("finish",), "finish"),
    (("reasoning", "signature", "think"), "reasoning"),
    (("text_is", "prose", "deltas", "means", "refusal_is_kept"), "content"),
    (
        ("request", "attempt", "refresh", "credential", "body", "retried", "retry", "unplayed"),
        "sent",
    ),
)


def field_of(invariant: str, sentence: str) -> str:
    """content, reasoning, calls, finish, usage, sent, or outcome."""
    if invariant == "means":  # its sentences begin with what they compare
        words = sentence.split()[:3]
        if words and words[0].endswith("_tokens"):
            return "usage"
        return next((told for word, told in _COMPARED.items() if word in words), "outcome")
    for words, told in _BY_WORD:
        if any(word in invariant for word in words):
            return told
    return "outcome"
