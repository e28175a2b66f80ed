"""Cached, written and reasoning tokens reach the caller."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._usage import DETAILS, wrong
from harness.invariants._wire import has_no, report_of
from harness.model import Level, Trace, Usage

LEVEL = Level.MUST
WHY = (
    "They are priced apart: langchain-openai 0.3.20 lost cached tokens, pydantic-ai 2.16 all "
    "of them."
)


def check(trace: Trace, turn: int, **counts: int | None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    response = report.outcome.response
    if response is not None and has_no(trace, "usage"):
        return
    meaning = trace.case.turns[turn].meaning
    meant = Usage(**counts) if counts else meaning.usage if meaning else None
    usage = response.usage if response else None
    for name, reported, sent in wrong(trace, usage, meant):
        if name in DETAILS:
            yield f"{name} is {reported}, and the server counted {sent}"
