"""The target asks for everything that the tape holds."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "An answer that nobody fetched is a retry or a turn that never happened."
ONCE = True


def check(trace: Trace, turn: int) -> Iterator[str]:
    for index in trace.unplayed:
        request = trace.case.tape[index].request
        yield f"exchange {index} ({request.method} {request.url}) was never asked for"
