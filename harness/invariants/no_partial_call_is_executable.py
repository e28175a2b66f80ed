"""A call that did not arrive whole is not in the reply."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._json import MISSING, value_of
from harness.invariants._wire import may_run, reported_calls
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent Q1, langchain-aws #1286: half a call was valid JSON to its client, and was run."


def check(trace: Trace, turn: int) -> Iterator[str]:
    for call in reported_calls(trace, turn):
        if value_of(call.arguments or "{}") is MISSING:
            continue  # nobody can run it: it is no JSON
        if not may_run(trace, turn, call.name, call.arguments):
            yield f"{call.name}({call.arguments}) can be run, and the wire never sent it whole"
