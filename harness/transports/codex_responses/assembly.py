"""The output items of one streamed response, put together from added, delta and done events.

The rule of this file: an event belongs to the item that its output_index and item_id name, never to
the item that came last. Servers break this in three known ways, and all three are read: ids that
differ from event to event (then the index decides), one index for every item (then the id
decides), and deltas of an item that nobody added. What an event's `done` says is the truth; where
it contradicts the deltas before it, a warning says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from harness.model import Event, EventKind, JsonObject, Span
from harness.transports._arguments import as_text
from harness.transports._chain import paired
from harness.transports._strand import Strand
from harness.transports.codex_responses.meaning import THINKING_PHASES, Item
from harness.wire.jsontext import heal

CALLS = {"function_call": "arguments", "custom_tool_call": "input"}

Key = tuple[str, int]  # a channel, and the index of a part of it


class Channel(NamedTuple):
    """Which item a delta or done event grows, and where: `part` is the field with the part's
    index, `whole` the field of the done event that holds all of it."""

    item: str
    name: str
    part: str
    whole: str


CHANNELS = {
    "response.output_text": Channel("message", "output_text", "content_index", "text"),
    "response.refusal": Channel("message", "refusal", "content_index", "refusal"),
    "response.reasoning_summary_text": Channel("reasoning", "summary", "summary_index", "text"),
    "response.reasoning_text": Channel("reasoning", "content", "content_index", "text"),
    "response.function_call_arguments": Channel("function_call", "call", "", "arguments"),
    "response.custom_tool_call_input": Channel("custom_tool_call", "call", "", "input"),
}


class Slot(NamedTuple):
    """One output item so far. `channel` is the one whose text came first, in its part `first`; a
    server that counts parts on from the item before is `ahead` of the finished item by so many.
    `named`: its tool's name was reported. `thinks`: a message's text is reasoning, by the phase it
    had at its first text."""

    place: int  # its output_index
    type: str
    raw: JsonObject
    done: bool = False
    added: bool = True
    call: int | None = None
    channel: str | None = None
    first: int = 0
    ahead: int = 0
    named: bool = False
    thinks: bool | None = None


class Assembly:
    """Forks share everything; whoever changes something first takes a copy."""

    def __init__(self, *, comments_are_thoughts: bool = False) -> None:
        self._thinking = THINKING_PHASES if comments_are_thoughts else ()
        self._slots: list[Slot] = []
        self._parts: dict[tuple[int, Key], Strand] = {}
        self._halves: dict[tuple[int, Key], str] = {}  # of a pair that was cut in two deltas
        self._at: dict[object, int] = {}  # the newest item by (type, index), by id, and by type
        self._shared = False
        self._calls = 0
        self._reasoned: tuple[int, Key] | None = None  # whose reasoning was reported last
        self.warnings: tuple[str, ...] = ()

    def fork(self) -> Assembly:
        other = Assembly.__new__(Assembly)
        self._shared = True
        vars(other).update(vars(self))
        return other

    def __len__(self) -> int:
        return len(self._slots)

    def items(self) -> list[Item]:
        """Every item in the order of the reply, as it would stand in a whole response."""
        texts: dict[int, dict[Key, str]] = {}
        for (at, key), strand in self._parts.items():
            texts.setdefault(at, {})[key] = str(strand)
        order = sorted(range(len(self._slots)), key=lambda at: (self._slots[at].place, at))
        return [
            Item(_whole(self._slots[at], texts.get(at, {})), self._slots[at].done) for at in order
        ]

    # what the events say

    def added(self, index: int | None, raw: JsonObject, span: Span | None) -> list[Event]:
        type_ = str(raw.get("type"))
        at = self._at.get(("id", raw["id"])) if isinstance(raw.get("id"), str) else None
        if at is not None and not self._slots[at].done and self._slots[at].type == type_:
            self._put(at, self._slots[at]._replace(raw=self._slots[at].raw | raw))
            return self._name(at, span)
        return self._name(self._open(index, type_, raw), span)

    def grown(
        self, index: int | None, data: JsonObject, channel: Channel, span: Span | None
    ) -> list[Event]:
        delta = _text(data.get("delta"), channel)
        if not delta:
            return []
        at = self._find(index, data.get("item_id"), channel.item)
        told: list[Event] = []
        if at is None:
            at = self._open(index, channel.item, _unadded(channel, data), added=False)
            told = self._name(at, span)
        return told + self._grow(at, (channel.name, _part(data, channel)), delta, span)

    def settled(
        self, index: int | None, data: JsonObject, channel: Channel, span: Span | None
    ) -> list[Event]:
        """A `.done` event: the whole text of one part. It may come without any delta."""
        text = _text(data.get(channel.whole), channel)
        at = self._find(index, data.get("item_id"), channel.item)
        if text is None or (at is None and not text):
            return []
        told: list[Event] = []
        if at is None:
            at = self._open(index, channel.item, _unadded(channel, data), added=False)
            told = self._name(at, span)
        return told + self._settle(at, (channel.name, _part(data, channel)), text, span)

    def done(self, index: int | None, raw: JsonObject, span: Span | None) -> list[Event]:
        type_ = str(raw.get("type"))
        at = self._find(index, raw.get("id"), type_, ended=True)
        if at is None:
            at = self._open(index, type_, raw)
        return self._close(at, raw, span)

    def closing(self, output: list[Any], span: Span | None) -> list[Event]:
        """The terminal event's own items: they count only where none was streamed or finished."""
        events: list[Event] = []
        streamed = len(self._slots)
        for index, raw in enumerate(output):
            if not isinstance(raw, dict):
                continue
            at = self._same(index, raw, streamed)
            if at is None:
                at = self._open(index, str(raw.get("type")), raw)
            if not self._slots[at].done:
                events += self._close(at, raw, span)
        return events

    # whose event it is

    def _find(
        self, index: int | None, id_: object, type_: str, *, ended: bool = False
    ) -> int | None:
        """The item of this type that an event means. `ended`: the event finishes an item, so one
        that is finished already is meant only if it is the same by id."""
        named = self._at.get(("id", id_)) if isinstance(id_, str) else None
        near = self._at.get((type_, index)) if index is not None else self._at.get((type_, "last"))
        if near is None:
            near = self._at.get((type_, "unadded"))
        if named is not None and self._slots[named].type != type_:
            named = None
        if named is not None and (near is None or index in (None, self._slots[named].place)):
            return named
        if near is None or (ended and self._slots[near].done):
            return None
        return near

    def _same(self, index: int, raw: JsonObject, streamed: int) -> int | None:
        """The streamed item that an item of the terminal event repeats."""
        type_ = str(raw.get("type"))
        ids = [("id", raw[name]) for name in ("id", "call_id") if isinstance(raw.get(name), str)]
        for key in (*ids, (type_, index), (type_, "unadded")):
            at = self._at.get(key)
            if at is not None and at < streamed and self._slots[at].type == type_:
                return at
        return None

    # what becomes of the items

    def _own(self) -> None:
        if self._shared:
            self._slots, self._parts = list(self._slots), dict(self._parts)
            self._halves, self._at = dict(self._halves), dict(self._at)
            self._shared = False

    def _put(self, at: int, slot: Slot) -> None:
        self._own()
        self._slots[at] = slot
        for field in ("id", "call_id"):
            if isinstance(slot.raw.get(field), str):
                self._at["id", slot.raw[field]] = at

    def _open(self, index: int | None, type_: str, raw: JsonObject, *, added: bool = True) -> int:
        self._own()
        at, call = len(self._slots), None
        if type_ in CALLS:
            call, self._calls = self._calls, self._calls + 1
        index = at if index is None else index
        slot = Slot(index, type_, raw, added=added, call=call)
        self._slots.append(slot)
        self._put(at, slot)
        self._at[type_, index] = self._at[type_, "last"] = at
        if not added:
            self._at[type_, "unadded"] = at
        return at

    def _name(self, at: int, span: Span | None) -> list[Event]:
        slot = self._slots[at]
        name, call_id = slot.raw.get("name"), slot.raw.get("call_id")
        if slot.call is None or slot.named or not isinstance(name, str) or not name:
            return []
        name = heal(name)
        self._put(at, slot._replace(named=True))
        id_ = call_id.strip() or None if isinstance(call_id, str) else None
        return [Event(EventKind.TOOL_NAME, name, slot.call, id_, name, span=span)]

    def _grow(self, at: int, key: Key, text: str, span: Span | None) -> list[Event]:
        self._own()
        if not text.isascii() or self._halves:
            text, half = paired(self._halves.pop((at, key), ""), text)
            if half:
                self._halves[at, key] = half
            if not text:
                return []
        slot = self._slots[at]
        if slot.channel is None:
            thinks = slot.type == "message" and slot.raw.get("phase") in self._thinking
            slot = slot._replace(channel=key[0], first=key[1], thinks=thinks)
            self._slots[at] = slot
        self._parts[at, key] = self._parts.get((at, key), Strand()).plus(text)
        if slot.call is not None:
            return [Event(EventKind.TOOL_ARGUMENTS, text, slot.call, span=span)]
        if slot.type == "message" and not slot.thinks:
            return [Event(EventKind.TEXT, text, span=span)] if key[0] == "output_text" else []
        if key[0] == "refusal" or (slot.type == "reasoning" and slot.channel != key[0]):
            return []  # a summary beside the raw reasoning says one thought twice
        before, self._reasoned = self._reasoned, (at, key)
        gap = "\n\n" if before not in (None, (at, key)) else ""
        return [Event(EventKind.REASONING, gap + text, span=span)]

    def _settle(self, at: int, key: Key, text: str, span: Span | None) -> list[Event]:
        said, text = str(self._parts.get((at, key), "")), heal(text)
        if self._halves:
            self._own()
            self._halves.pop((at, key), None)
        if text.startswith(said):
            return self._grow(at, key, text[len(said) :], span) if text != said else []
        if not text:
            return []  # an end that repeats nothing takes nothing back
        self._own()
        self._parts[at, key] = Strand(text)
        self.warnings += (
            f"output item {self._slots[at].place}: its deltas and its end differ; the end holds",
        )
        return []

    def _close(self, at: int, raw: JsonObject, span: Span | None) -> list[Event]:
        slot = self._slots[at]
        texts = list(texts_of(raw))
        parts = [number for (name, number), _ in texts if name == slot.channel]
        ahead = slot.first - parts[0] if parts and slot.first not in parts else 0
        self._put(at, slot._replace(raw=slot.raw | raw, done=True, ahead=ahead))
        events = self._name(at, span)
        for (name, number), text in texts:
            part = number + ahead if name == slot.channel else number
            events += self._settle(at, (name, part), text, span)
        return events


