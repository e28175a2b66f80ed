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

_CONTAINERS = {b"{": "object", b"[": "array"}

Path = tuple[str | int, ...]

_STRING = re.compile(rb'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"', re.DOTALL)
_SPACE = re.compile(rb"[ \t\n\r]*+")
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+")
_LITERAL = re.compile(rb"true|false|null|NaN|-?Infinity")
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
        offset = len(text[: error.pos].encode("utf-8", "surrogatepass"))
        raise FramingError(f"no JSON: {error.msg}", offset=offset, found=repr(near)) from error
    except ValueError as error:  # an integer of thousands of digits
        raise FramingError(f"no JSON that can be held: {error}") from error


def dumps(value: Any) -> bytes:
    """Compact JSON. What orjson refuses (half a surrogate pair, huge integers) is escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()


def heal(text: str) -> str:
    """Joins surrogate halves that came in two fragments; halves left alone become U+FFFD."""
    if not _HALF.search(text):
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


def strings(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Value]:
    """Every string value, in the order of the bytes."""
    return (value for value in values(data, start, end) if value.kind == "string")


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
    at = _skip(data, start + 3 if data[start : start + 3] == b"\xef\xbb\xbf" else start, stop)
    within: list[_Open] = []
    path: Path = ()
    after_value = after_comma = False
    while at < stop:
        mark = data[at : at + 1]
        if mark in b"}]" and within and not after_comma:
            closed = within.pop()
            if (closed.kind == "object") is not (mark == b"}"):
                return
            yield Value(closed.path, closed.start, at + 1, closed.kind)
            at, after_value = at + 1, True
        elif after_value:
            if mark != b",":
                return
            at, after_value, after_comma = at + 1, False, True
        else:
            if within:
                path, at = _member(data, at, stop, within[-1])
            opened = _CONTAINERS.get(data[at : at + 1])
            scalar = None if opened else _scalar(data, at, stop, path)
            if opened and len(within) < DEPTH:
                within.append(_Open(at, path, opened))
                at += 1
            elif scalar:
                yield scalar
                at = scalar.end + (scalar.kind == "string")
            else:
                return
            after_value, after_comma = opened is None, False
        if after_value and not within:
            return
        at = _skip(data, at, stop)


def _member(data: bytes, at: int, stop: int, container: _Open) -> tuple[Path, int]:
    """The path of a container's next member and where its value begins: `stop` if it has none."""
    if container.kind == "array":
        container.count += 1
        return (*container.path, container.count - 1), at
    key = _STRING.match(data, at, stop)
    if key is None:
        return (), stop
    at = _skip(data, key.end(), stop)
    if data[at : at + 1] != b":":
        return (), stop
    return (*container.path, decode(key[1])), _skip(data, at + 1, stop)


def _scalar(data: bytes, at: int, stop: int, path: Path) -> Value | None:
    if at >= stop:
        return None
    if string := _STRING.match(data, at, stop):
        return Value(path, string.start(1), string.end(1), "string")
    for kind, pattern in (("literal", _LITERAL), ("number", _NUMBER)):
        if found := pattern.match(data, at, stop):
            return Value(path, at, found.end(), kind)
    return None


def _skip(data: bytes, at: int, stop: int) -> int:
    space = _SPACE.match(data, at, stop)
    return space.end() if space else at


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
