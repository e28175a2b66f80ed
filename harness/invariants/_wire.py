"""What the wire really delivered on one turn, read off the regions of the tape as it was played.

The rule of this file: only whole frames and events count. Half an event is no event, on every wire.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.invariants._json import MISSING, same, value_of
from harness.model import (
    Ending,
    Exchange,
    FinishReason,
    OutcomeKind,
    Region,
    RegionKind,
    Regions,
    Report,
    Sent,
    ToolCall,
    Trace,
)

WARNING = "⚠"
_TOLD = 200  # characters of an error inside another sentence: it may be a whole page
_SPARED = frozenset({"finish", "reasoning", "usage", "cache_usage"})
TOKEN_PATHS = ("/oauth", "/token", "agent-key", "copilot_internal", "/refresh")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call as the wire told it. `names` holds each naming apart: a name may come again."""

    number: int
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    arguments: str = ""

    @property
    def spellings(self) -> frozenset[str]:
        """A name that comes again is still that name; different ones are parts of one."""
        if len(set(self.names)) <= 1:
            return frozenset(self.names)
        return frozenset({self.names[-1], "".join(self.names)})


@dataclass(frozen=True, slots=True)
class Delivered:
    """The last answer of a turn: what of it arrived."""

    wire: str = ""
    exchange: Exchange | None = None
    regions: Regions | None = None
    spans: tuple[Region, ...] = ()  # in whole units only
    calls: tuple[Call, ...] = field(default=())

    def text(self, kind: RegionKind) -> str:
        return "".join(span.text for span in self.spans if span.kind == kind)

    def has(self, kind: RegionKind) -> bool:
        return any(span.kind == kind for span in self.spans)

    @property
    def is_reply(self) -> bool:
        return self.exchange is not None and self.exchange.status == 200

    @property
    def finished(self) -> bool:
        """The model's own end arrived: its finish reason, or what stands for one."""
        return self.has(RegionKind.FINISH) or (
            self.wire == "jwt" and self.has(RegionKind.TERMINATOR)
        )

    @property
    def cut(self) -> bool:
        """A reply began, and its end never came."""
        if self.exchange is None:
            return False
        if self.exchange.status is None:
            return True
        if not self.is_reply or self.has(RegionKind.ERROR):
            return False
        if self.regions is None:
            return self.exchange.ending is not Ending.COMPLETE
        return not self.finished


def sent_on(trace: Trace, turn: int) -> list[Sent]:
    return [sent for sent in trace.sent if sent.turn == turn]


def is_token_request(trace: Trace, sent: Sent) -> bool:
    """Whether a request went to a token endpoint: by `facts.token_paths`, else the usual ones."""
    paths = trace.case.facts.get("token_paths") or TOKEN_PATHS
    return any(path in sent.request.url for path in paths)


def attempts_on(trace: Trace, turn: int) -> list[Sent]:
    """The requests to the model, without those to a token endpoint."""
    return [sent for sent in sent_on(trace, turn) if not is_token_request(trace, sent)]


def requests_on(trace: Trace, turn: int) -> list[Sent]:
    """The requests to the model that were really sent: a refused connection carries none."""
    sent = attempts_on(trace, turn)
    return [
        one for one in sent if (exchange := exchange_of(trace, one)) is None or exchange.connected
    ]


def report_of(trace: Trace, turn: int) -> Report | None:
    """What the target said of a turn; None if it declined, or never got that far."""
    if turn >= len(trace.reports) or trace.reports[turn].skipped:
        return None
    return trace.reports[turn]


def has_no(trace: Trace, what: str) -> bool:
    """The target says of itself that its replies have no such field. That is told once, by its
    untestable family, and not again as a red case of every other; text and calls they all have."""
    return what in _SPARED and f"no_{what}" in trace.case.facts.get("features", ())


def same_finish(trace: Trace, got: str | None, wanted: str | None) -> bool:
    """A Responses reply ends by its status, and `completed` is said of text and of calls alike: who
    hands on that word as `stop` changes nothing, and who looks for calls says `tool_calls`."""
    if got == wanted:
        return True
    one_word = trace.case.wire == "responses"
    return one_word and got == FinishReason.STOP and wanted == FinishReason.TOOL_CALLS


def raised(report: Report) -> bool:
    """An error, and no reply beside it: what many clients do instead of returning a part of one."""
    outcome = report.outcome
    return outcome.kind == OutcomeKind.ERROR and outcome.response is None


