"""Bytes of a chat body in, events out: a stream, a whole JSON body, or an error in any shape.

The rule of this file: what kind of body it is, and how it ended. A finish reason is the end of what
the model said; without one a reply is interrupted, unless the provider's profile says that this
server never sends one. What the deltas mean stands in `reply`.
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate, pairwise
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
from harness.transports._arguments import unfit
from harness.transports._failures import broken, classify, failure_of, is_error, unread
from harness.transports._whole import BLANK, Whole
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.body import (
    MORE_CHOICES,
    first_object,
    index_of,
    is_reply,
    take_body,
    take_choice,
)
from harness.transports.chat_completions.reply import DONE_IS_END, EOF_IS_END, Reply
from harness.transports.chat_completions.template import NONE, Place, alone, learn
from harness.wire import jsontext
from harness.wire.document import DocumentDecoder
from harness.wire.sse import MESSAGE, SseDecoder, SseEvent

_SHORT = 512  # so short a JSON text cannot be nested deeper than is safe
_MOST = 1 << 20  # bytes at once, so that an event beyond the decoder's limit is left to it
_HELD = 4096  # bytes of an event that wait here for the rest of it
_PAUSE = 100  # chunks, at most, that pass before another template is learnt
_BLANK_LINE = b"\n\n"
_UNENDED = Outcome(OutcomeKind.INTERRUPTED)
_EMPTY = FailureKind.EMPTY_STREAM
_CUT = "the reply was cut"
_SILENT = "the reply ended before it said anything"
_LOUD = frozenset(("error", "base_resp", "x_groq"))  # keys of which one may tell of an error
_new = tuple.__new__
_span = partial(_new, Span)
loads = orjson.loads


class ChatReader:
    """One body. Its state is references and small values, so that `fork` is one shallow copy."""

    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        self.provider, self.status, self.headers = provider, status, headers
        self.finished = False
        self.outcome = _UNENDED
        self._reply = Reply(provider)
        self._sse: Any = None  # of the kind that `_decoder` makes
        self._whole: Whole | None = None
        self._head = DocumentDecoder()  # what came before its kind was known; or an error's body
        self._is_page = False  # HTML, or anything else that a web server says for itself
        self._failure: Failure | None = None
        self._warnings: tuple[str, ...] = ()
        self._settled: tuple[NormalizedResponse, tuple[str, ...]] | None = None  # when terminated
        self._aligned = False  # whether the next byte begins an event
        self._rest = b""  # the beginning of an event that the decoder has not seen
        self._template = NONE
        self._parsed = 0  # where the last event ended that was parsed
        self._pause = self._learn_at = 0  # learning costs a parse: not before this offset again
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
        if self._sse is None:
            return self._other(data)
        prefix, _, tail, first, last, padded, place = template = self._template
        if self._aligned and data.startswith(prefix) and data.endswith(tail):
            try:  # the usual piece: one event, which fits
                word = loads(template.words(data[:-2]) if padded else data[first : last - 2])
            except ValueError:
                pass
            else:
                return self._reply.run(place, [word], [self._sse.skip(len(data))])
        return self._stream(data)

    def _other(self, data: bytes) -> list[Event]:
        """What is no stream, or not known to be one."""
        if self._whole is not None:
            return self._document(data)
        begun = data.lstrip(BLANK)[:1]
        if begun and self.status < 400 and not self._is_page:
            return self._begin(begun, self._head.raw + data)
        return self._keep(data)

    def _keep(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        try:
            self._head.feed(data)
        except WireError as error:
            failure = broken(str(error))
            if self.status >= 400:
                failure = unread(error, Answer(self.status, self.headers), self.provider)
            self._fail(failure, events)
        return events

    def _begin(self, first: bytes, data: bytes) -> list[Event]:
        """The first byte tells what this is, whatever the content type says: no line of a stream
        starts like a JSON container or like HTML."""
        if first == b"<":
            self._is_page, self._head = True, DocumentDecoder()
            return self._keep(data)
        if first in b"{[":
            self._whole = Whole()
            return self._document(data.lstrip(BLANK))
        self._sse = self._decoder()
        self._aligned = type(self._sse) is SseDecoder and self._sse.begin(data)
        return self._stream(data)

    def _decoder(self) -> Any:
        return SseDecoder()

    def _document(self, data: bytes) -> list[Event]:
        assert self._whole is not None
        events: list[Event] = []
        try:
            self._whole.feed(data)
            if not self._whole.closed:
                return []
            self.finished = True
            value = jsontext.loads(self._whole.document())
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
        """Whole events, and the beginning of one that waits for the rest of it."""
        if len(data) > _MOST:
            parts = (data[at : at + _MOST] for at in range(0, len(data), _MOST))
            return [event for part in parts if not self.finished for event in self._stream(part)]
        if self._rest:
            data, self._rest, self._aligned = self._rest + data, b"", True
        events: list[Event] = []
        blocks = data.split(_BLANK_LINE)
        rest = blocks.pop()
        try:
            if blocks:
                self._blocks(blocks, events)
            if rest and not self.finished:
                waits = self._aligned and self._template is not NONE and len(rest) < _HELD
                if waits and b"\r" not in rest:
                    self._rest = rest
                else:
                    self._careful(rest, events)
                self._aligned = False
        except WireError as error:
            self._fail(broken(str(error)), events)
        return events

    def _blocks(self, blocks: list[bytes], events: list[Event]) -> None:
        """Runs of what fits the template, which need neither decoder nor parser; and one by one
        what stands between them. Each block has lost its blank line."""
        sse, template = self._sse, self._template if self._aligned else NONE
        prefix, suffix, _, first, last, padded, place = template
        words: list[str] = []
        sizes: list[int] = []
        for block in blocks:
            if block.startswith(prefix) and block.endswith(suffix):
                try:
                    words.append(loads(template.words(block) if padded else block[first:last]))
                except ValueError:
                    pass
                else:
                    sizes.append(len(block) + 2)
                    continue
            if words:
                events += self._run(place, words, sizes)
                words, sizes = [], []
            if self._aligned and block[:6] == b"data: " and not (b"\n" in block or b"\r" in block):
                start, end = sse.skip(len(block) + 2)
                self._event(_new(SseEvent, (block[6:], MESSAGE, start, end, "")), events)
            else:
                self._careful(block + _BLANK_LINE, events)
                self._aligned = type(sse) is SseDecoder
            if self.finished:
                return
            if template is not self._template:
                template = self._template
                prefix, suffix, _, first, last, padded, place = template
        if words:
            events += self._run(place, words, sizes)

    def _run(self, place: Place, words: list[str], sizes: list[int]) -> list[Event]:
        """Events of these sizes in a row, which say these words."""
        start = self._sse.skip(sum(sizes))[0]
        spans = [*map(_span, pairwise(accumulate(sizes, initial=start)))]
        return self._reply.run(place, words, spans)

    def _careful(self, data: bytes, events: list[Event]) -> None:
        for sse in self._sse.feed(data):
            self._event(sse, events)
            if self.finished:
                return

    def _event(self, sse: SseEvent, events: list[Event]) -> None:
        raw, name, start, end, _ = sse
        if raw[:6] == b"[DONE]":
            self.finished = True
            self._finish(events)
            return
        try:
            chunk = loads(raw) if len(raw) < _SHORT else jsontext.loads(raw)
        except orjson.JSONDecodeError:
            self._no_json(sse, events)
            return
        told = len(events)
        self._chunk(chunk, name, _new(Span, (start, end)), events)
        if start > self._parsed:  # the template was of use
            self._pause = 0
        self._parsed = end
        if len(events) > told and end >= self._learn_at and (place := alone(chunk)):
            self._pause = min(2 * self._pause + 1, _PAUSE)
            self._learn_at = end + self._pause * len(raw)
            spaceless = end - start == len(raw) + len(b"data:\n\n")
            self._template = learn(raw, chunk, place, b"data:" if spaceless else b"data: ")

    def _no_json(self, sse: SseEvent, events: list[Event]) -> None:
        if sse.event == "error":
            self._fail(classify(None, sse.data, self.headers, self.provider), events)
        else:
            self._chunk(jsontext.loads(sse.raw), sse.event, sse.span, events)

    def _chunk(self, chunk: Any, name: str, span: Span, events: list[Event]) -> None:
        """A chunk of any shape. What is no object says nothing."""
        if type(chunk) is not dict:
            chunk = first_object(chunk)
            if chunk is None:
                self._warn("an event held no JSON object")
                return
        choices, reply = chunk.get("choices"), self._reply
        loud = choices is None or name == "error" or not _LOUD.isdisjoint(chunk)
        if loud and self._failed(chunk, name, events):
            return
        if (model := chunk.get("model")) and isinstance(model, str):
            reply.model = model
        counted = chunk.get("usage") or "x_groq" in chunk
        for choice in choices if type(choices) is list else ():
            if type(choice) is not dict:
                continue
            counted = counted or "usage" in choice
            if choice.get("index") and index_of(choice):
                self._warn(MORE_CHOICES)
            else:
                events += take_choice(reply, choice, span)
        if counted:
            for counts in meaning.usages(chunk):
                reply.count(counts)

    def _failed(self, chunk: JsonObject, name: str, events: list[Event]) -> bool:
        """Whether a chunk tells of a failure, in whatever shape."""
        groq = chunk.get("x_groq")
        hidden = groq.get("error") if isinstance(groq, dict) else None
        if not (name == "error" or hidden or is_error(chunk)):
            return False
        body = {"error": hidden} if hidden and not chunk.get("error") else chunk
        self._fail(classify(None, body, self.headers, self.provider), events)
        return True

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
            answer = Answer(self.status, self.headers, self._head.raw)
            self._fail(self._read_failure(answer), events)
        elif self._is_page:
            failure = classify(None, self._head.raw, self.headers, self.provider)
            self._fail(broken(f"the reply is no JSON and no stream: {failure.message}"), events)
        elif self._whole is not None:
            self._warn("the body ended inside its JSON document")
        elif self._reply.finish is not None or self._reply.whole:
            if how is not Ending.COMPLETE:
                self._warn("the connection broke after the reply's end: usage may be missing")
            self._finish(events)
        else:
            pending = self._pending()
            clean = how is Ending.COMPLETE and pending is None
            self._finish(events, profile=EOF_IS_END if clean else None, how=how)

    def _pending(self) -> Any:
        """What was begun and did not end."""
        if self._rest:
            self._sse.feed(self._rest)
        return self._sse.end() if self._sse is not None else None

    def _read_failure(self, answer: Answer) -> Failure:
        return failure_of(answer, self.provider)

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
            events.append(Event(EventKind.USAGE, "", None, None, None, response.usage))
        finish = response.finish_reason
        events.append(Event(EventKind.FINISH, str(finish or ""), finish=finish))

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
        response, dropped = self._settled or reply.response(interrupted=True, done=self.finished)
        kind = OutcomeKind.COMPLETE if self._terminated else OutcomeKind.INTERRUPTED
        told = tuple(
            f"tool call {name} was dropped: {unfit(name) if self._terminated else _CUT}"
            for name in dropped
        )
        return Outcome(kind, response, None, dropped, warnings + told)