def _text(value: Any, channel: Channel) -> str | None:
    """What an event says. Arguments may come as what they are, and what can be none must not become
    an empty object."""
    if isinstance(value, str):
        return value
    return as_text(value) if channel.item in CALLS and value is not None else None


def _part(data: JsonObject, channel: Channel) -> int:
    found = data.get(channel.part) if channel.part else 0
    return found if isinstance(found, int) else 0


def _unadded(channel: Channel, data: JsonObject) -> JsonObject:
    raw: JsonObject = {"type": channel.item}
    if isinstance(data.get("item_id"), str):
        raw["id"] = data["item_id"]
    if isinstance(data.get("name"), str):
        raw["name"] = data["name"]
    return raw


def texts_of(raw: JsonObject) -> Iterator[tuple[Key, str]]:
    """Every text of a finished item, by the channel that would have streamed it."""
    field = CALLS.get(str(raw.get("type")))
    if field:
        if raw.get(field) is not None:
            yield ("call", 0), as_text(raw[field])
        return
    for name in ("summary", "content") if raw.get("type") in ("message", "reasoning") else ():
        parts = raw.get(name)
        for number, part in enumerate(parts if isinstance(parts, list) else ()):
            if not isinstance(part, dict):
                continue
            channel = str(part.get("type")) if raw.get("type") == "message" else name
            channel = "output_text" if channel == "text" else channel
            text = part.get("refusal" if channel == "refusal" else "text")
            if isinstance(text, str):
                yield (channel, number), text


