"""One JSON text a line. LF ends a line, a CR before it is dropped, blank lines say nothing.

A last line without its LF is pending, even if it parses: a reader decides whether to believe it.
"""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations

from typing import Any, NamedTuple

from harness.errors import LimitError, WireError
from harness.model import Span
from harness.wire.growing import Growing
from harness.wire.jsontext import dumps, loads
from harness.wire.pending import Pending

LIMIT = 16 * 1024 * 1024
_BLANK = b" \t\r"


class Line(NamedTuple):
    """One line: `raw` without its line end, which the span includes."""

    raw: bytes
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def json(self) -> Any:
        return loads(self.raw)


class NdjsonDecoder:
    """Feed pieces of any size; lines come out with their LF. `limit` bounds one line."""

    __slots__ = ("_error", "_line", "_said", "_start", "limit")

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._line = Growing()
        self._start = 0
        self._said = False  # anything but blanks on this line
        self._error: WireError | None = None

    def fork(self) -> NdjsonDecoder:
        fork = NdjsonDecoder.__new__(NdjsonDecoder)
        fork.limit, fork._start, fork._error = self.limit, self._start, self._error
        fork._line, fork._said = self._line.fork(), self._said
        return fork

    def feed(self, data: bytes) -> list[Line]:
        if self._error is not None:
            raise self._error
        lines: list[Line] = []
        *whole, rest = data.split(b"\n")
        try:
            for part in whole:
                self._append(part)
                raw = self._line.take()
                end = self._start + len(raw) + 1
                if self._said:
                    lines.append(Line(raw.removesuffix(b"\r"), self._start, end))
                self._start, self._said = end, False
            self._append(rest)
        except LimitError as error:
            self._error = error
            if not lines:
                raise
        return lines

    def end(self) -> Pending | None:
        if self._error is not None:
            raise self._error
        return Pending(self._line, self._start) if self._said else None

    def _append(self, part: bytes) -> None:
        if len(self._line) + len(part) > self.limit:
            raise LimitError(f"a line is larger than {self.limit} bytes", offset=self._start)
        self._line.append(part)
        self._said = self._said or bool(part.strip(_BLANK))


def encode(value: Any) -> bytes:
    """One value as its line."""
    return dumps(value) + b"\n"
