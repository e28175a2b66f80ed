"""Parallel calls stay as many as they were, each with its own name and arguments."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._json import same, value_of
from harness.invariants._wire import delivered, meant_calls, report_of, reported_calls
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent C06 (#3582), litellm 1.63: parallel calls were merged and their arguments mixed."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    if report_of(trace, turn) is None:
        return
    meant = [(call.name, call.arguments) for call in meant_calls(trace, turn)]
    if trace.case.turns[turn].meaning is None:
        meant = [
            (call.names[0], call.arguments) for call in delivered(trace, turn).calls if call.names
        ]
    got = [(call.name, call.arguments) for call in reported_calls(trace, turn)]
    if len(got) != len(meant):
        yield f"{len(meant)} calls were sent, and {len(got)} reported: {got!r}"
    for name, arguments in got:
        if not any(_same_call(name, arguments, *one) for one in meant):
            yield f"{name}({arguments}) was reported, and no such call was sent"


def _same_call(name: str, arguments: str, meant_name: str, meant: str) -> bool:
    return name == meant_name and same(value_of(arguments or "{}"), value_of(meant or "{}"))
