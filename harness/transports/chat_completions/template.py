"""Chunks that differ from the one before them in one string only, known by their bytes.

Nearly all of a stream is the same JSON around another few words: of the text, of the reasoning, of
one call's arguments. Once such a chunk was parsed, its bytes before and after the words are a
template: what fits it, with any JSON string between, means the same with other words, and only that
string need be parsed. One vendor pads its chunks with a string of letters that means nothing and is
never the same: a template knows it by its place.

That the words stand where they seem to is proven for each template, not supposed: their name stands
in the bytes once, no other name is written with escapes, and the parsed chunk has them there.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from harness.model import EventKind, JsonObject
from harness.transports.chat_completions.calls import index_and_id
from harness.transports.chat_completions.meaning import REASONING_FIELDS

_ARGUMENTS = "arguments"
_CALLS = "tool_calls"
_KINDS = dict.fromkeys(REASONING_FIELDS, EventKind.REASONING) | {"content": EventKind.TEXT}
_NAMES = {name: b'"%b"' % name.encode() for name in (*_KINDS, _ARGUMENTS)}
_FRAGMENT = frozenset(("index", "id", "type", "function"))
_READ = frozenset(("choices", "error", "base_resp", "model", "usage", "x_groq"))
_VALUE = re.compile(rb'[ \t]*+:[ \t]*+"((?:[^"\\]++|\\.)*+)"')
_new = tuple.__new__


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


class Template(NamedTuple):
    """An event's bytes up to its words and from them on, quotes included, without its blank line;
    where the opening quote stands, and where the closing one ends, counted from the end. Where
    padding comes after the words, `padded` is what stands between the two and `suffix` follows."""

    prefix: bytes | tuple[()]  # nothing starts with one of no prefixes
    suffix: bytes
    tail: bytes  # the suffix, with the blank line
    start: int
    end: int
    padded: bytes
    place: Place

    def words(self, block: bytes) -> bytes:
        """The words in their quotes; where the padding is none, what is no JSON."""
        if not self.padded:
            return block[self.start : self.end]
        end = block.rfind(self.padded) + 1
        padding, stop = end - 1 + len(self.padded), len(block) - len(self.suffix)
        good = end and (padding == stop or (padding < stop and block[padding:stop].isalnum()))
        return block[self.start : end] if good else b""


NONE = Template((), b"", b"", 0, 0, b"", Place(EventKind.TEXT, "", "", None, None))


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
    words = kind is not None and type(delta[name]) is str
    return _new(Place, (kind, name, model, None, None)) if words else None


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


def learn(raw: bytes, chunk: JsonObject, place: Place, field: bytes) -> Template:
    """The template of an event that says `chunk`, with its words in that place, in one line of data
    after `field`; NONE if it has none."""
    name = _NAMES[place.name]
    at = raw.find(name)
    found = _VALUE.match(raw, at + len(name)) if at >= 0 > raw.find(name, at + 1) else None
    if found is None or b"\n" in raw or b"\r" in raw:
        return NONE
    begin, end = found.span(1)
    prefix, suffix, padded = field + raw[:begin], raw[end:], b""
    if b"\\" in prefix or b"\\" in suffix:
        return NONE
    last, padding = next(reversed(chunk.items()))
    if last not in _READ and (padding == "" or (type(padding) is str and padding.isalnum())):
        head = suffix.removesuffix(b'%b"}' % padding.encode())
        if head[-1:] == b'"' and head[:-1].rstrip(b" ").endswith(b'"%b":' % last.encode()):
            padded, suffix = head, b'"}'
    start = len(prefix) - 1
    tail = suffix + b"\n\n"
    return _new(Template, (prefix, suffix, tail, start, 1 - len(suffix), padded, place))
