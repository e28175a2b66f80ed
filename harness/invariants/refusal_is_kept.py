"""What the model said in refusal reaches the caller."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, report_of
from harness.model import Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = "OpenAI API: message.refusal is the reply when the model declines; hermes-agent C20."


def check(trace: Trace, turn: int, value: str | None = None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    meaning = trace.case.turns[turn].meaning
    wanted = value or (meaning.data("refusal") if meaning else None)
    wanted = wanted or delivered(trace, turn).text(RegionKind.TEXT)
    response = report.outcome.response
    told = [response.content, response.data("refusal")] if response else []
    failure = report.outcome.failure
    told += [failure.message] if failure else []
    if not any(wanted in text for text in told if isinstance(text, str)):
        yield f"the model refused with {wanted!r}, and the caller was not told"
