"""A reported call's arguments are a JSON object; one that cannot be is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._json import value_of
from harness.invariants._wire import reported_calls
from harness.model import Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "JSON Schema of every vendor's tool input is an object; hermes-agent C25, C26, E09. OpenAI's"
    " reference leaves it to the caller to validate what the model wrote."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    for call in reported_calls(trace, turn):
        if call.arguments and not isinstance(value_of(call.arguments), dict):
            yield f"{call.name} was reported with arguments {call.arguments!r}"
