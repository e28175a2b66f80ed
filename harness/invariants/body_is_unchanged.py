"""A request that is sent again is the same request."""

from __future__ import annotations

from collections.abc import Iterator

from harness.invariants._json import MISSING, same, value_of
from harness.invariants._wire import requests_on
from harness.model import Level, Request, Trace

LEVEL = Level.MUST
WHY = (
    "RFC 9110 9.2.2: what is repeated is the same request; hermes-agent N05: the retry "
    "differs in its credential alone."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    requests = [sent.request for sent in requests_on(trace, turn)]
    for number, request in enumerate(requests[1:], 2):
        if not _equal(requests[0], request):
            yield f"attempt {number} sent another body than the first"


def _equal(one: Request, other: Request) -> bool:
    if one.body == other.body:
        return True
    left, right = value_of(one.body), value_of(other.body)
    return left is not MISSING and right is not MISSING and same(left, right)
