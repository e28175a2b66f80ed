"""A tool's name is reported whole and once, however often the wire repeats it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, meant_calls, report_of, reported_calls
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent C05 (#8259), openai-agents #989: a repeated name was appended to "
    "itself; a name that no request offered can be run by nobody, so the call is lost."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    known = {name for call in delivered(trace, turn).calls for name in call.spellings}
    known |= {call.name for call in meant_calls(trace, turn)}
    for call in reported_calls(trace, turn):
        if call.name not in known:
            yield f"a tool was called {call.name!r}, and the wire named {sorted(known)}"
    named: dict[int | None, int] = {}
    for event in report.events:
        if event.kind != EventKind.TOOL_NAME:
            continue
        named[event.call] = named.get(event.call, 0) + 1
        if (event.name or event.text) not in known:
            yield f"a tool's name was reported as {event.name or event.text!r}"
    for number, times in named.items():
        if times > 1 and number is not None:
            yield f"the name of call {number} was reported {times} times"
