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
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Provider,
    Span,
)
from harness.transports._failures import broken, classify, is_error
from harness.transports._whole import Whole
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.body import MORE_CHOICES, is_reply, take_body, take_choice
from harness.transports.chat_completions.reply import DONE_IS_END, EOF_IS_END, Reply
from harness.transports.chat_completions.template import Template, learn, plain_text
from harness.wire import jsontext
from harness.wire.growing import Growing
from harness.wire.sse import SseDecoder, SseEvent

_BLANK = b" \t\r\n\xef\xbb\xbf"
_SHORT = 512  # so short a JSON text cannot be nested deeper than is safe
_LEARNING = 4  # chunks that pass before another template is learnt
_PATIENCE = 8  # events that fit no template before it is given up
_TEXT = EventKind.TEXT
_UNENDED = Outcome(OutcomeKind.INTERRUPTED)
_EMPTY = FailureKind.EMPTY_STREAM
_SILENT = "the reply ended before it said anything"
_new = tuple.__new__


class ChatReader:
    """One body. Its state is references and small values, so that `fork` is one shallow copy."""

    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        self.provider, self.status, self.headers = provider, status, headers
        self.finished = False
        self.outcome = _UNENDED
        self._reply = Reply(provider)
        self._sse: Any = None  # of the kind that `_decoder` makes
        self._whole: Whole | None = None
        self._head = Growing()  # what came before the kind of body was known; or an error's body
        self._is_page = False  # HTML, or anything else that a web server says for itself
        self._failure: Failure | None = None
        self._warnings: tuple[str, ...] = ()
        self._settled: tuple[NormalizedResponse, tuple[str, ...]] | None = None  # when terminated
        self._offset = self._skipped = 0  # bytes of the stream; and those that no decoder saw
        self._aligned = False  # whether the next byte begins an event
        self._template: Template | None = None
        self._patience = _PATIENCE
        self._learn_at = 0  # learning costs a parse: not before this offset again
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
        if not is_reply(body):
            self._fail(broken("the reply has no choices, or none that says anything"), events)
            return
        self._reply.whole = True
        told, warnings = take_body(self._reply, body)
        events += told
        self._warn(*warnings)
        self._finish(events)

    def _stream(self, data: bytes) -> list[Event]:
        """Runs of plain words, which need no decoder; and one by one what stands between them."""
        events: list[Event] = []
        position = 0
        try:
            while position < len(data) and not self.finished:
                if self._aligned and self._template is not None:
                    position = self._run(self._template, data, position, events)
                found = data.find(b"\n\n", position) + 2 if self._patience > 0 else 0
                cut = found if found > 1 else len(data)
                piece = data[position:cut]
                self._offset += len(piece)
                for sse in self._sse.feed(piece):
                    self._event(sse, events)
                    if self.finished:
                        break
                self._aligned = piece[-2:] == b"\n\n" or (self._aligned and not piece)
                position = cut
        except WireError as error:
            self._fail(broken(str(error)), events)
        return events

    def _run(self, template: Template, data: bytes, position: int, events: list[Event]) -> int:
        """Events of the same bytes around other plain words: nearly all of a stream of text.
        Returns where something else begins."""
        reply, splitter = self._reply, self._reply.splitter
        prefix, suffix, start, end = template
        content, text, offset = reply.content, "", self._offset - position
        while splitter is None or splitter.plain:
            after = data.find(b"\n", position)
            begin, stop = position + start, after + end
            if not data.startswith(prefix, position) or not data.startswith(suffix, stop):
                break
            words = str(data[begin:stop], "utf-8", "replace")
            if '"' in words or "<" in words or "\\" in words or not words.isprintable():
                break
            if not words or after < 0 or stop <= begin:
                break
            text = words
            content = (content, words)
            span = _new(Span, (offset + position, offset + after + 2))
            position = after + 2
            events.append(
                _new(Event, (_TEXT, words, None, None, None, None, None, None, span, None))
            )
        if text:
            self._skipped += offset + position - self._offset
            self._offset, self._patience, reply.content = offset + position, _PATIENCE, content
            if splitter is not None:
                splitter.last = text[-1]
        return position

    def _event(self, sse: SseEvent, events: list[Event]) -> None:
        if sse.raw.startswith(b"[DONE]"):
            self.finished = True
            self._finish(events)
            return
        try:
            chunk = orjson.loads(sse.raw) if len(sse.raw) < _SHORT else jsontext.loads(sse.raw)
        except orjson.JSONDecodeError:
            self._no_json(sse, events)
            return
        self._patience -= 1
        if self._patience < 0:
            self._template = None
        if sse.end >= self._learn_at and (text := plain_text(chunk)):
            self._template, self._patience = learn(sse, chunk, text), _PATIENCE
            self._learn_at = sse.end + _LEARNING * len(sse.raw)
        span = Span(sse.start + self._skipped, sse.end + self._skipped)
        self._chunk(chunk, sse.event, span, events)

    def _no_json(self, sse: SseEvent, events: list[Event]) -> None:
        if sse.event == "error":
            self._fail(classify(None, sse.data, self.headers, self.provider), events)
        else:
            self._chunk(jsontext.loads(sse.raw), sse.event, sse.span, events)

    def _chunk(self, chunk: Any, name: str, span: Span, events: list[Event]) -> None:
        """A chunk of any shape. What is no object says nothing."""
        if isinstance(chunk, list):  # one vendor wraps its error in a list
            chunk = next((entry for entry in chunk if isinstance(entry, dict)), None)
        if not isinstance(chunk, dict):
            self._warn("an event held no JSON object")
            return
        groq = chunk.get("x_groq")
        hidden = groq.get("error") if isinstance(groq, dict) else None
        if is_error(chunk) or hidden or name == "error":
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
            events += take_choice(self._reply, choice, span)

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
            if reply.counts is not None:  # it said nothing and was billed: what it cost is kept
                self._warn(_SILENT)
            elif how in (Ending.COMPLETE, Ending.EOF):
                self._fail(broken(_SILENT, kind=_EMPTY), events)
            return
        if reply.finish is None and not reply.whole:
            allowed = {profile, EOF_IS_END if profile else None}
            if not allowed & self.provider.profiles:
                return
        self._terminated = True
        self._settled = reply.response(interrupted=False)
        response = self._settled[0]
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
        response, dropped = self._settled or reply.response(interrupted=True)
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
