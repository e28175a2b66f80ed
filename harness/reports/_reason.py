"""A reason in few lines: of a traceback its end, of a sentence with a tail both ends."""

from __future__ import annotations


def short(reason: str) -> list[str]:
    """An adapter's error begins with what happened, and ends with what its program said last."""
    lines = reason.strip().splitlines()
    if len(lines) < 2 or lines[0].startswith("Traceback"):
        return lines[-1:]
    return [lines[0], lines[-1]]
