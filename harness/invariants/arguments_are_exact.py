"""Each call has exactly the arguments that were sent for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.invariants._json import same, value_of
from harness.invariants._wire import (
    meant_calls,
    offered_calls,
    report_of,
    reported_calls,
    without_call,
)
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "OpenAI API reference, Anthropic input_json_delta and Bedrock toolUse.input: the "
    "fragments of a call's arguments concatenate to one JSON text; loss of data. "
    "hermes-agent C04."
)


def check(trace: Trace, turn: int, value: Sequence[Any] | None = None) -> Iterator[str]:
    """`value` gives each call's arguments, as objects or as exact strings; without it, those that
    were meant, and a call that the wire broke off may stand beside them as long as nobody can run
    it."""
    report = report_of(trace, turn)
    if report is None:
        return
    if value is None:
        wanted: list[Any] = [call.arguments for call in meant_calls(trace, turn)]
        got = [call.arguments for call in offered_calls(trace, turn)]
    else:
        wanted, got = list(value), [call.arguments for call in reported_calls(trace, turn)]
    if len(got) != len(wanted):
        yield f"{len(wanted)} calls were sent, and {len(got)} reported{without_call(report)}"
        return
    for number, (sent, reported) in enumerate(zip(wanted, got, strict=True)):
        if not _equal(sent, reported):
            yield f"call {number} has arguments {reported!r}, and {sent!r} was sent"


def _equal(sent: Any, reported: str) -> bool:
    if sent == reported:
        return True
    meant = value_of(sent or "{}") if isinstance(sent, str) else sent
    return same(meant, value_of(reported or "{}"))
