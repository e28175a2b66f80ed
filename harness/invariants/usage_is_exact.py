"""Tokens are counted as the server counted them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.invariants._usage import DETAILS, told, wrong
from harness.invariants._wire import has_no, report_of
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
    if response is not None and has_no(trace, "usage"):
        return
    usage = response.usage if response else None
    given = {**(value or {}), **counts}
    if given:
        for name, wanted in given.items():
            got = getattr(usage or Usage(), name)
            if wanted not in (got, told(usage or Usage(), name)):
                yield f"{name} is {got}, and {wanted} is right"
        return
    meaning = trace.case.turns[turn].meaning
    meant = meaning.usage if meaning else None
    for name, reported, sent in wrong(trace, usage, meant):
        if name not in DETAILS:
            yield f"{name} is {reported}, and the server counted {sent}"
