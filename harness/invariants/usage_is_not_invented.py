"""Counts that were never sent are absent, not 0 and not estimated."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import delivered, report_of
from harness.model import Level, RegionKind, Trace

LEVEL = Level.SHOULD
WHY = (
    "hermes-agent C02: usage that was never sent stays unknown; litellm 1.108 "
    "invented [8, 1] for a reply whose usage never came, and a zero is a number too."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    wire = delivered(trace, turn)
    if report is None or wire.regions is None or wire.has(RegionKind.USAGE):
        return
    response = report.outcome.response
    usage = response.usage if response else None
    if usage is not None and any(
        count is not None for count in (usage.input_tokens, usage.output_tokens, usage.total_tokens)
    ):
        counts = (usage.input_tokens, usage.output_tokens)
        yield f"no usage was sent, and the reply counts {counts}"
