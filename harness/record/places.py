"""Where the texts of a body stand: JSON strings and numbers, form fields, in any framing.

The rule of this file: it is lenient. A body that was cut, damaged or mixed still gives every text
that can be seen in it, also an unfinished one, because a secret may stand there. Nothing is parsed
by recursion, and the cost is that of the bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from harness.cassette.framing import is_framed
from harness.errors import FramingError
from harness.model import Headers, Span, find_header
from harness.wire.jsontext import char_ends, decode

_TOKEN = re.compile(rb'"((?:[^"\\\r\n]++|\\.)*+)("?)|([{}\[\]:,])|([^\s{}\[\]:,"]++)')
_LINE = re.compile(rb"[^\r\n]++")
_SSE = re.compile(rb"(?:\A|[\r\n])\xef?\xbb?\xbf?(?:data|event|id|retry)?:")
_FIELD = re.compile(rb"([^&=\s]++)=([^&\s]*+)")
_DEEPEST = 12  # of a path: enough to tell the texts of one event apart
_FRAME = 16
_WIDTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # of a frame's other header values
_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)', re.IGNORECASE)
_HEAD = re.compile(rb"[ \t]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n")
_PART_NAME = re.compile(rb'(?i:\bname)="?([^";\r\n]*)')


class Text(NamedTuple):
    """`start:end` is inside the quotes. `path` tells texts of one event apart, and is the same for
    the same text of the next event; `field` is the nearest name above it."""

    path: tuple[str | int, ...]
    field: str
    start: int
    end: int
    kind: str  # string, number, form; or raw: bytes that stand for themselves


def frames(headers: Headers, body: bytes) -> list[tuple[int, int, int]]:
    """(start, end of its headers, end) of every whole frame of an AWS event stream."""
    found: list[tuple[int, int, int]] = []
    at = 0
    if not is_framed(headers, body):
        return found
    while len(body) - at >= _FRAME:
        size = int.from_bytes(body[at : at + 4], "big")
        middle = at + 12 + int.from_bytes(body[at + 4 : at + 8], "big")
        if not _FRAME <= size <= len(body) - at or middle > at + size - 4:
            break
        found.append((at, middle, at + size))
        at += size
    return found


def texts(headers: Headers, body: bytes) -> Iterator[Text]:
    kind = (find_header(headers, "content-type") or "").lower()
    if framed := frames(headers, body):
        yield from _framed(body, framed)
    elif body[:1] not in b"{[" and ("event-stream" in kind or _SSE.search(body[:400])):
        for event in _events(body):
            yield from _json(body, event)
    elif "multipart/" in kind:
        yield from _parts(headers, body)
    elif "form-urlencoded" in kind or (_FIELD.match(body) and b"{" not in body[:1]):
        for field in _FIELD.finditer(body):
            name = field[1].decode("latin-1")
            yield Text((name,), name, *field.span(2), "form")
    else:
        yield from _json(body, [Span(0, len(body))])


def _framed(body: bytes, framed: list[tuple[int, int, int]]) -> Iterator[Text]:
    for start, middle, end in framed:
        yield from _frame_headers(body, start + 12, middle)
        yield from _raw((), "", body, middle, end - 4)
    yield from _json(body, [Span(framed[-1][2], len(body))])


def _raw(path: tuple[str, ...], field: str, body: bytes, start: int, end: int) -> Iterator[Text]:
    """As it stands; or as JSON, where it is that."""
    if body[start : start + 1] in (b"{", b"["):
        yield from _json(body, [Span(start, end)])
    else:
        yield Text(path, field, start, end, "raw")


def _frame_headers(body: bytes, at: int, end: int) -> Iterator[Text]:
    """Those whose values are text or bytes. Damaged ones end it: what is known is found anyway."""
    while at < end:
        name = body[at + 1 : at + 1 + body[at]].decode("latin-1")
        at += 1 + body[at]
        kind = body[at] if at < end else None
        if kind in (6, 7):
            first = at + 3
            last = first + int.from_bytes(body[at + 1 : first], "big")
            if last > end:
                return
            yield Text((":header", name), name, first, last, "raw")
            at = last
        elif kind in _WIDTHS:
            at += 1 + _WIDTHS[kind]
        else:
            return


def _parts(headers: Headers, body: bytes) -> Iterator[Text]:
    """Of a multipart body: what stands below the head of each part, by its name."""
    kind = find_header(headers, "content-type") or ""
    named = _BOUNDARY.search(kind)
    mark = b"--" + (named[1].encode("latin-1", "replace") if named else b"")
    starts = [found.end() for found in re.finditer(re.escape(mark), body)]
    for start, following in pairwise([*starts, len(body) + len(mark) + 2]):
        head = _HEAD.match(body, start)
        if head is not None:
            name = _PART_NAME.search(head[0])
            field = name[1].decode("utf-8", "replace") if name else ""
            end = max(min(following - len(mark) - 2, len(body)), head.end())
            yield from _raw((field,), field, body, head.end(), end)


def _events(body: bytes) -> Iterator[list[Span]]:
    """The data of each event, a span a line."""
    spans: list[Span] = []
    last = 0
    for line in _LINE.finditer(body):
        gap = body[last : line.start()]
        if gap not in (b"", b"\n", b"\r", b"\r\n") and spans:
            yield spans
            spans = []
        last = line.end()
        if line[0].startswith(b"data:"):
            spans.append(Span(line.start() + 5, line.end()))
    if spans:
        yield spans


class _Walk:
    """The containers that are open around a token."""

    def __init__(self) -> None:
        self.stack: list[str | int] = []  # the key of an object, the index of an array
        self.names = [""]  # the nearest key, at each depth
        self.key: str | None = None  # a string that may prove to be a key

    def mark(self, mark: bytes) -> None:
        if mark in b"{[":
            self.stack.append("" if mark == b"{" else 0)
            self.names.append(self.names[-1])
        elif mark in b"}]":
            if self.stack:
                self.stack.pop()
                self.names.pop()
        elif mark == b"," and self.stack:
            top = self.stack[-1]
            self.stack[-1] = top + 1 if isinstance(top, int) else ""
        elif mark == b":" and self.key is not None and self.stack:
            self.stack[-1] = self.names[-1] = self.key

    def path(self) -> tuple[str | int, ...]:
        return tuple(self.stack[:_DEEPEST])


def _json(body: bytes, spans: list[Span]) -> Iterator[Text]:
    walk = _Walk()
    waiting: Text | None = None  # a string: a value, unless a colon follows
    for span in spans:
        for token in _TOKEN.finditer(body, *span):
            mark = token[3]
            if mark is not None:
                if waiting is not None and mark != b":":
                    yield waiting
                walk.key = _name(body, waiting) if waiting is not None and mark == b":" else None
                waiting = None
                walk.mark(mark)
                continue
            if waiting is not None:
                yield waiting
            group = 1 if token[1] is not None else 4
            kind = "string" if group == 1 else "number"
            waiting = Text(walk.path(), walk.names[-1], *token.span(group), kind)
    if waiting is not None:
        yield waiting


def _name(body: bytes, text: Text) -> str:
    return body[text.start : min(text.end, text.start + 80)].decode("utf-8", "replace")


class Joined:
    """The texts of one path, one after the other, decoded: a text that came in many fragments.

    `raw` gives the bytes of the body that a part of it came from."""

    def __init__(self, body: bytes, parts: list[Text]) -> None:
        self.field = parts[-1].field
        self._starts: list[int] = []  # in the joined text
        self._spans: list[Span] = []  # in the body
        said: list[bytes] = []
        size = 0
        for start, end, plain in _segments(body, parts):
            self._starts.append(size)
            self._spans.append(Span(start, end))
            said.append(plain)
            size += len(plain)
        self.data = b"".join(said)

    def raw(self, start: int, end: int) -> list[Span]:
        found = []
        number = bisect_right(self._starts, start) - 1
        while number < len(self._starts) and self._starts[number] < end:
            first = self._starts[number]
            last = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.data)
            span = self._spans[number]
            if span.end - span.start == last - first:  # byte for byte
                low, high = max(start, first) - first, min(end, last) - first
                span = Span(span.start + low, span.start + high)
            if span.start < span.end:
                found.append(span)
            number += 1
        return found


def _segments(body: bytes, parts: list[Text]) -> Iterator[tuple[int, int, bytes]]:
    """Runs without an escape as they are, every escape by itself."""
    for part in parts:
        raw = body[part.start : part.end]
        if part.kind == "raw" or b"\\" not in raw:
            yield part.start, part.end, raw
            continue
        at = run = part.start
        for after in char_ends(body, part.start, part.end):
            if body[at] == 0x5C:
                if run < at:
                    yield run, at, body[run:at]
                yield at, after, _plain(body[at:after])
                run = after
            at = after
        if run < part.end:
            yield run, part.end, body[run : part.end]


def _plain(escape: bytes) -> bytes:
    try:
        return decode(escape).encode("utf-8", "replace")
    except FramingError:  # damaged, as in a body that was cut
        return escape


def joined(body: bytes, found: list[Text]) -> Iterator[Joined]:
    """What the raw bytes do not show: texts with escapes, and texts in fragments."""
    by_path: defaultdict[tuple[str | int, ...], list[Text]] = defaultdict(list)
    for text in found:
        if text.kind in {"string", "raw"} and text.start < text.end:
            by_path[text.path].append(text)
    for parts in by_path.values():
        if len(parts) > 1 or b"\\" in body[parts[0].start : parts[0].end]:
            yield Joined(body, parts)
