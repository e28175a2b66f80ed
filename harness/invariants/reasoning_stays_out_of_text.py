"""Reasoning is never shown as text, nor are its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.invariants._wire import delivered, report_of
from harness.model import EventKind, Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = "hermes-agent C12 and section L: inner thoughts were sent to the user's chat."


_TAG = re.compile(r"</?(think|thinking|reasoning|thought|reasoning_scratchpad)>", re.IGNORECASE)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    thoughts = {
        span.text.strip()
        for span in delivered(trace, turn).spans
        if span.kind == RegionKind.REASONING
    }
    thoughts |= {(meaning.reasoning or "").strip()} if meaning else set()
    said = (meaning.content or "") if meaning else delivered(trace, turn).text(RegionKind.TEXT)
    response = report.outcome.response
    shown = "".join(e.text for e in report.events if e.kind == EventKind.TEXT)
    for where, text in (
        ("the text", (response.content if response else None) or ""),
        ("what was shown", shown),
    ):
        for thought in sorted(thoughts):
            if len(thought) > 3 and thought in text and thought not in said:
                yield f"the reasoning {thought!r} is in {where}: {text!r}"
        for tag in {match.group() for match in _TAG.finditer(text)}:
            if meaning and tag not in said:
                yield f"{tag} is in {where}: {text!r}"
