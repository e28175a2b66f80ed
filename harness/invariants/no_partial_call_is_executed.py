"""A call that did not arrive whole is not run."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import may_run, report_of
from harness.model import EventKind, Level, Trace

LEVEL = Level.MUST
WHY = "hermes-agent D11, D15: write_file ran with half of its arguments after the stream had died."


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    for event in report.events if report else ():
        ran = event.kind == EventKind.EXECUTED
        if ran and not may_run(trace, turn, event.name, event.text):
            yield f"{event.name}({event.text}) was run, and the wire never sent it whole"
