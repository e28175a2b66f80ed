"""A target gives up at some time: it never waits on a silent peer without a timeout of its own."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import report_of
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "https://www.python-httpx.org/advanced/timeouts/ (a timeout by default) and both "
    "official SDKs (600 s by default): no client waits without an end; hermes-agent D19."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    failure = report.outcome.failure if report else None
    if failure and failure.type == "waits_for_ever":
        yield f"the peer went silent, and nothing ended the wait: {failure.message}"
