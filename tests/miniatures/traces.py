"""Good traces, built by hand: a chat stream with its regions, and what a right client says of it.

The regions are written while the bytes are, so that no transport of ours is the only witness.
"""

import json
from dataclasses import replace

from harness.model import (
    Ask,
    Case,
    Ending,
    Event,
    EventKind,
    Exchange,
    Failure,
    FailureKind,
    FinishReason,
    Framing,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Piece,
    Region,
    RegionKind,
    Regions,
    Report,
    Request,
    Sent,
    Span,
    ToolCall,
    Trace,
    Turn,
    Usage,
)

URL = "http://127.0.0.1/v1/chat/completions"
TOKEN_URL = "http://127.0.0.1/oauth/token"
USAGE = Usage(11, 7, 18, 5, None, 3)
TEXT = ("I will ", "look.")
THOUGHT = ("They want ", "the weather.")
OSLO = ("get_weather", "call_a", ('{"city": ', '"Oslo"}'))
CET = ("get_time", "call_b", ('{"tz": ', '"CET"}'))


def tool(name):
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


ASK = Ask(
    ({"role": "user", "content": "How is it in Oslo?"},),
    (tool("get_weather"), tool("get_time")),
)


class _Tape:
    """Frames of a stream, and where in them what stands."""

    def __init__(self):
        self.body, self.units, self.spans = b"", [], []

    def frame(self, data, *marks):
        start = len(self.body)
        self.body += b"data: " + data + b"\n\n"
        for kind, text, call in marks:
            payload = json.dumps(text, ensure_ascii=False)[1:-1].encode()
            at = self.body.index(payload, start)
            span = Region(kind, at, at + len(payload), len(self.units), call, text)
            self.spans.append(span)
        self.units.append(Span(start, len(self.body)))

    def delta(self, delta, *marks, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = json.dumps({"id": "c1", "choices": [choice]}, ensure_ascii=False)
        self.frame(body.encode(), *marks)

    def call(self, number, name, ident, fragments):
        one = {"index": number, "id": ident, "function": {"name": name, "arguments": ""}}
        named = (RegionKind.TOOL_NAME, name, number)
        self.delta({"tool_calls": [one]}, (RegionKind.TOOL_ID, ident, number), named)
        for fragment in fragments:
            one = {"index": number, "function": {"arguments": fragment}}
            mark = (RegionKind.TOOL_ARGUMENTS, fragment, number)
            self.delta({"tool_calls": [one]}, mark)


def stream(*, text=TEXT, thought=(), calls=(), signature="", finish=None, usage=True):
    """A whole reply: its exchange and its regions."""
    tape = _Tape()
    for fragment in thought:
        tape.delta({"reasoning": fragment}, (RegionKind.REASONING, fragment, None))
    if signature:
        tape.delta({"signature": signature}, (RegionKind.SIGNATURE, signature, None))
    for fragment in text:
        tape.delta({"content": fragment}, (RegionKind.TEXT, fragment, None))
    for number, (name, ident, fragments) in enumerate(calls):
        tape.call(number, name, ident, fragments)
    finish = finish or ("tool_calls" if calls else "stop")
    tape.delta({}, (RegionKind.FINISH, finish, None), finish=finish)
    if usage:
        counts = b'{"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}}'
        tape.frame(counts, (RegionKind.USAGE, "prompt_tokens", None))
    tape.frame(b"[DONE]", (RegionKind.TERMINATOR, "[DONE]", None))
    pieces = tuple(Piece(tape.body[a:b]) for a, b in tape.units)
    headers = (("content-type", "text/event-stream"),)
    exchange = Exchange(Request("POST", URL), headers=headers, pieces=pieces)
    return exchange, Regions(Framing.SSE, tuple(tape.units), tuple(tape.spans))


def meaning(*, text=TEXT, thought=(), calls=(), signature="", finish=None, usage=True):
    """What that reply means."""
    made = tuple(ToolCall(ident, name, "".join(parts)) for name, ident, parts in calls)
    return NormalizedResponse(
        "".join(text) or None,
        made or None,
        FinishReason(finish or ("tool_calls" if calls else "stop")),
        "".join(thought) or None,
        USAGE if usage else None,
        {"signature": signature} if signature else None,
    )


def events_of(exchange, regions, response):
    """What a right client reports while such a stream comes in."""
    kinds = {
        RegionKind.TEXT: EventKind.TEXT,
        RegionKind.REASONING: EventKind.REASONING,
        RegionKind.TOOL_NAME: EventKind.TOOL_NAME,
        RegionKind.TOOL_ARGUMENTS: EventKind.TOOL_ARGUMENTS,
    }
    told = [Event(EventKind.FIRST_DELTA)]
    for number in range(len(regions.units)):
        told.append(Event(EventKind.ACTIVITY))
        for span in regions.spans:
            if span.unit == number and span.kind in kinds:
                kind = kinds[span.kind]
                name = span.text if kind is EventKind.TOOL_NAME else None
                told.append(Event(kind, span.text, span.call, name=name))
            elif span.unit == number and span.kind is RegionKind.FINISH:
                told.append(Event(EventKind.FINISH, finish=response.finish_reason))
            elif span.unit == number and span.kind is RegionKind.USAGE:
                told.append(Event(EventKind.USAGE, usage=USAGE))
    return tuple(told)


def request(key="sk-old-0001", url=URL, **body):
    whole = {"model": "m", "messages": list(ASK.messages), "stream": True, **body}
    return Request("POST", url, (("Authorization", f"Bearer {key}"),), json.dumps(whole).encode())


def whole(**said):
    """A reply that came whole, and a client that understood it."""
    exchange, regions = stream(**said)
    response = meaning(**said)
    turn = Turn(ASK, (0,), response)
    case = Case(
        "miniature", "somebody", "chat_completions", "chat", turns=(turn,), tape=(exchange,)
    )
    outcome = Outcome(OutcomeKind.COMPLETE, response)
    report = Report(outcome, events_of(exchange, regions, response))
    return Trace(replace(case, regions=(regions,)), (Sent(request(), exchange=0),), (report,))


def calling():
    return whole(calls=(OSLO, CET))


def thinking():
    return whole(thought=THOUGHT, signature="EqQBsignature")


def dying(keep=4, ending=Ending.EOF, **said):
    """The stream dies after so many frames; the client keeps what came, and says so."""
    said = said or {"calls": (OSLO, CET)}
    exchange, regions = stream(**said)
    units = regions.units[:keep]
    spans = tuple(span for span in regions.spans if span.unit < keep)
    left = replace(exchange, pieces=exchange.pieces[:keep], ending=ending)
    cut = Regions(regions.framing, units, spans)
    dropped = tuple(dict.fromkeys(s.text for s in spans if s.kind is RegionKind.TOOL_NAME))
    response = NormalizedResponse(cut.text(RegionKind.TEXT) or None)
    failure = Failure(FailureKind.CONNECTION, "the connection died", transient=True)
    outcome = Outcome(OutcomeKind.INTERRUPTED, response, failure, dropped)
    told = tuple(e for e in events_of(left, cut, response) if e.kind is not EventKind.FINISH)
    case = replace(whole(**said).case, tape=(left,), regions=(cut,))
    return Trace(case, (Sent(request(), exchange=0),), (Report(outcome, told),))


def refused(status, body=b'{"error": {"message": "no", "type": "no_such_thing"}}', headers=()):
    """An HTTP error as an exchange."""
    kind = (("content-type", "application/json"), *headers)
    return Exchange(Request("POST", URL), status, "No", kind, (Piece(body),))


def failing(status=422):
    """The server answers with an error, and the client hands it on."""
    good = whole()
    case = replace(good.case, tape=(refused(status),), regions=(None,))
    failure = Failure(FailureKind.INVALID_REQUEST, "no", "no_such_thing", status)
    report = Report(Outcome(OutcomeKind.ERROR, None, failure), (Event(EventKind.FAILURE),))
    return replace(good, case=case, reports=(report,))


def erring():
    """An error comes inside the stream, after some text."""
    good = dying(2, ending=Ending.COMPLETE)
    (exchange,), (regions,) = good.case.tape, good.case.regions
    at = len(exchange.body)
    event = b'data: {"error": {"type": "overloaded_error", "message": "Overloaded"}}\n\n'
    unit = Span(at, at + len(event))
    span = Region(RegionKind.ERROR, at + len(b'data: {"error": '), unit.end - 3, len(regions.units))
    tape = (replace(exchange, pieces=(*exchange.pieces, Piece(event))),)
    told = Regions(regions.framing, (*regions.units, unit), (*regions.spans, span))
    good = replace(good, case=replace(good.case, tape=tape, regions=(told,)))
    failure = Failure(FailureKind.OVERLOADED, "Overloaded", "overloaded_error")
    return outcome(good, failure=failure)


def retried(status=503, headers=(), wait=2.0):
    """One refusal, one more attempt, and the reply."""
    good = whole()
    tape = (refused(status, headers=headers), *good.case.tape)
    case = replace(good.case, tape=tape, regions=(None, *good.case.regions))
    sent = (Sent(request(), 0.0, 0), Sent(request(), wait, 1))
    return replace(good, case=case, sent=sent)


def refreshed():
    """401, the token endpoint, and the same request again with what it gave."""
    good = whole()
    token = Exchange(
        Request("POST", TOKEN_URL), pieces=(Piece(b'{"access_token": "sk-new-0002"}'),)
    )
    tape = (refused(401), token, *good.case.tape)
    facts = {"secrets": ("sk-old-0001", "sk-new-0002")}
    case = replace(good.case, tape=tape, regions=(None, None, *good.case.regions), facts=facts)
    sent = (
        Sent(request(), 0.0, 0),
        Sent(request(url=TOKEN_URL), 0.1, 1),
        Sent(request("sk-new-0002"), 0.2, 2),
    )
    return replace(good, case=case, sent=sent, outputs=("refreshed a credential",))


def two_turns():
    """A reply with a signature, which goes back on the next turn."""
    good = thinking()
    turns = (*good.case.turns, replace(good.case.turns[0], exchanges=(1,)))
    case = replace(good.case, turns=turns, tape=good.case.tape * 2, regions=good.case.regions * 2)
    back = [*ASK.messages, {"role": "assistant", "signature": "EqQBsignature"}]
    sent = (*good.sent, Sent(request(messages=back), 1.0, 1, turn=1))
    return replace(good, case=case, sent=sent, reports=good.reports * 2)


def outcome(trace, **changes):
    """The trace with its first outcome changed."""
    report = trace.reports[0]
    changed = replace(report, outcome=replace(report.outcome, **changes))
    return replace(trace, reports=(changed, *trace.reports[1:]))


def response(trace, **changes):
    """The trace with its first response changed."""
    was = trace.reports[0].outcome.response or NormalizedResponse()
    return outcome(trace, response=replace(was, **changes))


def events(trace, told):
    """The trace with its first turn's events changed."""
    changed = replace(trace.reports[0], events=tuple(told))
    return replace(trace, reports=(changed, *trace.reports[1:]))


def sent(trace, *requests):
    """The trace with other requests in their places."""
    pairs = zip(trace.sent, requests, strict=True)
    return replace(trace, sent=tuple(replace(old, request=new) for old, new in pairs))
