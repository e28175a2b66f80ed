"""The tool calls of one reply, gathered from fragments.

The rule of this file: which call a fragment belongs to. Its index says so, but servers leave it
out, number every call 0, send a name or an id again, send an empty id, or send calls whole. A new
call begins where a new id comes with a name, or where a name comes after arguments that are
complete; everything else continues a call.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from harness.model import Event, EventKind, JsonObject, Span, ToolCall
from harness.transports._arguments import NAMELESS, as_text, is_object, repair
from harness.transports._chain import Chain, joined, paired
from harness.transports._ids import call_id
from harness.transports._merging import Merging, plus
from harness.transports._whole import Brackets
from harness.wire.jsontext import heal

_NUMBER = re.compile("[0-9]{1,9}")
_NO_ID = ("", "null", "None")


class Call:
    """One call so far. The first name and the first id that say something are kept."""

    __slots__ = ("_watch", "arguments", "extra", "half", "id", "index", "kind", "name", "number")

    def __init__(self, number: int, index: int | None, *, watched: bool) -> None:
        self.number, self.index = number, index
        self.id: str | None = None
        self.name = ""
        self.kind = "function"
        self.arguments: Chain = None
        self.half = ""
        self.extra: Merging | None = None
        # Only where no id tells calls apart must it be known whether the arguments are complete.
        self._watch = Brackets() if watched else None

    def copy(self) -> Call:
        twin = object.__new__(Call)
        for name in Call.__slots__:
            setattr(twin, name, getattr(self, name))
        twin._watch = self._watch.fork() if self._watch else None
        return twin

    @property
    def complete(self) -> bool:
        return self._watch is not None and self._watch.end is not None

    def grow(self, text: str) -> str:
        """Adds a fragment; returns what of it can be shown already."""
        if self.half or not text.isascii():
            text, self.half = paired(self.half, text)
        self.add(text)
        return text

    def add(self, text: str) -> None:
        if text:
            self.arguments = (self.arguments, text)
            if self._watch is not None:
                self._watch.feed(text.encode())

    def text(self) -> str:
        return joined(self.arguments) + ("\ufffd" if self.half else "")


class Settled(NamedTuple):
    calls: tuple[ToolCall, ...]
    dropped: tuple[str, ...]


_NO_CALLS = Settled((), ())


class Calls:
    """The calls in their order of appearance. A fork shares them until either side changes one."""

    __slots__ = ("_by_id", "_by_index", "_list", "_shared", "latest")

    def __init__(self) -> None:
        self._list: list[Call] = []
        self._by_index: dict[int, int] = {}
        self._by_id: dict[str | None, int] = {}
        self._shared = False
        self.latest = 0  # the number of the call that the last fragment belonged to

    def __len__(self) -> int:
        return len(self._list)

    def names(self) -> tuple[str, ...]:
        return tuple(call.name or NAMELESS for call in self._list)

    def fork(self) -> Calls:
        twin = object.__new__(Calls)
        self._shared = True
        for name in Calls.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def take(self, entry: Any, span: Span | None, *, cumulative: bool = False) -> list[Event]:
        """One element of `tool_calls`, a fragment or whole."""
        if not isinstance(entry, dict):
            return []
        self._own()
        body = entry.get("function")
        custom = not body and isinstance(entry.get("custom"), dict)  # one server sends both
        body = entry["custom"] if custom else body if isinstance(body, dict) else {}
        name = body.get("name")
        name = name if isinstance(name, str) else ""
        text = as_text(body.get("input" if custom else "arguments"))
        index, id_ = index_and_id(entry)
        call = self._find_or_open(index, id_, name)
        self.latest = call.number
        if custom:
            call.kind = "custom"
        if isinstance(entry.get("extra_content"), dict):
            call.extra = plus(call.extra, entry["extra_content"])
        return self._grow(call, id_, name, _rest(call, text) if cumulative else text, span)

    def run(self, index: int | None, id_: str | None, text: str) -> Call | None:
        """Fragments in a row that all continue one call, without a name; its state, or None where
        `take` must see to them."""
        call = self._at(index, id_, "")
        if call is None or call.half or (id_ and call.id is None):
            return None
        self._own()
        call = self._list[call.number]
        self.latest = call.number
        call.add(text)
        return call

    def _own(self) -> None:
        if self._shared:
            self._list = [call.copy() for call in self._list]
            self._by_index, self._by_id = dict(self._by_index), dict(self._by_id)
            self._shared = False

    def _find_or_open(self, index: int | None, id_: str | None, name: str) -> Call:
        call = self._find(index, id_, name)
        if call is None:
            call = Call(len(self._list), index, watched=id_ is None)
            self._list.append(call)
            if index is not None:
                self._by_index[index] = call.number
        return call

    def _grow(
        self, call: Call, id_: str | None, name: str, text: str, span: Span | None
    ) -> list[Event]:
        events: list[Event] = []
        if id_ and call.id is None:
            call.id = id_
            self._by_id.setdefault(id_, call.number)
        if name and not call.name:
            call.name = name = heal(name)
            events.append(Event(EventKind.TOOL_NAME, name, call.number, call.id, name, span=span))
        if text and (shown := call.grow(text)):
            events.append(
                Event(EventKind.TOOL_ARGUMENTS, shown, call.number, call.id, call.name, span=span)
            )
        return events

    def _find(self, index: int | None, id_: str | None, name: str) -> Call | None:
        """The call that a fragment continues, or None: it begins one."""
        call = self._at(index, id_, name)
        if call is None or not name or not call.name:
            return call  # it names nothing new: a continuation, whatever its id
        if id_ and call.id:
            return call if id_ == call.id else None
        unplaced = index is None and (id_ or name != call.name)
        return None if unplaced or call.complete else call

    def _at(self, index: int | None, id_: str | None, name: str) -> Call | None:
        """The call that is meant by the index, else by the id; without both, the last one."""
        if index is not None and index in self._by_index:
            return self._list[self._by_index[index]]
        if id_ in self._by_id and (index is None or not name):
            return self._list[self._by_id[id_]]
        return self._list[-1] if self._list and index is None else None

    def settle(self, *, whole: bool) -> Settled:
        """The calls that may be offered, of a reply that has ended. `whole` says that its wire
        finished them; after a limit or an error the last words may be missing, and there nothing is
        repaired."""
        if not self._list:
            return _NO_CALLS
        calls: list[ToolCall] = []
        dropped: list[str] = []
        for call in self._list:
            raw = call.text()
            arguments = _executable(call, raw, whole=whole)
            if arguments is None or not call.name:
                dropped.append(call.name or NAMELESS)
                continue
            data: JsonObject = {}
            if call.extra is not None:
                data["extra_content"] = call.extra.value()
            if call.kind != "function":
                data["type"] = call.kind
            if raw and raw != arguments:
                data["raw_arguments"] = raw
            id_ = call.id or call_id(call.name, arguments, call.number)
            calls.append(ToolCall(id_, call.name, arguments, data or None))
        return Settled(tuple(calls), tuple(dropped))


def index_and_id(entry: JsonObject) -> tuple[int | None, str | None]:
    """What says which call is meant; None for what says nothing."""
    index, raw = entry.get("index"), entry.get("id")
    if isinstance(index, str) and _NUMBER.fullmatch(index):
        index = int(index)
    id_ = None if raw is None or isinstance(raw, bool) else heal(str(raw))
    return (index if type(index) is int else None), (None if id_ in _NO_ID else id_)


def _executable(call: Call, raw: str, *, whole: bool) -> str | None:
    if call.kind != "function":
        return raw if whole else None  # free text: only its wire can say that it is whole
    if whole:
        return repair(raw)
    return raw if raw.strip() and is_object(raw) else None


def _rest(call: Call, text: str) -> str:
    """What is new in a fragment that may repeat all arguments so far."""
    said = call.text()
    return text[len(said) :] if said and text.startswith(said) else text
