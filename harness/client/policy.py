"""How patient the client is: every number of it, and no deed.

The defaults retry what can be repeated unseen. What retries after text was shown (D10) is a named
profile, `after_text`, and off.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.client.continuation import Continuation
from harness.model import Failure, FailureKind

AT_ONCE = frozenset({FailureKind.EMPTY_STREAM})


def seconds(value: Any, default: float) -> float:
    """A timeout from a configuration: NaN, a bool, text, zero and less are as if not given."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return float(value) if math.isfinite(value) and value > 0 else default


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. `read` is without a byte, `stale` without a meaningful event while bytes still come
    (keep-alive comments), `total` is for one attempt altogether."""

    connect: float = 30.0
    read: float = 180.0
    write: float = 60.0
    pool: float = 30.0
    stale: float | None = 180.0
    total: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Timeouts:
        """From a configuration; `request_timeout_seconds` is the read timeout's other name."""
        read = seconds(given.get("request_timeout_seconds"), cls().read)
        stale = seconds(given.get("stale"), math.inf)
        total = seconds(given.get("total"), math.inf)
        return cls(
            connect=seconds(given.get("connect"), cls().connect),
            read=seconds(given.get("read"), read),
            write=seconds(given.get("write"), cls().write),
            pool=seconds(given.get("pool"), cls().pool),
            stale=cls().stale if math.isinf(stale) else stale,
            total=None if math.isinf(total) else total,
        )


@dataclass(frozen=True, slots=True)
class Retry:
    """`budget` is how many attempts may follow the first. One refresh of a credential and one
    recovery from a known refusal are not of it. `overload` are the seconds of the attempts that may
    follow these where a server says that it is overloaded: (30, 60, 90, 120) for one vendor."""

    budget: int = 2
    first: float = 2.0
    ceiling: float = 60.0
    jitter: float = 0.5
    honour_up_to: float = 600.0
    after_text: bool = False
    overload: tuple[float, ...] = ()
    random: random.Random = field(default_factory=random.Random, repr=False, compare=False)

    def most(self, failure: Failure | None) -> int:
        """How many attempts may follow the first, of which the last one failed so."""
        overloaded = failure is not None and failure.kind is FailureKind.OVERLOADED
        return self.budget + (len(self.overload) if overloaded else 0)

    def wait(self, retries: int, failure: Failure | None) -> float:
        """Seconds before retry number `retries`, from 1. What the server asked for goes first."""
        asked = failure.retry_after if failure else None
        if asked is not None and math.isfinite(asked):
            return min(max(asked, 0.0), self.honour_up_to)
        if retries > self.budget:
            return self.overload[min(retries - self.budget, len(self.overload)) - 1]
        if failure is None or failure.kind in AT_ONCE:
            return 0.0
        base = min(self.first * 2.0 ** min(retries - 1, 30), self.ceiling)
        return base * (1 + self.jitter * self.random.random())


@dataclass(frozen=True, slots=True)
class Policy:
    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = Timeouts()
    warn: bool = True  # say in the text that a tool call was lost (D11)
    recover: bool = True  # the table of recoveries.py
    caching: bool = True  # the provider's own cache policy
    continuation: Continuation | None = None