def _whole(slot: Slot, texts: dict[Key, str]) -> JsonObject:
    """The item as a whole response would hold it: what was streamed, where its end left it out."""
    raw = dict(slot.raw)
    if slot.type in CALLS:
        field = CALLS[slot.type]
        raw[field] = texts.get(("call", 0), "")
        return raw
    if slot.thinks:
        raw["phase"] = raw.get("phase") or "commentary"
    if slot.type == "reasoning":
        raw["_shown"] = slot.channel  # what was delivered is what the reply says
    ended = dict(texts_of(slot.raw)) if slot.done else {}
    if slot.ahead:
        texts = {
            (name, number - slot.ahead if name == slot.channel else number): text
            for (name, number), text in texts.items()
        }
    for name in ("summary", "content"):
        own = {
            key: text for key, text in texts.items() if (key[0] == "summary") == (name == "summary")
        }
        if any(ended.get(key) != text for key, text in own.items()):
            raw[name] = [_written(key, own[key]) for key in sorted(own, key=lambda key: key[1])]
    return raw


_PART_TYPES = {"summary": "summary_text", "content": "reasoning_text"}


def _written(key: Key, text: str) -> JsonObject:
    if key[0] == "refusal":
        return {"type": "refusal", "refusal": text}
    part: JsonObject = {"type": _PART_TYPES.get(key[0], key[0]), "text": text}
    return part | {"annotations": []} if key[0] == "output_text" else part
