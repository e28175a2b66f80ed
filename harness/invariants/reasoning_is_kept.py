"""Reasoning reaches the caller, once and whole."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, has_no, raised, report_of
from harness.model import EventKind, Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = (
    "hermes-agent C12, litellm #20246: a reasoning field was dropped; pydantic-ai 1.0.11 "
    "doubled it."
)


def check(trace: Trace, turn: int, value: str | None = None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    wire = delivered(trace, turn)
    response = report.outcome.response
    if response is not None and has_no(trace, "reasoning"):
        return
    got = (response.reasoning if response else None) or ""
    shown = "".join(e.text for e in report.events if e.kind == EventKind.REASONING)
    if wire.cut and raised(report) and not shown:
        return
    if wire.cut or (value is None and meaning is None):
        wanted = wire.text(RegionKind.REASONING).strip()
        if not any(text.strip().startswith(wanted) for text in (got, shown)):
            yield f"the reasoning {wanted!r} arrived, and the reply has {got or shown!r}"
        return
    wanted = value if value is not None else (meaning.reasoning if meaning else None) or ""
    if got != wanted:
        yield f"the reasoning is {got!r}, and {wanted!r} was sent"
