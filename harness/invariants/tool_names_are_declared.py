"""No tool is called that the request did not offer."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import reported_calls
from harness.model import Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "OpenAI API reference, tools: the functions that the model may call. It may invent a "
    "name all the same; a client that hands it on unmarked lets it fail deep inside."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    tools = trace.case.turns[turn].ask.tools
    declared = {tool.get("function", tool).get("name") for tool in tools}
    for call in reported_calls(trace, turn):
        if call.name not in declared:
            yield f"{call.name!r} is called, and {sorted(map(str, declared))} were offered"
