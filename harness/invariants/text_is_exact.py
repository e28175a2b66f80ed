"""The reply's text is the text that was said, to the last character."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import instead, report_of
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "WHATWG HTML 9.2.6 and RFC 8259: decoding a stream is exact; anything else is loss of data."


def check(trace: Trace, turn: int, value: str | None = None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    wanted = value if value is not None else (meaning.content if meaning else None) or ""
    response = report.outcome.response
    got = (response.content if response else None) or ""
    if got != wanted:
        yield f"the text is {got!r}, and {wanted!r} was said{instead(report)}"
