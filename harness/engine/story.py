"""The story of a case in text: what was asked, the wire in time, what was reported, the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.engine.document import replay_command
from harness.model import Event, EventKind, Exchange, OutcomeKind, Report, Sent, Trace, Verdict

WIDTH = 110


def tell(verdict: Verdict, *, all_pieces: bool = False) -> str:
    """`all_pieces` for the whole wire; else its first and last pieces, where the damage shows."""
    return "\n".join(_lines(verdict, 10_000 if all_pieces else 6))


def _lines(verdict: Verdict, most: int) -> Iterator[str]:
    case = verdict.case
    yield f"{case.id}: {verdict.kind.value}"
    yield f"  {case.facts.get('title', '')}"
    for why in case.facts.get("why", ()):
        source = next((why[key] for key in ("bug", "spec", "doc") if key in why), "")
        yield f"  because {why['says']} ({source})"
    if verdict.reason:
        yield from _indented(verdict.reason)
    for violation in verdict.violations:
        turn = f", turn {violation.turn}" if violation.turn else ""
        yield f"  {violation.level.value.upper()} {violation.invariant}{turn}: {violation.sentence}"
    if verdict.trace:
        yield from _trace(verdict.trace, most)
    yield f"  replay it: {replay_command(verdict)}"
    yield f"  the whole story: harness explain '{case.id}'"


def _trace(trace: Trace, most: int) -> Iterator[str]:
    for number, turn in enumerate(trace.case.turns):
        asked = json.dumps(turn.ask.messages[-1].get("content"), ensure_ascii=False)
        yield f"  turn {number} asked: {_short(asked)}"
        for sent in trace.sent:
            if sent.turn == number:
                yield from _sent(sent, trace, most)
        if number < len(trace.reports):
            yield from _report(trace.reports[number])
    for index in trace.unplayed:
        yield f"  exchange {index} of the tape was left unplayed"


def _sent(sent: Sent, trace: Trace, most: int) -> Iterator[str]:
    yield f"    {sent.at:8.3f}s > {sent.request.method} {_short(sent.request.url, 80)}"
    if sent.exchange is None:
        yield "              ! no exchange of the tape expects it"
        yield from _indented(sent.difference, "                ")
        return
    yield from _exchange(trace.case.tape[sent.exchange], sent.at, most)


def _exchange(exchange: Exchange, at: float, most: int) -> Iterator[str]:
    at += exchange.head_delay
    if exchange.status is not None:
        yield f"    {at:8.3f}s < {exchange.status} {exchange.header('content-type') or ''}"
    count = len(exchange.pieces)
    for index, piece in enumerate(exchange.pieces):
        at += piece.delay
        if index < most // 2 or index >= count - most // 2:
            text = piece.data.decode("utf-8", "backslashreplace").replace("\n", "\\n")
            yield f"    {at:8.3f}s < {_short(text)}"
        elif index == most // 2:
            yield f"              ... {count - most // 2 * 2} more pieces"
    yield f"    {at:8.3f}s < [{exchange.ending.value}]"


def _report(report: Report) -> Iterator[str]:
    outcome = report.outcome
    yield f"    reported: {outcome.kind.value}"
    for events in _grouped(report.events):
        yield f"      {_short(events)}"
    if outcome.response:
        response = outcome.response
        yield f"      content {_short(repr(response.content))}"
        if response.reasoning:
            yield f"      reasoning {_short(repr(response.reasoning))}"
        for call in response.tool_calls or ():
            yield f"      call {call.id} {call.name} {_short(call.arguments)}"
        yield f"      finish {response.finish_reason}, usage {response.usage}"
    if outcome.kind is OutcomeKind.ERROR and outcome.failure:
        failed = outcome.failure
        named = f"{failed.kind.value} {failed.type} {failed.status}"
        yield f"      {named}: {_short(failed.message)}"
    if outcome.dropped:
        yield f"      dropped calls: {', '.join(outcome.dropped)}"
    for warning in outcome.warnings:
        yield f"      warning: {_short(warning)}"


def _grouped(events: tuple[Event, ...]) -> Iterator[str]:
    """Neighbouring deltas of one kind as one line."""
    kind: tuple[EventKind, int | None] | None = None
    texts: list[str] = []
    for event in events:
        if event.kind is EventKind.ACTIVITY:
            continue
        if (event.kind, event.call) != kind:
            if kind:
                yield _group(kind, texts)
            kind, texts = (event.kind, event.call), []
        texts.append(event.text or event.name or "")
    if kind:
        yield _group(kind, texts)


def _group(kind: tuple[EventKind, int | None], texts: list[str]) -> str:
    call = "" if kind[1] is None else f"[{kind[1]}]"
    return f"{kind[0].value}{call} x{len(texts)} {''.join(texts)!r}"


def _short(text: str, width: int = WIDTH) -> str:
    return text if len(text) <= width else f"{text[: width - 20]} ... ({len(text)} characters)"


def _indented(text: str, by: str = "  ") -> Iterator[str]:
    return (by + line for line in text.rstrip().splitlines())
