"""Token counts as invariants compare them: only what a client must report can be lost by it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import has_no
from harness.model import Trace, Usage

CACHED = ("cache_read_tokens", "cache_write_tokens")
DETAILS = (*CACHED, "reasoning_tokens")


def wrong(
    trace: Trace, got: Usage | None, meant: Usage | None
) -> Iterator[tuple[str, int | None, int]]:
    """(name, reported, sent) of each count that was sent and is not so reported. Nothing may be
    said of those in `facts.untold`, nor of a cache by a target that says it has no such field, nor
    of a detail that is zero, nor of a total that is the sum of what is told: many clients have no
    place for it, and it says the same."""
    ours, theirs = got or Usage(), meant or Usage()
    silent = frozenset(trace.case.facts.get("untold", ()))
    if has_no(trace, "cache_usage"):
        silent |= frozenset(CACHED)
    for name in Usage.__slots__:
        sent, reported = getattr(theirs, name), getattr(ours, name)
        if sent is None or told(ours, name) == sent:
            continue
        if reported is None and (name in silent or (name in DETAILS and sent == 0)):
            continue
        yield name, reported, sent


def told(usage: Usage, name: str) -> int | None:
    """A count, and of a total that is not told the sum of its two parts, where both are."""
    count: int | None = getattr(usage, name)
    parts = (usage.input_tokens, usage.output_tokens)
    if count is None and name == "total_tokens" and None not in parts:
        return sum(part or 0 for part in parts)
    return count
