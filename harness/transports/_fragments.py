"""One text in as many pieces as a streaming writer was asked for."""

from __future__ import annotations

from itertools import pairwise


def fragments(text: str, parts: int) -> list[str]:
    """At most `parts` pieces of nearly equal length, none of them empty."""
    count = max(1, min(parts, len(text)))
    edges = [len(text) * step // count for step in range(count + 1)]
    return [text[start:end] for start, end in pairwise(edges) if end > start]
