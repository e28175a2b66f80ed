"""Tokens are counted as the server counted them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.invariants._usage import DETAILS, wrong
from harness.invariants._wire import report_of
from harness.model import Level, Trace, Usage

LEVEL = Level.MUST
WHY = (
    "Usage is billed: anthropic 0.50 reported 0 input tokens, langchain-anthropic 0.3.12 "
    "twice as many."
)


def check(
    trace: Trace, turn: int, value: Mapping[str, int | None] | None = None, **counts: int | None
) -> Iterator[str]:
    """Counts as arguments, else the undamaged reply's own."""
    report = report_of(trace, turn)
    if report is None:
        return
    response = report.outcome.response
    usage = response.usage if response else None
    given = {**(value or {}), **counts}
    if given:
        for name, wanted in given.items():
            if getattr(usage or Usage(), name) != wanted:
                yield f"{name} is {getattr(usage or Usage(), name)}, and {wanted} is right"
        return
    meaning = trace.case.turns[turn].meaning
    meant = meaning.usage if meaning else None
    for name, reported, sent in wrong(trace, usage, meant):
        if name not in DETAILS:
            yield f"{name} is {reported}, and the server counted {sent}"
