"""JSON as bytes: parsed in one way by everybody, and its values located without parsing them.

A fault cuts inside a string's bytes and a reader judges what the string says, so `values`,
`char_end` and `decode` must agree with `loads` on every escape and on every invalid byte.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from harness.errors import FramingError
from harness.model import Span

DEPTH = 200  # deeper JSON would break whoever walks it by recursion

_BOM = b"\xef\xbb\xbf"
_CONTAINERS = {b"{": "object", b"[": "array"}
_CLOSERS = {"object": b"}", "array": b"]"}
_new = tuple.__new__

Path = tuple[str | int, ...]

_SPACE = rb"[ \t\n\r]*+"
_STRING = rb'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"'
_LITERAL = rb"(true|false|null|NaN|-?Infinity)"
_NUMBER = rb"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)"
_VALUE = re.compile(_SPACE + rb"(?:([\[{])|" + b"|".join((_STRING, _LITERAL, _NUMBER)) + b")")
_KINDS = ("", "", "string", "literal", "number")  # by the number of the group above
_KEY = re.compile(_SPACE + _STRING + _SPACE + b":")
_CLOSE = re.compile(_SPACE + rb"[\]}]")
_AFTER = re.compile(_SPACE + rb"([,\]}])")
_BRACKET = re.compile(rb'[\[\]{}]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")

# One decoded character each. Invalid UTF-8 becomes one U+FFFD for every longest part that a valid
# sequence could begin with, which is what decoding with "replace" does.
_CHARACTER = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u[0-9a-fA-F]{4}|\\."
    rb"|[\xc2-\xdf][\x80-\xbf]?"
    rb"|\xe0(?:[\xa0-\xbf][\x80-\xbf]?)?|\xed(?:[\x80-\x9f][\x80-\xbf]?)?"
    rb"|[\xe1-\xef][\x80-\xbf]{0,2}"
    rb"|\xf0(?:[\x90-\xbf][\x80-\xbf]{0,2})?|\xf4(?:[\x80-\x8f][\x80-\xbf]{0,2})?"
    rb"|[\xf1-\xf3][\x80-\xbf]{0,3}"
    rb"|.",
    re.DOTALL,
)


def loads(data: bytes) -> Any:
    """The value of one JSON text. Invalid UTF-8 is replaced, lone surrogate escapes and NaN are
    let through as the usual clients do; anything else is a FramingError, too deep nesting too."""
    if len(data) > DEPTH:
        _check_depth(data)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20]
        raise FramingError(
            f"no JSON: {error.msg}", offset=_broken(data), found=repr(near)
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise FramingError(f"no JSON that can be held: {error}") from error


def _broken(data: bytes) -> int:
    """The byte at which parsing ends: found in text that can be made bytes again, unlike U+FFFD."""
    start = len(_BOM) if data.startswith(_BOM) else 0
    text = data[start:].decode("utf-8", "surrogateescape")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return start + len(text[: error.pos].encode("utf-8", "surrogateescape"))
    return len(data)


def dumps(value: Any) -> bytes:
    """Compact JSON. What orjson refuses (half a surrogate pair, huge integers) is escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def heal(text: str) -> str:
    """Joins surrogate halves that came in two fragments; halves left alone become U+FFFD."""
    if text.isascii() or not _HALF.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decode(payload: bytes) -> str:
    """What the inside of a JSON string says."""
    if b"\\" not in payload:
        return payload.decode("utf-8", "replace")
    value = loads(b'"' + payload + b'"')
    if not isinstance(value, str):
        raise FramingError("no inside of one JSON string", found=repr(payload[:40]))
    return value


def char_ends(data: bytes, start: int, end: int) -> Iterator[int]:
    """The offset that completes each decoded character of the string payload data[start:end]."""
    return (match.end() for match in _CHARACTER.finditer(data, start, end))


def char_end(data: bytes, start: int, end: int, count: int) -> int:
    """The offset that completes the first `count` decoded characters: `start` for none of them,
    `end` for as many as there are or more."""
    if count <= 0:
        return start
    return next(itertools.islice(char_ends(data, start, end), count - 1, None), end)


class Value(NamedTuple):
    """Where one value stands. A string's span is inside its quotes; `kind` is object, array,
    string, number or literal."""

    path: Path
    start: int
    end: int
    kind: str

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def index(data: bytes, start: int = 0, end: int | None = None) -> dict[Path, Value]:
    """Every value by its path; of a repeated key the last one counts, as it does in `loads`."""
    return {value.path: value for value in values(data, start, end)}


@dataclass(slots=True)
class _Open:
    """A container that has not closed: `count` is how many members it has so far."""

    start: int
    path: Path
    kind: str
    count: int = 0


def values(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Value]:
    """Every value of the JSON text in data[start:end], containers when they close. Damaged JSON
    stops it at the damage: what was whole before has been yielded."""
    stop = len(data) if end is None else end
    at = start + 3 if data[start : start + 3] == _BOM else start
    within: list[_Open] = []
    path: Path = ()
    while (token := _VALUE.match(data, at, stop)) is not None and len(within) <= DEPTH:
        at, group = token.end(), token.lastindex or 0
        if group > 1:
            yield _new(Value, (path, *token.span(group), _KINDS[group]))
        else:
            within.append(_Open(at - 1, path, _CONTAINERS[token[1]]))
        if group > 1 or _CLOSE.match(data, at, stop):
            while within and (after := _AFTER.match(data, at, stop)) is not None:
                at, mark = after.end(), after[1]
                if mark == b",":
                    break
                closed = within.pop()
                if _CLOSERS[closed.kind] != mark:
                    return
                yield _new(Value, (closed.path, closed.start, at, closed.kind))
            else:
                return
        member = _member(data, at, stop, within[-1])
        if member is None:
            return
        path, at = member


def _member(data: bytes, at: int, stop: int, container: _Open) -> tuple[Path, int] | None:
    """The path of a container's next member and where its value begins, if it has a next."""
    if container.kind == "array":
        container.count += 1
        return (*container.path, container.count - 1), at
    key = _KEY.match(data, at, stop)
    return None if key is None else ((*container.path, decode(key[1])), key.end())


def _check_depth(data: bytes) -> None:
    if data.count(b"[") + data.count(b"{") <= DEPTH:
        return
    depth = 0
    for bracket in _BRACKET.finditer(data):
        mark = bracket[0]
        if mark in (b"[", b"{"):
            depth += 1
            if depth > DEPTH:
                raise FramingError(f"JSON is nested deeper than {DEPTH}", offset=bracket.start())
        elif mark in (b"]", b"}"):
            depth -= 1
