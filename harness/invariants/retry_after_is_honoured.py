"""A retry does not come before the time that the server asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise

from harness.invariants._wire import attempts_on, exchange_of
from harness.model import Exchange, Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "RFC 9110 10.2.3: how long the user agent ought to wait, in seconds or until a date; "
    "the openai and anthropic SDKs honour it up to 60 s, and retry-after-ms before it."
)


SLACK = 0.01


def check(trace: Trace, turn: int, value: float = 60.0) -> Iterator[str]:
    """A wait of more than `value` seconds may be cut short, as both official SDKs do.
    `facts.scale` says by how much declared waits were shortened, where a real clock runs."""
    scale = float(trace.case.facts.get("scale", 1.0))
    for sent, again in pairwise(attempts_on(trace, turn)):
        asked = _asked(exchange_of(trace, sent))
        if asked is None or asked > value:
            continue
        waited = again.at - sent.at
        if waited < asked * scale - SLACK:
            yield f"the server asked for {asked:g} s, and the retry came after {waited:g} s"


def _asked(exchange: Exchange | None) -> float | None:
    if exchange is None:
        return None
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = exchange.header(name)
        seconds = _number(text)
        if seconds is not None:
            return seconds * unit
    until, now = _date(exchange.header("retry-after")), _date(exchange.header("date"))
    return (until - now).total_seconds() if until and now else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
