"""Every call that is dropped is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._wire import delivered, is_whole, report_of, reported_calls
from harness.model import Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "hermes-agent D11, C25: the user is told which tool call was lost when a stream dies. No"
    " specification asks it of a client, as long as the death itself is visible."
)


def check(trace: Trace, turn: int, value: Sequence[str] | None = None) -> Iterator[str]:
    """`value` names the tools whose calls may be cut; of these, what the wire began counts."""
    report = report_of(trace, turn)
    if report is None:
        return
    wire = delivered(trace, turn)
    begun = {name for call in wire.calls if not is_whole(call, wire) for name in call.names if name}
    wanted = begun if value is None else begun & set(value) if wire.regions else set(value)
    told = " ".join([*report.outcome.dropped, *report.outcome.warnings])
    failure = report.outcome.failure
    told += f" {failure.message}" if failure else ""
    for name in sorted(wanted):
        if name not in told:
            yield f"the call of {name} was cut, and is not named among {report.outcome.dropped!r}"
    kept = {call.name for call in reported_calls(trace, turn)}
    for name in sorted((wanted & kept) - set(_whole_names(trace, turn))):
        yield f"the call of {name} was cut, and is still in the reply"


def _whole_names(trace: Trace, turn: int) -> Iterator[str]:
    wire = delivered(trace, turn)
    for call in wire.calls:
        if is_whole(call, wire):
            yield from call.spellings
