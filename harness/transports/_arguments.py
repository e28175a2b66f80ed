"""Tool-call arguments as servers really send them, made JSON again where nothing is guessed.

The rule of this file: it is asked only about a call that its wire has finished, and even then it
adds no value and completes none. A closer that the server forgot after a whole value is put there;
an open string, a dangling comma or half a literal means that more was to come: unrepairable.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

NOTHING = "{}"
NAMELESS = "(no name)"
_TOO_MANY = 50  # surplus closers

_CLOSER = {"{": "}", "[": "]"}
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def compact(value: Any) -> str:
    """JSON text of a value, without needless space. A lone surrogate stays escaped."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return json.dumps(value, separators=(",", ":"), default=str)


def as_text(value: Any) -> str:
    """Arguments as the wire's string; what arrived as an object becomes compact JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else compact(value)


def unfit(name: str) -> str:
    """Why a call that its wire has finished was dropped."""
    return "it has no name" if name == NAMELESS else "its arguments are no whole JSON object"


def is_object(text: str) -> bool:
    """Whether this is JSON, and an object: a call's arguments are named, or they are none."""
    found = _parse(text)
    return found is not None and isinstance(found[0], dict)


def repair(raw: str | None) -> str | None:
    """`raw` if it is a JSON object, else the one it clearly means, else None: the call must be
    dropped. A list or a bare value is whole, and still says nothing of any parameter."""
    if raw is None or not raw.strip() or raw.strip() == "null":
        return NOTHING
    found = _parse(raw)
    if found is not None:
        return raw if isinstance(found[0], dict) else None
    mended = _Mender(raw).mend()
    return None if mended is None else _rewritten(mended)


def _rewritten(text: str) -> str | None:
    """The same object without needless space; None if it is none. Big numbers keep every digit."""
    try:
        value = json.loads(text, parse_constant=_refuse)
        if not isinstance(value, dict):
            return None
        shown = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        shown.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return shown


def _parse(text: str) -> tuple[Any] | None:
    """The value in a tuple, or None: JSON by the standard, without NaN."""
    try:
        return (orjson.loads(text),)
    except ValueError:
        pass
    if "\\u" not in text:
        return None  # only an escaped lone surrogate is refused above and good below
    try:
        return (json.loads(text, parse_constant=_refuse),)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


class _Mender:
    """One pass over the text: escapes what must be, drops trailing commas, balances closers."""

    def __init__(self, raw: str) -> None:
        self._raw = raw.strip()
        self._out: list[str] = []
        self._open: list[str] = []
        self._surplus = 0

    def mend(self) -> str | None:
        position = 0
        while position < len(self._raw):
            char = self._raw[position]
            if char == '"':
                after = self._string(position)
                if after is None:
                    return None
                position = after
                continue
            if char in "}]":
                if not self._shut(char):
                    return None
            elif self._surplus:
                if not char.isspace():
                    return None  # something stands after a surplus closer
            else:
                if char in _CLOSER:
                    self._open.append(char)
                self._out.append(char)
            position += 1
        return self._ended()

    def _string(self, start: int) -> int | None:
        """Copies one string, control characters escaped; None when it never ends."""
        if self._surplus:
            return None
        self._out.append('"')
        position = start + 1
        while position < len(self._raw):
            char = self._raw[position]
            if char == '"':
                self._out.append('"')
                return position + 1
            if char == "\\":
                self._out.append(self._raw[position : position + 2])
                position += 2
                continue
            self._out.append(char if char >= " " else _ESCAPES.get(char, f"\\u{ord(char):04x}"))
            position += 1
        return None

    def _shut(self, closer: str) -> bool:
        if not self._open:
            self._surplus += 1
            return self._surplus <= _TOO_MANY
        if _CLOSER[self._open.pop()] != closer:
            return False
        while self._out[-1].isspace():
            self._out.pop()
        if self._out[-1] == ",":
            self._out.pop()
            if self._out[-1] in ",:{[":
                return False
        self._out.append(closer)
        return True

    def _ended(self) -> str | None:
        if self._open and self._out[-1] in ",:{[":
            return None
        return "".join([*self._out, *(_CLOSER[char] for char in reversed(self._open))])
