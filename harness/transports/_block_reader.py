"""The reader's frame around blocks: which kind of body it is, how it ended, and what it meant.

The rule of this file: a clean end exists only after the wire's own terminator, and a tool call is
offered only in such an end. What a wire's frames mean stands in that wire's own `reader.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from harness.errors import WireError
from harness.model import (
    Answer,
    Ending,
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    Headers,
    JsonObject,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Provider,
    ToolCall,
    Usage,
)
from harness.transports._arguments import NAMELESS, is_object, repair, unfit
from harness.transports._blocks import Block, Blocks, Shape
from harness.transports._failures import broken, classify, failure_of, unread
from harness.transports._ids import call_id
from harness.transports._whole import BLANK, Whole
from harness.wire import jsontext

_MOST_WARNINGS = 50  # a hostile stream may have a new one in every event
_CUT = frozenset({FinishReason.LENGTH, FinishReason.PAUSE, FinishReason.ERROR})


class BlockReader(ABC):
    """One body. State is references and small values, so that `fork` is one shallow copy."""

    decoder: Any  # feed(bytes) -> frames, fork()

    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        self.provider, self.status, self.headers = provider, status, headers
        self.finished = False
        self.outcome = Outcome(OutcomeKind.INTERRUPTED)
        self.blocks = Blocks()
        self.said: JsonObject = {}  # what the reply says of itself: id, model, stop_reason ...
        self.counts: JsonObject = {}  # usage as the wire writes it, last non-null value of each
        self.warnings: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self.terminated = False
        self._frames = 0
        self._whole: Whole | None = Whole()
        self._streamed: bool | None = None if status < 300 else False
        self._ended = False

    def fork(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.decoder, twin.blocks = self.decoder.fork(), self.blocks.fork()
        twin._whole = self._whole.fork() if self._whole else None
        return twin

    # What a wire must say -------------------------------------------------------------------

    @abstractmethod
    def frame(self, frame: Any) -> list[Event]:
        """One frame of the stream."""

    @abstractmethod
    def document(self, document: JsonObject) -> list[Event]:
        """A whole reply."""

    @abstractmethod
    def finish_reason(self) -> FinishReason:
        """What the terminator's reason means, before the calls are looked at."""

    @abstractmethod
    def usage(self) -> Usage | None: ...

    @abstractmethod
    def state(self, kept: list[Block]) -> JsonObject:
        """Protocol state of a complete reply, made of the blocks that are kept."""

    # The contract ---------------------------------------------------------------------------

    def feed(self, data: bytes) -> list[Event]:
        if self.finished or self._ended or not data:
            return []
        if self._streamed is None:
            first = data.lstrip(BLANK)[:1]
            if first:  # neither JSON nor a page: no stream begins like one of these
                self._streamed = first not in b"{[<"
        if self._streamed:
            self._whole = None
        return self._decode(data)

    def _decode(self, data: bytes) -> list[Event]:
        """Until it is known which kind of body this is, both kinds are fed."""
        events: list[Event] = []
        try:
            if self._whole is not None:
                self._whole.feed(data)
            if self._streamed is False:
                return events
            for frame in self.decoder.feed(data):
                events += self.frame(frame)
                self._frames += 1
                if self.finished:
                    break
        except WireError as error:
            events += self.broke(error)
        return events

    def end(self, how: Ending = Ending.COMPLETE) -> list[Event]:
        if self._ended:
            return []
        events: list[Event] = []
        if self._whole is not None and not self.finished:
            events = self._end_document(how)
        elif not self.finished:
            events = self._end_stream(how)
        self._ended = True
        self.outcome = self._judge()
        return events

    @classmethod
    def read_whole(cls, document: JsonObject, provider: Provider) -> NormalizedResponse:
        """A whole reply that somebody else has parsed."""
        reader = cls(provider)
        reader.document(document)
        return reader._judge().response or NormalizedResponse()

    def _end_stream(self, how: Ending) -> list[Event]:
        try:
            pending = self.decoder.end()
        except WireError as error:
            return self.broke(error)
        if self.terminated:
            return self.after_terminator(cut=pending is not None)
        if not self._frames:
            return self._nothing(how)
        return []

    def broke(self, error: WireError) -> list[Event]:
        """The peer broke its own protocol. After the terminator nothing of the reply is lost."""
        if self.terminated:
            self.finished = True
            return self.warn(f"what follows the reply cannot be read: {error}")
        if self.status >= 300:
            return self.fail(unread(error, Answer(self.status, self.headers), self.provider))
        return self.fail(broken(str(error)))

    def after_terminator(self, *, cut: bool) -> list[Event]:
        """The reply is whole; whether something that may follow it is missing."""
        return []

    # How it ended ---------------------------------------------------------------------------

    def _end_document(self, how: Ending) -> list[Event]:
        assert self._whole is not None
        if self.status >= 300:
            answer = Answer(self.status, self.headers, self._whole.body())
            return self.fail(failure_of(answer, self.provider))
        if self._streamed is None:
            return self._nothing(how)
        if not self._whole.closed:
            return self._unclosed(self._whole.body().lstrip(BLANK))
        try:
            document = jsontext.loads(self._whole.document())
        except WireError as error:
            return self.fail(broken(str(error)))
        if not isinstance(document, dict):
            return self.fail(broken("the body is JSON, but no object"))
        return self.document(document)

    def _unclosed(self, body: bytes) -> list[Event]:
        if body[:1] != b"<":
            return self.warn("the body ended inside its JSON document")
        said = classify(None, body, self.headers, self.provider).message
        return self.fail(broken(f"the reply is no JSON and no stream: {said}"))

    def _nothing(self, how: Ending) -> list[Event]:
        """A success that says nothing is a failure, unless the line broke: then it was cut."""
        if how not in (Ending.COMPLETE, Ending.EOF):
            return []
        return self.fail(
            broken("the reply ended without a single event", kind=FailureKind.EMPTY_STREAM)
        )

    def fail(self, failure: Failure) -> list[Event]:
        self.failure, self.finished = failure, True
        return [Event(EventKind.FAILURE, failure.message, failure=failure)]

    def warn(self, sentence: str) -> list[Event]:
        """Said once, however often it happens; and of very many the first ones."""
        if sentence in self.warnings or len(self.warnings) == _MOST_WARNINGS:
            return []
        if len(self.warnings) == _MOST_WARNINGS - 1:
            sentence = "there is more of this kind than is told here"
        self.warnings = (*self.warnings, sentence)
        return [Event(EventKind.WARNING, sentence)]

    def terminate(self) -> list[Event]:
        """The wire said that its reply is whole."""
        self.terminated = True
        events = self.blocks.flush()
        finish = self._settled()[2]
        return [*events, Event(EventKind.FINISH, finish.value, finish=finish)]

    def _judge(self) -> Outcome:
        if self.failure is not None:
            dropped = tuple(_named(block) for block in self.blocks if block.call is not None)
            return Outcome(OutcomeKind.ERROR, None, self.failure, dropped, self.warnings)
        if not self.terminated:
            return self._interrupted()
        calls, dropped, finish, kept = self._settled()
        response = NormalizedResponse(
            content=self.blocks.text(Shape.TEXT) or None,
            tool_calls=calls or None,
            finish_reason=finish,
            reasoning=self.blocks.text(Shape.THINKING) or None,
            usage=self.usage(),
            provider_data=self.state(kept) or None,
        )
        warnings = self.warnings
        for name in dropped:
            warnings = (*warnings, f"tool call {name} was dropped: {unfit(name)}")
        return Outcome(OutcomeKind.COMPLETE, response, dropped=dropped, warnings=warnings)

    def _interrupted(self) -> Outcome:
        response = NormalizedResponse(
            content=self.blocks.text(Shape.TEXT) or None,
            reasoning=self.blocks.text(Shape.THINKING) or None,
            usage=self.usage(),
        )
        dropped = tuple(_named(block) for block in self.blocks if block.call is not None)
        warnings = self.warnings
        for name in dropped:
            warnings = (*warnings, f"tool call {name} was dropped: the reply ended before its end")
        return Outcome(OutcomeKind.INTERRUPTED, response, dropped=dropped, warnings=warnings)

    def _settled(
        self,
    ) -> tuple[tuple[ToolCall, ...], tuple[str, ...], FinishReason, list[Block]]:
        """The calls of a reply that its wire finished, the names of those that can't be executed,
        the finish that follows, and the blocks that stay."""
        finish = self.finish_reason()
        calls: list[ToolCall] = []
        dropped: list[str] = []
        kept: list[Block] = []
        last = len(self.blocks) - 1
        for position, block in enumerate(self.blocks):
            if block.call is None:
                kept.append(block)
                continue
            arguments = _arguments(block, cut=finish in _CUT and position == last)
            if arguments is None:
                dropped.append(_named(block))
                continue
            raw = str(block.text)
            data = {"raw_arguments": raw} if raw and raw != arguments else None
            id_ = block.id or call_id(block.name, arguments, block.call)
            calls.append(ToolCall(id_, block.name, arguments, data))
            kept.append(block)
        if dropped and finish in (FinishReason.STOP, FinishReason.TOOL_CALLS):
            finish = FinishReason.LENGTH
        elif calls and finish is FinishReason.STOP:
            finish = FinishReason.TOOL_CALLS
        return tuple(calls), tuple(dropped), finish, kept


def _named(block: Block) -> str:
    return block.name or NAMELESS


def _arguments(block: Block, *, cut: bool) -> str | None:
    """What may be executed, or None. A reply that hit a limit may have been cut inside a call, so
    there nothing is repaired, and saying nothing is not the same as `{}`."""
    raw = str(block.text)
    if not block.name or block.damaged:
        return None
    if cut:
        return raw if raw.strip() and is_object(raw) else None
    return repair(raw)
