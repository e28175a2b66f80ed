"""One reply as it grows: deltas of a stream, or the one message of a whole body.

The rule of this file: a message is a delta that came in one piece. So streamed and whole replies go
through the same code, and mean the same.
"""

from __future__ import annotations

from typing import Any

from harness.model import (
    Event,
    EventKind,
    FinishReason,
    JsonObject,
    NormalizedResponse,
    Provider,
    Span,
)
from harness.transports._arguments import compact
from harness.transports._chain import Chain, joined, listed, paired
from harness.transports._merging import Merging, plus
from harness.transports._think import ThinkSplitter, split_whole
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.calls import Calls, Settled
from harness.transports.chat_completions.template import Place
from harness.wire.jsontext import heal

EOF_IS_END = "eof_is_end"
DONE_IS_END = "done_is_end"
TAGS_ARE_TEXT = "think_tags_are_text"
TAG_IN_PROMPT = "think_tag_in_prompt"
REFUSAL_IS_CONTENT = "refusal_is_content"
CUMULATIVE_ARGUMENTS = "cumulative_arguments"

_SHORTEST_SNAPSHOT = 4  # a first detail shorter than this may be repeated by chance
_KEPT_FIELDS = ("annotations", "audio", "reasoning_opaque", "citations", "thinking_signature")
_KEPT = frozenset({*_KEPT_FIELDS, "extra_content"})
_REASONING = frozenset({*meaning.REASONING_FIELDS, "reasoning_details"})
_TEXT, _THOUGHT = EventKind.TEXT, EventKind.REASONING
_new = tuple.__new__


