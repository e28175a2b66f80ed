"""The target sends no request that the tape does not expect."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._wire import sent_on
from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = (
    "RFC 9110 9.2.2: a POST is not repeated unless its sender knows that it may be; a "
    "request that nobody recorded is a retry, a probe or a leak that nobody asked for."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    for sent in sent_on(trace, turn):
        if sent.exchange is None:
            where = f"{sent.request.method} {sent.request.url}"
            yield f"{where} was not expected: {sent.difference or 'nothing was left to answer it'}"
