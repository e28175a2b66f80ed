"""A target gives up at some time: it never waits on a silent peer without a timeout of its own."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "A stalled stream is the commonest death in production; without a timeout nobody sees it."


def check(trace: Trace, turn: int) -> Iterator[str]:
    failure = trace.reports[turn].outcome.failure
    if failure and failure.type == "waits_for_ever":
        yield f"no timeout was declared, and the peer went silent: {failure.message}"
