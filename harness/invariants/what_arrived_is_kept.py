"""A cut reply is handed on as a part: its text, its reasoning, its usage, and what was dropped."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import WARNING, Delivered, delivered, report_of
from harness.model import Level, NormalizedResponse, Outcome, OutcomeKind, RegionKind, Trace

LEVEL = Level.SHOULD
WHY = (
    "hermes-agent D11, #12072: what had been shown was lost from the history, and the next turn "
    "began as if nobody had spoken. Judged only of a target that declares `partial`: many clients "
    "raise instead, which is their contract."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Of a reply that began and was cut; nothing is asked of one that never began."""
    report, wire = report_of(trace, turn), delivered(trace, turn)
    if report is None or "partial" not in trace.case.facts.get("features", ()):
        return
    begun = any(map(wire.has, (RegionKind.TEXT, RegionKind.REASONING, RegionKind.TOOL_NAME)))
    if not wire.cut or wire.has(RegionKind.TERMINATOR) or not begun:
        return
    outcome = report.outcome
    if outcome.kind != OutcomeKind.INTERRUPTED or outcome.response is None:
        yield f"a reply began and was cut, and the outcome is {outcome.kind} without a part of it"
        return
    yield from _said(outcome.response, wire)
    yield from _dropped(outcome, wire)


def _said(response: NormalizedResponse, wire: Delivered) -> Iterator[str]:
    parts = (
        ("text", (response.content or "").partition(WARNING)[0], RegionKind.TEXT),
        ("reasoning", response.reasoning or "", RegionKind.REASONING),
    )
    for what, kept, kind in parts:
        arrived = wire.text(kind)
        if "".join(kept.split()) != "".join(arrived.split()):
            yield f"the {what} {arrived!r} arrived, and the part that is kept says {kept!r}"
    if wire.has(RegionKind.USAGE) and response.usage is None:
        yield "the usage arrived, and is not kept"
    if response.tool_calls:
        yield "a reply that was cut offers calls"


def _dropped(outcome: Outcome, wire: Delivered) -> Iterator[str]:
    begun = [call.names[0] for call in wire.calls if call.names]
    if list(outcome.dropped) != begun:
        yield f"calls of {begun} had begun, and {list(outcome.dropped)} are named as dropped"
    for name in begun:
        if not any(name in warning for warning in outcome.warnings):
            yield f"the call of {name} was dropped, and no warning says so"
