"""Bytes of one Responses answer in, events out: streamed, whole, or an error, whatever was asked.

The rule of this file: the terminal event is the terminator. A stream without it is interrupted,
however much of it came and however politely the peer left; what came after it does not count.
"""

from __future__ import annotations

from typing import Any

from harness.errors import WireError
from harness.model import (
    Answer,
    Ending,
    Event,
    EventKind,
    Failure,
    FailureKind,
    Headers,
    JsonObject,
    Outcome,
    OutcomeKind,
    Provider,
    Span,
    find_header,
)
from harness.transports._failures import broken, classify, unread
from harness.transports._whole import BLANK, Whole
from harness.transports.codex_responses.assembly import CHANNELS, Assembly
from harness.transports.codex_responses.meaning import (
    COMMENTARY_IS_REASONING,
    Ended,
    ended_of,
    meaning_of,
)
from harness.wire import jsontext
from harness.wire.sse import SseDecoder, SseEvent

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})


class ResponsesReader:
    """One answer. `fork` shares what was gathered, so that every prefix can be judged cheaply."""

    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        self._provider, self._status, self._headers = provider, status, headers
        self._sse: SseDecoder | None = None
        self._whole = Whole() if status >= 300 else None
        self._blank = b""  # what came before the body's first telling byte
        self._silent = True  # no event has come
        thinking = COMMENTARY_IS_REASONING in provider.profiles
        self._assembly = Assembly(comments_are_thoughts=thinking)
        self._ended: Ended | None = None
        self._failure: Failure | None = None
        self._warnings: tuple[str, ...] = ()
        self._outcome: Outcome | None = None
        self.finished = False

    def fork(self) -> ResponsesReader:
        twin = ResponsesReader.__new__(ResponsesReader)
        vars(twin).update(vars(self))
        twin._assembly = self._assembly.fork()  # noqa: SLF001
        if self._sse is not None:
            twin._sse = self._sse.fork()  # noqa: SLF001
        if self._whole is not None:
            twin._whole = self._whole.fork()  # noqa: SLF001
        return twin

    @property
    def outcome(self) -> Outcome:
        return self._outcome or self._judged()

    def feed(self, data: bytes) -> list[Event]:
        if self.finished or not data:
            return []
        if self._sse is None and self._whole is None:
            data = self._opened(data)
        if self._whole is not None:
            try:
                self._whole.feed(data)
            except WireError as error:
                return self._failed(self._unread(error))
            return self._document() if self._whole.closed and self._status < 300 else []
        return self._events(data) if self._sse is not None else []

    def end(self, how: Ending = Ending.COMPLETE) -> list[Event]:
        events: list[Event] = []
        if self._whole is not None and self._status >= 300 and not self.finished:
            events = self._failed(self._classified(self._whole.body()))
        elif self._whole is not None and not self.finished:
            events = self._unfinished_document(self._whole.body())
        elif self._silent and not self.finished and how in (Ending.COMPLETE, Ending.EOF):
            sentence = "the reply ended without a single event"
            events = self._failed(broken(sentence, kind=FailureKind.EMPTY_STREAM))
        self._outcome = self._judged()
        return events

    # framing

    def _opened(self, data: bytes) -> bytes:
        """Decides by the first telling byte: the content type of proxies cannot be trusted."""
        data, self._blank = self._blank + data, b""
        start = data.lstrip(BLANK)
        if not start:
            self._blank = data
            return b""
        kind = (find_header(self._headers, "content-type") or "").lower()
        if start[:1] in b"{[" or (start[:1] == b"<" and "event-stream" not in kind):
            self._whole = Whole()
            return start
        self._sse = SseDecoder()
        return data

    def _events(self, data: bytes) -> list[Event]:
        assert self._sse is not None
        events: list[Event] = []
        try:
            for sse in self._sse.feed(data):
                events += self.take(sse)
                if self.finished:
                    break
        except WireError as error:
            events += self._failed(broken(str(error)))
        return events

    def take(self, sse: SseEvent) -> list[Event]:
        if sse.raw.strip() == b"[DONE]":
            return []  # compatible servers add it; the terminal event has come, or it never will
        try:
            data = jsontext.loads(sse.raw)
        except WireError as error:
            return self._failed(broken(f"the event at byte {sse.start} cannot be read: {error}"))
        if not isinstance(data, dict):
            return self._failed(broken(f"the event at byte {sse.start} is no JSON object"))
        self._silent = False
        return self._read(data, sse)

    # meaning

    def _read(self, data: JsonObject, sse: SseEvent) -> list[Event]:
        kind = data.get("type")
        kind = kind if isinstance(kind, str) else sse.event
        span, index = sse.span, data.get("output_index")
        index = index if isinstance(index, int) and not isinstance(index, bool) else None
        stem, _, last = kind.rpartition(".")
        if stem in CHANNELS and last in ("delta", "done"):
            take = self._assembly.grown if last == "delta" else self._assembly.settled
            return take(index, data, CHANNELS[stem], span)
        if kind in TERMINAL:
            return self._terminal(kind, data, span)
        item = data.get("item")
        if stem == "response.output_item" and isinstance(item, dict):
            if last == "added":
                return self._assembly.added(index, item, span)
            return self._assembly.done(index, item, span) if last == "done" else []
        if kind == "error" or (data.get("error") and "response" not in data):
            return self._failed(classify(None, data, self._headers, self._provider), span)
        return []  # an event that says nothing to us: progress, annotations, keepalive, the future

    def _terminal(self, kind: str, data: JsonObject, span: Span) -> list[Event]:
        found = data.get("response")
        response: JsonObject = found if isinstance(found, dict) else {}
        status = kind.rpartition(".")[2]
        self._ended = ended_of(response)._replace(status=_status(response, status))
        output = response.get("output")
        events = self._assembly.closing(output if isinstance(output, list) else [], span)
        return events + self._close(response, span)

    def _close(self, response: JsonObject, span: Span | None) -> list[Event]:
        """The reply is over, and `_ended` says how."""
        assert self._ended is not None
        self.finished = True
        events: list[Event] = []
        if self._ended.usage is not None:
            events.append(Event(EventKind.USAGE, usage=self._ended.usage, span=span))
        if self._ended.status in ("failed", "cancelled"):
            return events + self._failed(self._told(response), span)
        meaning = meaning_of(self._assembly.items(), self._ended, self._provider)
        finish = meaning.response.finish_reason
        return [*events, Event(EventKind.FINISH, finish or "", finish=finish, span=span)]

    def _told(self, response: JsonObject) -> Failure:
        """Why the response itself says that it failed."""
        assert self._ended is not None
        error = response.get("error")
        if not error:
            error = {"message": f"the response is {self._ended.status}", "code": self._ended.status}
        return classify(None, {"error": error}, self._headers, self._provider)

    def _document(self) -> list[Event]:
        """A whole reply, as one JSON document: its items are read as if each had just ended."""
        assert self._whole is not None
        body = self._whole.document()
        try:
            raw: Any = jsontext.loads(body)
        except WireError as error:
            return self._failed(broken(str(error)))
        if not is_reply(raw):
            return self._failed(self._classified(body))
        self._ended = ended_of(raw)
        events = self._assembly.closing(raw.get("output") or [], None)
        return events + self._close(raw, None)

    def _unfinished_document(self, body: bytes) -> list[Event]:
        if body[:1] == b"<":
            return self._failed(self._classified(body))
        sentence = "the body ended inside its JSON document"
        self._warnings += (sentence,)
        return [Event(EventKind.WARNING, sentence)]

    def _classified(self, body: bytes) -> Failure:
        return classify(self._status, body, self._headers, self._provider)

    def _unread(self, error: WireError) -> Failure:
        if self._status < 300:
            return broken(str(error))
        return unread(error, Answer(self._status, self._headers), self._provider)

    def _failed(self, failure: Failure, span: Span | None = None) -> list[Event]:
        self.finished, self._failure = True, failure
        return [Event(EventKind.FAILURE, failure.message, failure=failure, span=span)]

    def _judged(self) -> Outcome:
        ended = None if self._failure else self._ended
        response, dropped, warnings = meaning_of(self._assembly.items(), ended, self._provider)
        warnings = (*self._warnings, *self._assembly.warnings, *warnings)
        if self._failure is not None:
            return Outcome(OutcomeKind.ERROR, None, self._failure, dropped, warnings)
        kind = OutcomeKind.COMPLETE if self.finished else OutcomeKind.INTERRUPTED
        return Outcome(kind, response, None, dropped, warnings)


def _status(response: JsonObject, by_event: str) -> str:
    """The event's own name decides, unless the response says that it was cancelled."""
    return "cancelled" if response.get("status") == "cancelled" else by_event


def is_reply(raw: Any) -> bool:
    """Whether a JSON value is a response object: also a failed, queued or empty one."""
    if not isinstance(raw, dict) or raw.get("object") not in (None, "", "response"):
        return False
    output, status = raw.get("output"), raw.get("status")
    if isinstance(output, list) and output:
        return any(isinstance(item, dict) for item in output)
    known = isinstance(status, str) and (raw.get("object") == "response" or output == [])
    return known and output in (None, [])
