"""Token counts as invariants compare them: only what a wire has a place for can be lost on it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Usage

DETAILS = ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
NO_PLACE = {
    "jwt": frozenset({"total_tokens", *DETAILS}),
    "messages": frozenset({"total_tokens", "reasoning_tokens"}),
    "converse": frozenset({"reasoning_tokens"}),
}


def wrong(
    got: Usage | None, meant: Usage | None, wire: str
) -> Iterator[tuple[str, int | None, int]]:
    """(name, reported, sent) of each count that was sent and is not so reported. A zero may be left
    out of the details: it says the same."""
    ours, theirs = got or Usage(), meant or Usage()
    for name in Usage.__slots__:
        sent, reported = getattr(theirs, name), getattr(ours, name)
        if sent is None or reported == sent or (reported is None and _silent(name, sent, wire)):
            continue
        yield name, reported, sent


def _silent(name: str, sent: int, wire: str) -> bool:
    return name in NO_PLACE.get(wire, ()) or (name in DETAILS and sent == 0)
