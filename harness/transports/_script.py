"""What a writer asks of a script: how the reply ends, what it cost, and a text in pieces."""

from __future__ import annotations

from itertools import pairwise

from harness.model import FinishReason, SayKind, Script, Usage


def breaks(script: Script) -> bool:
    """Whether the server fails in the middle of the reply."""
    return any(say.finish is FinishReason.ERROR for say in script)


def finish(script: Script, *, refused: FinishReason = FinishReason.STOP) -> FinishReason:
    """By the script's last word on it, else by what was said. `refused` is how this wire ends a
    refusal."""
    said = next((say.finish for say in reversed(script) if say.finish is not None), None)
    if said is not None:
        return said
    kinds = {say.kind for say in script}
    if SayKind.CALL in kinds:
        return FinishReason.TOOL_CALLS
    return refused if SayKind.REFUSAL in kinds else FinishReason.STOP


def usage(script: Script) -> Usage | None:
    return next((say.usage for say in reversed(script) if say.usage is not None), None)


def fragments(text: str, parts: int) -> list[str]:
    """At most `parts` pieces of nearly equal length, none of them empty."""
    count = max(1, min(parts, len(text)))
    edges = [len(text) * step // count for step in range(count + 1)]
    return [text[start:end] for start, end in pairwise(edges) if end > start]