class Reply:
    __slots__ = (
        "_memo",
        "_snapshot",
        "_stated",
        "calls",
        "content",
        "counts",
        "details",
        "extra",
        "extras",
        "finish",
        "half",
        "model",
        "parts",
        "profiles",
        "refusal",
        "speaks",
        "splitter",
        "thought",
        "untold",
        "whole",
    )

    def __init__(self, provider: Provider) -> None:
        self.profiles = provider.profiles
        self.content: Chain = None  # as it came, think tags included
        self.half = ""
        self.thought: Chain = None  # all reasoning that was delivered
        self.speaks = False  # a reasoning field spoke: parts and inline tags only repeat it
        self.parts = False  # parts of content thought: inline tags only repeat that
        self.refusal: Chain = None
        self.calls = Calls()
        self.details: Any = None  # a chain of lists
        self.extras: JsonObject = {}  # whole values by name, which are few
        self.extra: Merging | None = None  # extra_content
        self.model = ""
        self.finish: str | None = None
        self.whole = False  # its wire ended it; a body in one piece needs no word for that
        self.untold = FinishReason.UNKNOWN  # what such an end means
        self.counts: Merging | None = None
        self.splitter = None if TAGS_ARE_TEXT in self.profiles else self._new_splitter()
        self._stated: dict[str, Chain] = {}
        self._snapshot: str | None = ""  # the details so far, while they may be cumulative
        self._memo: dict[str, list[Any]] = {}  # shared by all forks

    def _new_splitter(self) -> ThinkSplitter:
        return ThinkSplitter(opened=TAG_IN_PROMPT in self.profiles)

    def fork(self) -> Reply:
        twin = object.__new__(Reply)
        for name in Reply.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.calls = self.calls.fork()
        if self.splitter is not None:
            twin.splitter = self.splitter.fork()
        return twin

    @property
    def silent(self) -> bool:
        """Whether nothing was said at all."""
        said = self.content or self.half or self.thought or self.refusal or self.finish
        return not (said or len(self.calls) or self.details)

    # What comes in -------------------------------------------------------------------------

    def take(self, delta: JsonObject, span: Span | None = None) -> list[Event]:
        if not delta:
            return []
        content = delta.get("content")
        if content and len(delta) == 1:
            return self._say(content, span)
        events = [] if _REASONING.isdisjoint(delta) else self._reason(delta, span)
        if content:
            events += self._say(content, span)
        if delta.get("refusal"):
            self._refuse(delta)
        entries = delta.get("tool_calls")
        if entries and isinstance(entries, dict):
            entries = [entries]
        if isinstance(entries, list):
            cumulative = CUMULATIVE_ARGUMENTS in self.profiles
            for entry in entries:
                events += self.calls.take(entry, span, cumulative=cumulative)
        legacy = delta.get("function_call")
        if isinstance(legacy, dict) and any(
            legacy.values()
        ):  # one server always sends an empty one
            events += self.calls.take({"index": 0, "function": legacy}, span)
        if not _KEPT.isdisjoint(delta):
            self._keep(delta)
        return events

    def run(self, place: Place, words: list[str], spans: list[Span]) -> list[Event]:
        """The same as `take` for the delta that each of these words makes in the same place. They
        hold no half of a surrogate pair."""
        kind, name, model, slot, id_ = place
        self.model = model or self.model
        text = "".join(words)
        said: list[str] | None = words
        number, id_of_call, called = None, None, None
        if kind is _TEXT:
            if self.half:
                said = None
            elif self.splitter is not None:
                said = self.splitter.run(words, text)
            if text and said is not None:
                self.content = (self.content, text)
        elif kind is _THOUGHT:
            self._stated = {**self._stated, name: (self._stated.get(name), text)}
            if text:
                self.speaks, self.thought = True, (self.thought, text)
        else:
            cumulative = CUMULATIVE_ARGUMENTS in self.profiles
            call = None if cumulative else self.calls.run(slot, id_, text)
            if call is None:
                said = None
            else:
                number, id_of_call, called = call.number, call.id, call.name
        if said is None:
            pairs = zip(words, spans, strict=True)
            return [event for word, span in pairs for event in self.take(place.delta(word), span)]
        if len(said) == 1 and (word := said[0]):
            span = spans[0]
            said_once = (kind, word, number, id_of_call, called, None, None, None, span, None)
            return [_new(Event, said_once)]
        return [
            _new(Event, (kind, word, number, id_of_call, called, None, None, None, span, None))
            for word, span in zip(said, spans, strict=True)
            if word
        ]

    def count(self, counts: JsonObject) -> None:
        """Counts are cumulative: the last value that is not null counts, field by field."""
        known = self.counts
        self.counts = Merging(counts) if known is None else known.plus(counts)

    def _keep(self, delta: JsonObject) -> None:
        extra = delta.get("extra_content")
        if isinstance(extra, dict):
            self.extra = plus(self.extra, extra)
        for name in _KEPT_FIELDS:
            if delta.get(name):
                self.extras = {**self.extras, name: delta[name]}

    def _say(self, content: Any, span: Span | None) -> list[Event]:
        """Text, a list of parts, or (a server's JSON mode) the object that was asked for."""
        if isinstance(content, str):
            return self.say(content, span)
        if isinstance(content, dict):
            return self.say(compact(content), span)
        events: list[Event] = []
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict):
                continue
            if part.get("type") == "thinking":
                thought = meaning.thinking_text(part)
                if thought and not self.speaks:
                    self.parts = True
                    events += self._think(thought, span)
                if isinstance(part.get("signature"), str):
                    self.extras = {**self.extras, "thinking_signature": part["signature"]}
            elif isinstance(part.get("text"), str) and part["text"]:
                events += self.say(part["text"], span)
            else:
                self._refuse(part)
        return events

    def _refuse(self, source: JsonObject) -> None:
        refusal = source.get("refusal")
        if isinstance(refusal, str) and refusal:
            self.refusal = (self.refusal, heal(refusal))

    def say(self, text: str, span: Span | None) -> list[Event]:
        if self.half or not text.isascii():
            text, self.half = paired(self.half, text)
            if not text:
                return []
        self.content = (self.content, text)
        if self.splitter is None or self.splitter.passes(text):
            return [Event(_TEXT, text, None, None, None, None, None, None, span)]
        return self._told(self.splitter.feed(text), span)

    def _told(self, said: list[tuple[str, str]], span: Span | None) -> list[Event]:
        events: list[Event] = []
        for channel, words in said:
            if channel == "text":
                events.append(Event(_TEXT, words, None, None, None, None, None, None, span))
            elif not (self.speaks or self.parts):
                events += self._think(words, span)
        return events

    def _think(self, text: str, span: Span | None) -> list[Event]:
        text = heal(text)
        self.thought = (self.thought, text)
        return [Event(_THOUGHT, text, None, None, None, None, None, None, span)]

    def _reason(self, delta: JsonObject, span: Span | None) -> list[Event]:
        """The reasoning of one delta, once, under however many names it came."""
        told: list[str] = []
        for name in meaning.REASONING_FIELDS:
            text = delta.get(name)
            if isinstance(text, str):
                self._stated = {**self._stated, name: (self._stated.get(name), heal(text))}
                if text and not any(text in other for other in told):
                    told.append(text)
        details = delta.get("reasoning_details")
        if isinstance(details, list) and details:
            text = self._detail(details)
            if text and not any(text in other or other in text for other in told):
                told.append(text)
        if not told:
            return []
        self.speaks = True
        return self._think("\n\n".join(told), span)

    def _detail(self, details: list[Any]) -> str:
        """What is new in these details. Some servers send each time all that they said before;
        the second piece of a stream tells which kind of server this is."""
        text = meaning.detail_text(details)
        before = self._snapshot
        if before is None or not text:
            self.details = (self.details, details)
            return text
        grown = len(before) >= _SHORTEST_SNAPSHOT and text.startswith(before)
        if grown and len(text) > len(before):
            self.details, self._snapshot = (None, details), text
            return text[len(before) :]
        self._snapshot = None if before else text
        self.details = (self.details, details)
        return text

    # What it comes to ----------------------------------------------------------------------

    def flush(self) -> list[Event]:
        """What was held back, now that nothing follows."""
        events: list[Event] = []
        if self.half:
            self.half = ""
            events += self.say("\ufffd", None)
        if self.splitter is not None and not self.splitter.plain:
            events += self._told(self.splitter.end(), None)
        return events

    def finish_reason(self) -> FinishReason:
        return meaning.finish_reason(self.finish)

    def response(
        self, *, interrupted: bool, done: bool = False
    ) -> tuple[NormalizedResponse, tuple[str, ...]]:
        """The reply, and the names of the calls that are not in it. Call `flush` first. Where it
        has no finish reason, [DONE] still says that no fragment of a call is to come."""
        content = joined(self.content, self._memo.setdefault("", []))
        data = self._data()
        if self.splitter is not None and self.splitter.tagged:
            data["raw_content"] = content
            content = split_whole(content, opened=TAG_IN_PROMPT in self.profiles)[0]
        refusal = self.refusal and joined(self.refusal, self._memo.setdefault("refusal", []))
        if refusal:
            data["refusal"] = refusal
        thought = self.thought and joined(self.thought, self._memo.setdefault("thought", []))
        counts = None if self.counts is None else meaning.usage(self.counts.value())
        if interrupted:
            calls = self.calls.settle(whole=False) if done else Settled((), self.calls.names())
            kept = (content or None, calls.calls or None, None, thought, counts, data or None)
            return NormalizedResponse(*kept), calls.dropped
        finish, settled = self._settled()
        if settled.dropped:
            data["dropped_tool_calls"] = list(settled.dropped)
        if refusal and not content and not settled.calls and REFUSAL_IS_CONTENT in self.profiles:
            content = refusal
            if finish in (FinishReason.STOP, FinishReason.UNKNOWN):
                finish = FinishReason.CONTENT_FILTER
        whole = NormalizedResponse(
            content or None, settled.calls or None, finish, thought, counts, data or None
        )
        return whole, settled.dropped

    def _settled(self) -> tuple[FinishReason, Settled]:
        """The verdict: a stop with calls means them, and one with a broken call was cut."""
        finish = self.finish_reason()
        stopped = finish in (FinishReason.STOP, FinishReason.TOOL_CALLS)
        untold = self.finish is None
        settled = self.calls.settle(whole=stopped or (untold and self.whole))
        if untold:  # not whole either: then its profile says that this is the end
            finish = self.untold if self.whole else FinishReason.STOP
            stopped = finish is FinishReason.STOP
        if settled.dropped and stopped:
            finish = FinishReason.LENGTH
        elif settled.calls and (stopped or untold):
            finish = FinishReason.TOOL_CALLS
        return finish, settled

    def _data(self) -> JsonObject:
        """Protocol state: `reasoning` and `reasoning_content` are kept apart, "" is kept too."""
        data: JsonObject = dict(self.extras)
        if self.extra is not None:
            data["extra_content"] = self.extra.value()
        if self.model:
            data["model"] = self.model
        if self.finish is not None:
            data["raw_finish_reason"] = self.finish
        for name, chain in self._stated.items():
            text = joined(chain, self._memo.setdefault(name, []))
            if name == "reasoning_content" or (name == "reasoning_text" and text):
                data[name] = text
        if self.details:
            data["reasoning_details"] = listed(self.details, self._memo.setdefault("details", []))
        return data
