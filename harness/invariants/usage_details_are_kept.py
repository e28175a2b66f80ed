"""Cached, written and reasoning tokens reach the caller."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import Level, Trace, Usage

LEVEL = Level.MUST
WHY = (
    "They are priced apart: langchain-openai 0.3.20 lost cached tokens, pydantic-ai 2.16 all "
    "of them."
)


FIELDS = ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def check(trace: Trace, turn: int, **counts: int | None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    response = report.outcome.response
    got = (response.usage if response else None) or Usage()
    meaning = trace.case.turns[turn].meaning
    meant = (meaning.usage if meaning else None) or Usage()
    given = counts or {name: getattr(meant, name) for name in FIELDS}
    for name, wanted in given.items():
        # A zero that was sent may be left out: it says the same.
        if wanted and getattr(got, name) != wanted:
            yield f"{name} is {getattr(got, name)}, and the server counted {wanted}"
