"""Bytes of a chat body in, events out: a stream, a whole JSON body, or an error in any shape.

The rule of this file: what kind of body it is, and how it ended. A finish reason is the end of what
the model said; without one a reply is interrupted, unless the provider's profile says that this
server never sends one. What the deltas mean stands in `reply`.
"""

from __future__ import annotations

from typing import Any

import orjson

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
)
from harness.transports._failures import broken, classify, is_error
from harness.transports._whole import Whole
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.body import MORE_CHOICES, take_body, take_choice
from harness.transports.chat_completions.reply import DONE_IS_END, EOF_IS_END, Reply
from harness.wire import jsontext
from harness.wire.growing import Growing
from harness.wire.sse import SseDecoder, SseEvent

_BLANK = b" \t\r\n\xef\xbb\xbf"
_SHORT = 512  # so short a JSON text cannot be nested deeper than is safe
_TEXT = EventKind.TEXT
_EMPTY = FailureKind.EMPTY_STREAM
_new = tuple.__new__


class ChatReader:
    """One body. Its state is references and small values, so that `fork` is one shallow copy."""

    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        self.provider, self.status, self.headers = provider, status, headers
        self.finished = False
        self.outcome = Outcome(OutcomeKind.INTERRUPTED)
        self._reply = Reply(provider)
        self._sse: Any = None  # of the kind that `_decoder` makes
        self._whole: Whole | None = None
        self._head = Growing()  # what came before the kind of body was known; or an error's body
        self._is_page = False  # HTML, or anything else that a web server says for itself
        self._failure: Failure | None = None
        self._warnings: tuple[str, ...] = ()
        self._terminated = self._ended = False

    def fork(self) -> ChatReader:
        twin = object.__new__(ChatReader)
        twin.__dict__.update(self.__dict__)
        twin._reply = self._reply.fork()
        twin._head = self._head.fork()
        twin._sse = self._sse.fork() if self._sse else None
        twin._whole = self._whole.fork() if self._whole else None
        return twin

    # Bytes in -------------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[Event]:
        if self.finished or self._ended or not data:
            return []
        if self._sse is not None:
            return self._stream(data)
        if self._whole is not None:
            return self._document(data)
        self._head.append(data)
        if self.status >= 400 or self._is_page:
            return []
        first = data.lstrip(_BLANK)[:1]
        return self._begin(first) if first else []

    def _begin(self, first: bytes) -> list[Event]:
        """The first byte tells what this is, whatever the content type says: no line of a stream
        starts like a JSON container or like HTML."""
        if first == b"<":
            self._is_page = True
            return []
        data = self._head.take()
        if first in b"{[":
            self._whole = Whole()
            return self._document(data.lstrip(_BLANK))
        self._sse = self._decoder()
        return self._stream(data)

    def _decoder(self) -> Any:
        return SseDecoder()

    def _document(self, data: bytes) -> list[Event]:
        assert self._whole is not None
        self._whole.feed(data)
        if not self._whole.closed:
            return []
        events: list[Event] = []
        self.finished = True
        try:
            value = jsontext.loads(self._whole.body())
        except WireError as error:
            self._fail(broken(str(error)), events)
            return events
        if not isinstance(value, dict) or is_error(value):
            self._fail(classify(None, value, self.headers, self.provider), events)
        else:
            self._take_body(value, events)
        return events

    def _take_body(self, body: JsonObject, events: list[Event]) -> None:
        if not body.get("choices") or not isinstance(body["choices"], list):
            self._fail(broken("the reply has no choices"), events)
            return
        self._reply.whole = True
        told, warnings = take_body(self._reply, body)
        events += told
        self._warn(*warnings)
        self._finish(events)

    def _stream(self, data: bytes) -> list[Event]:
        assert self._sse is not None
        events: list[Event] = []
        try:
            for sse in self._sse.feed(data):
                self._event(sse, events)
                if self.finished:
                    break
        except WireError as error:
            self._fail(broken(str(error)), events)
        return events

    def _event(self, sse: SseEvent, events: list[Event]) -> None:
        """One event of a stream. Almost every one is a delta of plain text, and goes no further
        than this function."""
        raw = sse[0]
        try:
            chunk = orjson.loads(raw) if len(raw) < _SHORT else jsontext.loads(raw)
        except orjson.JSONDecodeError:
            self._no_json(sse, events)
            return
        if type(chunk) is dict and chunk.get("usage") is None and "error" not in chunk:
            choices = chunk.get("choices")
            if type(choices) is list and len(choices) == 1 and "x_groq" not in chunk:
                choice = choices[0]
                if type(choice) is dict and choice.get("finish_reason") is None:
                    delta = choice.get("delta")
                    if type(delta) is dict and len(delta) == 1 and not choice.get("index"):
                        text = delta.get("content")
                        if type(text) is str and text and len(raw) < _SHORT:
                            self._text(text, sse, events)
                            return
        self._chunk(chunk, sse, events)

    def _text(self, text: str, sse: SseEvent, events: list[Event]) -> None:
        reply = self._reply
        span = _new(Span, sse[2:4])
        splitter = reply.splitter
        if splitter is not None and splitter.passes(text) and not reply.half:
            reply.content = (reply.content, text)
            events.append(
                _new(Event, (_TEXT, text, None, None, None, None, None, None, span, None))
            )
        else:
            events += reply.say(text, span)

    def _no_json(self, sse: SseEvent, events: list[Event]) -> None:
        if sse.raw.startswith(b"[DONE]"):
            self.finished = True
            self._finish(events)
        elif sse.event == "error":
            self._fail(classify(None, sse.data, self.headers, self.provider), events)
        else:
            self._chunk(jsontext.loads(sse.raw), sse, events)

    def _chunk(self, chunk: Any, sse: SseEvent, events: list[Event]) -> None:
        """A chunk of any shape. What is no object says nothing."""
        if isinstance(chunk, list):  # one vendor wraps its error in a list
            chunk = next((entry for entry in chunk if isinstance(entry, dict)), None)
        if not isinstance(chunk, dict):
            self._warn("an event held no JSON object")
            return
        groq = chunk.get("x_groq")
        hidden = groq.get("error") if isinstance(groq, dict) else None
        if is_error(chunk) or hidden or sse.event == "error":
            body = {"error": hidden} if hidden and not chunk.get("error") else chunk
            self._fail(classify(None, body, self.headers, self.provider), events)
            return
        if isinstance(chunk.get("model"), str) and chunk["model"]:
            self._reply.model = chunk["model"]
        for counts in meaning.usages(chunk):
            self._reply.counts = meaning.merged(self._reply.counts, counts)
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if not isinstance(choice, dict):
                continue
            if choice.get("index"):
                self._warn(MORE_CHOICES)
                continue
            events += take_choice(self._reply, choice, sse.span)

    # The end --------------------------------------------------------------------------------

    def end(self, how: Ending = Ending.COMPLETE) -> list[Event]:
        if self._ended:
            return []
        events: list[Event] = []
        self._ended = True
        if not self.finished:
            self._close(how, events)
        self.outcome = self._judge()
        return events

    def _close(self, how: Ending, events: list[Event]) -> None:
        if self.status >= 400:
            answer = Answer(self.status, self.headers, bytes(self._head))
            self._fail(self._read_failure(answer), events)
        elif self._is_page:
            failure = classify(None, bytes(self._head), self.headers, self.provider)
            self._fail(broken(f"the reply is no JSON and no stream: {failure.message}"), events)
        elif self._whole is not None:
            self._warn("the body ended inside its JSON document")
        elif self._reply.finish is not None or self._reply.whole:
            if how is not Ending.COMPLETE:
                self._warn("the connection broke after the reply's end: usage may be missing")
            self._finish(events)
        else:
            pending = self._sse.end() if self._sse is not None else None
            clean = how is Ending.COMPLETE and pending is None
            self._finish(events, profile=EOF_IS_END if clean else None, how=how)

    def _read_failure(self, answer: Answer) -> Failure:
        return read_failure(answer, self.provider)

    def _finish(
        self,
        events: list[Event],
        *,
        profile: str | None = DONE_IS_END,
        how: Ending = Ending.COMPLETE,
    ) -> None:
        """Nothing more will be said. `profile` is the one under which this is an end in itself."""
        reply = self._reply
        events += reply.flush()
        if reply.silent and not reply.whole:
            if how in (Ending.COMPLETE, Ending.EOF):
                empty = broken("the reply ended before it said anything", kind=_EMPTY)
                self._fail(empty, events)
            return
        known = reply.finish is not None or reply.whole
        allowed = {profile, EOF_IS_END if profile else None}
        if not known and not allowed & self.provider.profiles:
            return
        self._terminated = True
        response = reply.response(interrupted=False)[0]
        if response.usage is not None:
            events.append(Event(EventKind.USAGE, usage=response.usage))
        finish = response.finish_reason
        events.append(Event(EventKind.FINISH, finish.value if finish else "", finish=finish))

    def _fail(self, failure: Failure, events: list[Event]) -> None:
        self._failure, self.finished = failure, True
        events.append(Event(EventKind.FAILURE, failure.message, failure=failure))

    def _warn(self, *sentences: str) -> None:
        """Each is said once, however often it happens."""
        for sentence in sentences:
            if sentence not in self._warnings:
                self._warnings = (*self._warnings, sentence)

    def _judge(self) -> Outcome:
        reply, warnings = self._reply, self._warnings
        if self._failure is not None:
            names = reply.calls.names()
            return Outcome(OutcomeKind.ERROR, None, self._failure, names, warnings)
        response, dropped = reply.response(interrupted=not self._terminated)
        kind = OutcomeKind.COMPLETE if self._terminated else OutcomeKind.INTERRUPTED
        why = "its arguments are no whole JSON" if self._terminated else "the reply was cut"
        told = tuple(f"tool call {name} was dropped: {why}" for name in dropped)
        return Outcome(kind, response, None, dropped, warnings + told)


def read_failure(answer: Answer, provider: Provider) -> Failure:
    """What an error response says."""
    return classify(answer.status, answer.body, answer.headers, provider)


def read_whole(raw: JsonObject, provider: Provider) -> Reply:
    """A reply that is parsed already."""
    reply = Reply(provider)
    reply.whole = True
    take_body(reply, raw)
    reply.flush()
    return reply
