"""Usage is not added up over the chunks that repeat it, nor over attempts that failed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import EventKind, Level, Trace, Usage

LEVEL = Level.MUST
WHY = "langchain-anthropic 0.3.12: message_start and message_delta both carry it, and it was added."


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    meaning = trace.case.turns[turn].meaning
    meant = meaning.usage if meaning else None
    if report is None or meant is None:
        return
    response = report.outcome.response
    told = [response.usage if response else None]
    told += [event.usage for event in report.events if event.kind == EventKind.USAGE]
    for usage in told:
        yield from _more(usage or Usage(), meant)


def _more(got: Usage, meant: Usage) -> Iterator[str]:
    for name in ("input_tokens", "output_tokens"):
        counted, sent = getattr(got, name), getattr(meant, name)
        if counted is not None and sent is not None and counted > sent:
            yield f"{name} is {counted}, and the server counted {sent}"
