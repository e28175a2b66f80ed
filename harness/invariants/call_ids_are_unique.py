"""Every call has an id, a string, and no two calls share one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.invariants._wire import reported_calls
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "OpenAI, Anthropic, Bedrock: a result is matched to its call by id; hermes-agent A06, C08."


def check(trace: Trace, turn: int) -> Iterator[str]:
    seen: list[Any] = []
    for call in reported_calls(trace, turn):
        if not isinstance(call.id, str) or not call.id:
            yield f"the call of {call.name} has the id {call.id!r}"
        elif call.id in seen:
            yield f"two calls have the id {call.id!r}"
        seen.append(call.id)
