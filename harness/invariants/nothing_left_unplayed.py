"""The target asks for everything that the tape holds."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "The scenario's own section `wire`: an answer that nobody fetched is a retry or a "
    "turn that never happened, and what it would have shown is unproven; hermes-agent "
    "D01, N05."
)
ONCE = True


def check(trace: Trace, turn: int) -> Iterator[str]:
    for index in trace.unplayed:
        request = trace.case.tape[index].request
        yield f"exchange {index} ({request.method} {request.url}) was never asked for"
