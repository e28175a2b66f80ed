"""Parallel calls are reported in the order in which the wire began them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, meant_calls, reported_calls
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "OpenAI and Responses number calls by index and output_index, Anthropic and Bedrock "
    "by content block; hermes-agent C06: in order of appearance."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    meant = [call.name for call in meant_calls(trace, turn)]
    meant = meant or [call.names[0] for call in delivered(trace, turn).calls if call.names]
    got = [call.name for call in reported_calls(trace, turn)]
    left = iter(meant)
    if not all(any(name == one for one in left) for name in got):
        yield f"the calls were begun as {meant}, and are reported as {got}"
