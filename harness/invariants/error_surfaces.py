"""An error that the peer sends inside its stream reaches the caller, with its type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from harness.invariants._wire import Delivered, delivered, report_of
from harness.model import Failure, Level, OutcomeKind, RegionKind, Trace

LEVEL = Level.MUST
WHY = "langchain #39039: a Responses error event was swallowed and half a text returned as success."
_VALUE = re.compile(r':\s*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")')
_TELLING = 6  # characters: "error" tells nothing


def check(
    trace: Trace, turn: int, value: str | None = None, status: int | None = None
) -> Iterator[str]:
    """`value` is the vendor's type, our kind, or a part of the message. Without it, a word of the
    error that was sent must be told: its type, its code or its message.
    """
    report = report_of(trace, turn)
    if report is None:
        return
    failure = report.outcome.failure
    if report.outcome.kind == OutcomeKind.COMPLETE or failure is None:
        yield f"the peer sent an error, and the outcome is {report.outcome.kind} without one"
        return
    words = _words(delivered(trace, turn)) if value is None else ()
    if words and not any(word in told for word in words for told in _told(failure)):
        yield f"the error is {_name(failure)}, and {', '.join(words)} came"
    if value is not None and not any(value in told for told in _told(failure)):
        yield f"the error is {_name(failure)}, not {value!r}"
    if status is not None and failure.status != status:
        yield f"the error has status {failure.status}, and {status} was sent"


def _name(failure: Failure) -> str:
    return f"{failure.type or failure.kind!s} ({failure.message!r})"


def _told(failure: Failure) -> tuple[str, ...]:
    return (failure.type, str(failure.kind), failure.message)


def _words(answer: Delivered) -> tuple[str, ...]:
    """What the error on the wire says, as the strings of its JSON; none where it is no JSON."""
    if answer.exchange is None or answer.exchange.header("content-encoding"):
        return ()
    spans = [span for span in answer.spans if span.kind == RegionKind.ERROR]
    said = b" ".join(answer.exchange.body[span.start : span.end] for span in spans)
    words = [json.loads(found) for found in _VALUE.findall(said.decode("utf-8", "replace"))]
    return tuple(word for word in words if len(word) >= _TELLING)