def instead(report: Report) -> str:
    """What broke the reply off: why something is missing, said beside what it is."""
    failure = report.outcome.failure
    if failure is None:
        return ""
    message = " ".join(failure.message.split())  # a client's own may have many lines
    told = message if len(message) <= _TOLD else message[:_TOLD] + "..."
    return f" (the outcome is {report.outcome.kind}: {told})"


def without_call(report: Report) -> str:
    """Why a call is missing: what broke the reply off, or that the target itself dropped some."""
    dropped = ", ".join(report.outcome.dropped)
    return instead(report) or (f" (dropped, it says: {dropped:.{_TOLD}})" if dropped else "")


def exchange_of(trace: Trace, sent: Sent) -> Exchange | None:
    return None if sent.exchange is None else trace.case.tape[sent.exchange]


def delivered(trace: Trace, turn: int) -> Delivered:
    """The answer to the turn's last request to the model."""
    answered = [sent for sent in attempts_on(trace, turn) if sent.exchange is not None]
    return delivered_by(trace, answered[-1]) if answered else Delivered()


def delivered_by(trace: Trace, sent: Sent) -> Delivered:
    if sent.exchange is None:
        return Delivered()
    exchange = trace.case.tape[sent.exchange]
    known = trace.case.regions
    regions = known[sent.exchange] if sent.exchange < len(known) else None
    spans = _whole(exchange, regions) if regions else ()
    return Delivered(trace.case.wire, exchange, regions, spans, tuple(_calls(spans)))


def _whole(exchange: Exchange, regions: Regions) -> tuple[Region, ...]:
    if exchange.header("content-encoding"):
        return regions.spans  # they count in the decoded body, whose length is not known here
    length = sum(len(piece.data) for piece in exchange.pieces)
    return tuple(
        span
        for span in regions.spans
        if span.unit >= len(regions.units) or regions.units[span.unit].end <= length
    )


def _calls(spans: tuple[Region, ...]) -> Iterator[Call]:
    by_number: dict[int, dict[RegionKind, list[str]]] = {}
    for span in spans:
        if span.call is not None:
            by_number.setdefault(span.call, {}).setdefault(span.kind, []).append(span.text)
    for number, told in by_number.items():
        yield Call(
            number,
            tuple(told.get(RegionKind.TOOL_ID, ())),
            tuple(told.get(RegionKind.TOOL_NAME, ())),
            "".join(told.get(RegionKind.TOOL_ARGUMENTS, ())),
        )


def is_whole(call: Call, wire: Delivered) -> bool:
    """No proper prefix of a JSON object or list is one, so a call whose arguments parse is whole;
    so is one without any, if the reply came to its end."""
    if not call.arguments:
        return wire.finished
    return isinstance(value_of(call.arguments), dict | list)


def may_run(trace: Trace, turn: int, name: str | None, arguments: str) -> bool:
    """Whether the wire sent this very call whole, or the undamaged reply means it."""
    wire = delivered(trace, turn)
    given = value_of(arguments or "{}")
    if given is MISSING:
        return False
    for call in wire.calls:
        sent = value_of(call.arguments or "{}")
        if is_whole(call, wire) and name in call.spellings and same(given, sent):
            return True
    return any(name == call.name and _means(call, given) for call in meant_calls(trace, turn))


def _means(call: ToolCall, given: object) -> bool:
    meant = value_of(call.arguments or "{}")
    return meant is not MISSING and bool(call.arguments) and same(meant, given)


def meant_calls(trace: Trace, turn: int) -> tuple[ToolCall, ...]:
    meaning = trace.case.turns[turn].meaning if turn < len(trace.case.turns) else None
    return (meaning.tool_calls or ()) if meaning else ()


def reported_calls(trace: Trace, turn: int) -> tuple[ToolCall, ...]:
    report = report_of(trace, turn)
    response = report.outcome.response if report else None
    return (response.tool_calls or ()) if response else ()


def offered_calls(trace: Trace, turn: int) -> tuple[ToolCall, ...]:
    """The reported calls, without those that nobody can run: a call that the wire broke off, handed
    on raw as far as it came. That it is still there is what `dropped_tools` says."""
    meant = {(call.name, call.arguments) for call in meant_calls(trace, turn)}
    begun = {
        (name, call.arguments)
        for call in delivered(trace, turn).calls
        if call.arguments and value_of(call.arguments) is MISSING
        for name in call.spellings
    }
    return tuple(
        call
        for call in reported_calls(trace, turn)
        if (call.name, call.arguments) not in begun - meant
    )
