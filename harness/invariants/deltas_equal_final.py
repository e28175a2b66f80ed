"""The deltas of text, reasoning and arguments add up to the final reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._json import same, value_of
from harness.invariants._wire import WARNING, report_of
from harness.model import Event, EventKind, Level, NormalizedResponse, Trace

LEVEL = Level.MUST
WHY = (
    "https://platform.openai.com/docs/api-reference/responses-streaming, "
    "https://docs.anthropic.com/en/docs/build-with-claude/streaming: deltas concatenate "
    "to the final object; hermes-agent C01."
)


def check(trace: Trace, turn: int) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None or report.outcome.response is None:
        return
    response = report.outcome.response
    content = (response.content or "").partition(WARNING)[0]
    yield from _differs("text", _joined(report.events, EventKind.TEXT), content)
    yield from _differs(
        "reasoning", _joined(report.events, EventKind.REASONING), response.reasoning or ""
    )
    yield from _arguments(report.events, response)


def _joined(events: Sequence[Event], kind: EventKind, call: int | None = None) -> str | None:
    told = [event.text for event in events if event.kind == kind and event.call == call]
    return "".join(told).partition(WARNING)[0] if told else None


def _differs(what: str, deltas: str | None, final: str) -> Iterator[str]:
    # A warning is put under the text with space around it, which is no part of what was said.
    if deltas is not None and deltas.rstrip() != final.rstrip():
        yield f"the deltas of {what} add up to {deltas!r}, and the final reply has {final!r}"


def _arguments(events: Sequence[Event], response: NormalizedResponse) -> Iterator[str]:
    numbers = sorted({e.call for e in events if e.call is not None})
    told = [_joined(events, EventKind.TOOL_ARGUMENTS, number) for number in numbers]
    finals = [call.arguments for call in response.tool_calls or ()]
    if len(told) != len(finals):
        return  # a dropped call has deltas and no final: what may be dropped, others judge
    for number, deltas, final in zip(numbers, told, finals, strict=True):
        if not same(value_of(deltas or ""), value_of(final)):  # an object has no spaces of its own
            yield from _differs(f"call {number}'s arguments", deltas, final)
