"""Tokens are counted as the server counted them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.invariants._wire import report_of
from harness.model import Level, Trace, Usage

LEVEL = Level.MUST
WHY = (
    "Usage is billed: anthropic 0.50 reported 0 input tokens, langchain-anthropic 0.3.12 "
    "twice as many."
)


FIELDS = ("input_tokens", "output_tokens", "total_tokens")


def check(
    trace: Trace, turn: int, value: Mapping[str, int | None] | None = None, **counts: int | None
) -> Iterator[str]:
    """Counts as arguments, else the undamaged reply's own."""
    report = report_of(trace, turn)
    if report is None:
        return
    response = report.outcome.response
    got = (response.usage if response else None) or Usage()
    given = {**(value or {}), **counts}
    if not given:
        meaning = trace.case.turns[turn].meaning
        meant = (meaning.usage if meaning else None) or Usage()
        given = {name: getattr(meant, name) for name in FIELDS if getattr(meant, name) is not None}
    for name, wanted in given.items():
        if getattr(got, name) != wanted:
            yield f"{name} is {getattr(got, name)}, and the server counted {wanted}"
