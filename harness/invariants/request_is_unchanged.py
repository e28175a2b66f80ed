"""These fields are the same in every attempt, and as on the turn before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._json import same
from harness.invariants._path import find
from harness.invariants._wire import requests_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "Prompt caches match by prefix: "
    "https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching and "
    "https://platform.openai.com/docs/guides/prompt-caching; hermes-agent A06."
)


def check(trace: Trace, turn: int, value: Sequence[str] = ()) -> Iterator[str]:
    """`value` is a list of paths."""
    earlier = requests_on(trace, turn - 1)[-1:] if turn else []
    sent = [*earlier, *requests_on(trace, turn)]
    for path in [value] if isinstance(value, str) else value:
        for again in sent[1:]:
            was, now = find(sent[0].request, path), find(again.request, path)
            if not same(was, now):
                yield f"{path} was {was!r:.120}, and is now {now!r:.120}"
