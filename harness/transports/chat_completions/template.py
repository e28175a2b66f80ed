"""Chunks that differ from the one before them in one string only, known by their bytes.

Nearly all of a stream is the same JSON around another few words: of the text, of the reasoning, of
one call's arguments. Once such a chunk was parsed, its bytes before and after the words are a
template: what fits it, with any JSON string between, means the same with other words, and only that
string need be parsed. That is proven for each template, not supposed: its parts around a probe are
parsed, and must say the probe where the words were.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from orjson import loads

from harness.model import EventKind, JsonObject
from harness.transports.chat_completions.calls import index_and_id
from harness.transports.chat_completions.meaning import REASONING_FIELDS

_PROBE = "probe"
_PROBE_BYTES = _PROBE.encode()
_ARGUMENTS = "arguments"
_CALLS = "tool_calls"
_KINDS = dict.fromkeys(REASONING_FIELDS, EventKind.REASONING) | {"content": EventKind.TEXT}
_FRAGMENT = frozenset(("index", "id", "type", "function"))
_HOLES = {
    name: re.compile(rb'"%b"[ \t]*+:[ \t]*+"((?:[^"\\]++|\\.)*+)"' % name.encode())
    for name in (*_KINDS, _ARGUMENTS)
}


class Place(NamedTuple):
    """What the words of a chunk are: of which kind, under which name, of which call and model."""

    kind: EventKind
    name: str
    model: str
    slot: int | None  # the index that the call's fragments name
    id: str | None

    def delta(self, words: str) -> JsonObject:
        """The delta that says these words in this place, and nothing else."""
        if self.kind is not EventKind.TOOL_ARGUMENTS:
            return {self.name: words}
        function = {self.name: words}
        return {_CALLS: [{"index": self.slot, "id": self.id, "function": function}]}

    def words(self, chunk: JsonObject) -> Any:
        """What a chunk of the same shape says there."""
        delta = chunk["choices"][0]["delta"]
        if self.kind is not EventKind.TOOL_ARGUMENTS:
            return delta[self.name]
        return delta[_CALLS][0]["function"][self.name]


class Template(NamedTuple):
    """An event's bytes up to its words and from them on, quotes included; where the opening quote
    stands, and where the closing one ends, counted from the end of its line."""

    prefix: bytes | tuple[()]  # nothing starts with one of no prefixes
    suffix: bytes
    start: int
    end: int
    tail: bytes  # the suffix, with the blank line
    place: Place


NONE = Template((), b"", 0, 0, b"", Place(EventKind.TEXT, "", "", None, None))


def alone(chunk: Any) -> Place | None:
    """Where a chunk has its words, if it says nothing else. What else stands in it is either empty
    or, once the chunk was taken, known: to take it again would change nothing."""
    if type(chunk) is not dict or chunk.get("usage") or "x_groq" in chunk:
        return None
    choices = chunk.get("choices")
    choice = choices[0] if type(choices) is list and len(choices) == 1 else None
    if type(choice) is not dict or choice.get("finish_reason") not in (None, ""):
        return None
    delta = choice.get("delta")
    if type(delta) is not dict or choice.get("index") or choice.get("usage"):
        return None
    said = [name for name, value in delta.items() if value and name != "role"]
    if len(said) != 1:
        return None
    name, model = said[0], chunk.get("model")
    model = model if type(model) is str else ""
    if name == _CALLS:
        return _fragment(delta[name], model)
    kind = _KINDS.get(name)
    return Place(kind, name, model, None, None) if kind and type(delta[name]) is str else None


def _fragment(entries: Any, model: str) -> Place | None:
    """A piece of one call's arguments, without a name: it begins no call."""
    entry = entries[0] if type(entries) is list and len(entries) == 1 else None
    if type(entry) is not dict or not _FRAGMENT.issuperset(entry):
        return None
    function = entry.get("function")
    if type(function) is not dict or function.get("name"):
        return None
    if type(function.get(_ARGUMENTS)) is not str:
        return None
    return Place(EventKind.TOOL_ARGUMENTS, _ARGUMENTS, model, *index_and_id(entry))


def learn(raw: bytes, place: Place, field: bytes) -> Template:
    """The template of an event that has its words there, in one line of data after `field`; NONE
    if it has none."""
    hole = _HOLES[place.name].search(raw)
    if hole is None or b"\n" in raw or b"\r" in raw:
        return NONE
    begin, end = hole.span(1)
    prefix, suffix = raw[:begin], raw[end:]
    try:
        probe = loads(prefix + _PROBE_BYTES + suffix)
    except ValueError:
        return NONE
    if place.words(probe) != _PROBE:
        return NONE
    start = len(field) + begin - 1
    return Template(field + prefix, suffix, start, 1 - len(suffix), suffix + b"\n\n", place)
