"""A body that is one JSON document: gathered, and watched for its last brace.

Whether a document is whole is known without parsing it, so that every prefix of a long one can be
judged in linear time: only a document that closed is ever parsed.
"""

from __future__ import annotations

import re

from harness.wire.document import DocumentDecoder

_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')


class Whole:
    """`closed` is true once the outermost object or array has ended."""

    __slots__ = ("_body", "_depth", "_escaped", "_quoted", "closed")

    def __init__(self) -> None:
        self._body = DocumentDecoder()
        self._depth = 0
        self._quoted = self._escaped = self.closed = False

    def fork(self) -> Whole:
        twin = Whole.__new__(Whole)
        for name in Whole.__slots__:
            setattr(twin, name, getattr(self, name))
        twin._body = self._body.fork()  # noqa: SLF001
        return twin

    def feed(self, data: bytes) -> None:
        if not data:
            return
        self._body.feed(data)
        position = int(self._escaped)
        self._escaped = False
        while position < len(data):
            mark = (_INSIDE if self._quoted else _OUTSIDE).search(data, position)
            if mark is None:
                return
            position = mark.end()
            if mark[0] == b"\\":
                position += 1
                self._escaped = position > len(data)
            elif mark[0] == b'"':
                self._quoted = not self._quoted
            else:
                self._depth += 1 if mark[0] in b"{[" else -1
                self.closed = self.closed or self._depth <= 0

    def body(self) -> bytes:
        return self._body.raw
