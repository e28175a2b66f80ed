"""A body that is one JSON document: gathered, and watched for its last bracket.

Whether a document is whole is known without parsing it, so that every prefix of a long one can be
judged in linear time: only a document that closed is ever parsed. What follows it is no part of it,
whether it came in the same piece or later.
"""

from __future__ import annotations

import re

from harness.wire.document import DocumentDecoder

BLANK = b" \t\r\n\xef\xbb\xbf"  # what may stand before the first byte that tells what a body is

_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')


class Brackets:
    """Watches JSON for the end of its outermost object or array: so many bytes come up to `end`,
    which is None before. A text that begins with neither never ends."""

    __slots__ = ("_depth", "_escaped", "_quoted", "_seen", "end")

    def __init__(self) -> None:
        self._depth = 0  # less than that: neither object nor array
        self._seen = 0
        self._quoted = self._escaped = False
        self.end: int | None = None

    def fork(self) -> Brackets:
        twin = Brackets.__new__(Brackets)
        for name in Brackets.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def feed(self, data: bytes) -> None:
        if self._depth == 0 and data.lstrip(BLANK)[:1] not in b"{[":
            self._depth = -1
        if self._depth < 0 or self.end is not None or not data:
            return
        position = int(self._escaped)
        self._escaped = False
        while position < len(data):
            mark = (_INSIDE if self._quoted else _OUTSIDE).search(data, position)
            if mark is None:
                break
            position = mark.end()
            if mark[0] == b"\\":
                position += 1
                self._escaped = position > len(data)
            elif mark[0] == b'"':
                self._quoted = not self._quoted
            else:
                self._depth += 1 if mark[0] in b"{[" else -1
                if self._depth == 0:
                    self.end = self._seen + position
                    return
        self._seen += len(data)


class Whole:
    """`closed` is true once the outermost object or array has ended."""

    __slots__ = ("_body", "_brackets")

    def __init__(self) -> None:
        self._body = DocumentDecoder()
        self._brackets = Brackets()

    def fork(self) -> Whole:
        twin = Whole.__new__(Whole)
        twin._body, twin._brackets = self._body.fork(), self._brackets.fork()  # noqa: SLF001
        return twin

    @property
    def closed(self) -> bool:
        return self._brackets.end is not None

    def feed(self, data: bytes) -> None:
        self._body.feed(data)
        self._brackets.feed(data)

    def body(self) -> bytes:
        """Everything that came, of a document or of anything else."""
        return self._body.raw

    def document(self) -> bytes:
        """What came up to the document's end."""
        return self._body.raw[: self._brackets.end]
