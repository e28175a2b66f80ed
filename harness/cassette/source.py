"""A file's bytes to plain data: gzip, JSON or YAML, and where in the text each thing stands."""

from __future__ import annotations

import re
from typing import Any

import yaml

from harness.cassette import events
from harness.cassette.events import Path
from harness.errors import CassetteError, CodingError, LimitError, Where
from harness.wire.coding import Decoder

_LARGEST = 512 * 1024 * 1024
_HINT = "A cassette is YAML or JSON, as vcrpy writes it"
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")
_NOT_JSON = object()


def parse(data: bytes, name: str | None = None) -> Any:
    """The one document of a file, whatever it is written in."""
    text = unpacked(data, name)
    if text.lstrip()[:1] in (b"{", b"["):
        found = _json(text)
        if found is not _NOT_JSON:
            return found
    try:
        return events.load(text)
    except yaml.YAMLError as error:
        raise _unreadable(error, name) from error


def _json(text: bytes) -> Any:
    import orjson  # noqa: PLC0415  most cassettes are YAML

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _NOT_JSON  # a YAML flow mapping looks like this too


def _unreadable(error: yaml.YAMLError, name: str | None) -> CassetteError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = Where(name, mark.line + 1, mark.column + 1) if mark else Where(name)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return CassetteError(f"cannot be read as YAML: {problem}", where=where, hint=_HINT)


def unpacked(data: bytes, name: str | None = None) -> bytes:
    """Without the gzip around it, if there is one."""
    if data[:2] != b"\x1f\x8b":
        return data
    unzip = Decoder("gzip", _LARGEST)
    try:
        text = unzip.feed(data)
        whole = unzip.end()
    except LimitError:
        raise CassetteError("unpacks to too much", where=Where(name)) from None
    except CodingError as error:
        raise CassetteError("is damaged gzip", where=Where(name), found=error.what) from error
    if not whole:
        found = f"{len(text)} bytes so far"
        raise CassetteError("is gzip cut short", where=Where(name), found=found)
    return text


class Marks:
    """Where things stand in a text. Made only once there is something to complain about."""

    def __init__(self, data: bytes, name: str | None = None) -> None:
        self._name = name
        self._places: dict[Path, tuple[int, int]] = {}
        try:
            for path, line, column in events.marks(unpacked(data, name)):
                self._places.setdefault(path, (line, column))
        except (yaml.YAMLError, CassetteError):
            return  # JSON that is no YAML: the lines end where YAML does

    def find(self, path: Path) -> Where:
        """The place of the deepest part of the path that is really there."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._places:
                return Where(self._name, *self._places[path[:end]])
        return Where(self._name, 1, 1)


def spelled(path: Path) -> str:
    """`interactions[2].response.harness.pieces`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return visible(text)


def visible(text: str) -> str:
    """A stranger's text for a terminal: nothing in it that one would obey."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
