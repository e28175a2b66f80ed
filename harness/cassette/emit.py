"""Plain data to YAML that a person can read and any YAML 1.1 loader reads back unchanged.

PyYAML's own emitter folds long text, escapes what has a blank at a line's end, and cannot be told
otherwise in C. Here text stands in literal blocks wherever a block keeps it as it is; else
in double quotes with one source line a line; bytes are `!!binary`.
"""

from __future__ import annotations

import base64
import re
from typing import Any

import yaml

_NOT_BLOCK = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPED = re.compile(_NOT_BLOCK.pattern.replace("\t\n", "") + '|["\\\\]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+=;@%&*()-]*( [A-Za-z0-9_./+=;@%&*()-]+)*\Z")
_URL = re.compile(r"https?://[A-Za-z0-9_./+=;@%&?:~-]+\Z")
_IMPLICIT = yaml.SafeLoader.yaml_implicit_resolvers
_SHORT = 88


class Folded(str):
    """Words that may be spread over lines: the notation of pieces."""

    __slots__ = ()


class Inline(dict[str, Any]):
    """A small mapping that stands on one line."""


def document(data: dict[str, Any]) -> bytes:
    """Raises ValueError for what YAML has not."""
    return "".join(_mapping(data, 0)).encode()


def _mapping(data: dict[Any, Any], indent: int) -> list[str]:
    lines = []
    for key, value in data.items():
        lines += [" " * indent, _key(key), ":", *_after(value, indent)]
    return lines


def _key(key: Any) -> str:
    text = _scalar(key)
    if len(text) > 100:  # YAML has short keys only, on one line
        raise ValueError(f"a key of {len(text)} characters cannot be written: {text[:40]}...")
    return text


def _after(value: Any, indent: int) -> list[str]:
    """What stands after `key:`, its line's end included."""
    if isinstance(value, list | tuple):
        return _sequence(value, indent)
    if isinstance(value, dict) and value and not isinstance(value, Inline):
        return ["\n", *_mapping(value, indent + 2)]
    if isinstance(value, bytes):
        return _binary(value, indent + 2)
    if isinstance(value, dict):
        text = _flow(value)
    elif isinstance(value, Folded):
        text = _folded(value, indent + 2)
    else:
        text = _text(value, indent + 2) if isinstance(value, str) else _scalar(value)
    return [" ", text, "\n"]


def _sequence(items: Any, indent: int) -> list[str]:
    if not items:
        return [" []\n"]
    if len(items) == 1 and isinstance(items[0], str) and _fits(items[0]):
        return [" [", _scalar(items[0], flow=True), "]\n"]
    lines = ["\n"]
    for item in items:
        if isinstance(item, dict) and item and not isinstance(item, Inline):
            first, *others = _mapping(item, indent + 2)
            lines += [" " * indent, "- ", first[indent + 2 :], *others]
        else:
            inner = indent + 2 if isinstance(item, list | tuple) else indent
            lines += [" " * indent, "-", *_after(item, inner)]
    return lines


def _fits(text: str) -> bool:
    return len(text) <= _SHORT and not _ESCAPED.search(text.replace('"', ""))


def _flow(data: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{_key(k)}: {_scalar(v, flow=True)}" for k, v in data.items()) + "}"


def _folded(text: str, indent: int) -> str:
    words, lines, line = text.split(), [], ""
    if len(words) == 1:
        return _scalar(text)
    for word in words:
        if line and len(line) + len(word) > _SHORT:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
    return ("\n" + " " * indent).join([*lines, line])


def _binary(data: bytes, indent: int) -> list[str]:
    if not data:
        return [' !!binary ""\n']
    text = base64.b64encode(data).decode()
    margin = "\n" + " " * indent
    return [" !!binary |", *(margin + text[n : n + 76] for n in range(0, len(text), 76)), "\n"]


def _text(text: str, indent: int) -> str:
    """A block, if it keeps the text; a short line as a scalar."""
    if "\n" not in text and len(text) <= _SHORT:
        return _scalar(text)
    if _NOT_BLOCK.search(text) or not text.strip():
        return _quoted(text, indent)
    margin = " " * indent
    size = "2" if text[0] in " \t\n" else ""
    keep = "" if text.endswith("\n") else "-"
    if text.endswith("\n\n"):
        keep = "+"
    lines = text.removesuffix("\n").split("\n")
    body = "\n".join(margin + line if line else line for line in lines)
    return f"|{size}{keep}\n{body}"


def _quoted(text: str, indent: int) -> str:
    """In double quotes, with an escaped line break after every newline."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
        lines[-1:] = [lines[-1] + "\n"]
    joint = "\\n\\\n" + " " * indent
    parts = [_ESCAPED.sub(_escape, line) for line in lines]
    parts[1:] = ["\\" + part if part[:1] == " " else part for part in parts[1:]]
    return '"' + joint.join(parts) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"a lone surrogate, \\u{code:04x}, cannot be written: it is no text")
    if char in _ESCAPES:
        return _ESCAPES[char]
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _scalar(value: Any, *, flow: bool = False) -> str:
    if not isinstance(value, str):
        return _atom(value)
    plain = _PLAIN.match(value) or (not flow and _URL.match(value))
    if plain and len(value) <= _SHORT and not _is_implicit(value):
        return value
    if _ESCAPED.search(value.replace('"', "").replace("\\", "")):
        return '"' + _ESCAPED.sub(_escape, value) + '"'
    return "'" + value.replace("'", "''") + "'"


def _atom(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    raise ValueError(f"{type(value).__name__} cannot be written: {value!r:.40}")


def _is_implicit(text: str) -> bool:
    """Whether a loader would take this for a number, a date, true, null ..."""
    return any(rule.match(text) for _, rule in _IMPLICIT.get(text[:1], []))


def _float(value: float) -> str:
    """YAML 1.1 takes 1e-05 for text: it wants a point."""
    if value != value:  # noqa: PLR0124  the one value that is not itself
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
