"""Words about think tags are prose: they stay in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._wire import report_of
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "Plain loss of data: the text is the user's; hermes-agent L03: a tag that is "
    "mentioned in a sentence or a code block is no reasoning block."
)


def check(trace: Trace, turn: int, value: Sequence[str] = ()) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    response = report.outcome.response
    content = (response.content if response else None) or ""
    meaning = trace.case.turns[turn].meaning
    wanted = list(value) or [(meaning.content if meaning else None) or ""]
    for fragment in wanted:
        if fragment not in content:
            yield f"{fragment!r} is prose, and is missing from {content!r}"
