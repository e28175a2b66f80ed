"""Server-sent events by the WHATWG rules, incremental, with the byte range of every event.

The rules are kept to the letter: LF, CR and CRLF end a line and nothing else does, one leading byte
order mark is dropped, a block without data dispatches nothing, and the data of an event without its
blank line is not delivered. Meaning (JSON, `[DONE]`) is none of this file's business.
"""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations

import re
from typing import Any, NamedTuple

from harness.errors import FramingError, LimitError, WireError
from harness.model import Span
from harness.wire.growing import Growing

LIMIT = 16 * 1024 * 1024
MESSAGE = "message"
BOM = b"\xef\xbb\xbf"
LF, CRLF = b"\n", b"\r\n"

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LONGEST_RETRY = 15  # digits: more milliseconds than any process lives
_new = tuple.__new__


class SseEvent(NamedTuple):
    """One dispatched event. `raw` is its data as bytes (JSON readers take bytes), `data` as text.

    `start:end` runs from the first byte of the event's first line to the byte that completed it.
    In a CRLF stream that byte is the CR of the blank line, whether or not its LF has come.
    """

    raw: bytes
    event: str
    start: int
    end: int
    id: str

    @property
    def data(self) -> str:
        return self.raw.decode("utf-8", "replace")

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


class SseDecoder:
    """Feed pieces of any size; events come out with the byte that completes their blank line.

    `last_id` and `retry` are what a reconnecting client would use. `limit` bounds one event's data
    and any one line.
    """

    __slots__ = (
        "_after_cr",
        "_data",
        "_error",
        "_event",
        "_head",
        "_id",
        "_line",
        "_offset",
        "_start",
        "last_id",
        "limit",
        "retry",
    )

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.last_id = ""
        self.retry: int | None = None
        self._id = ""
        self._event = ""
        self._data = Growing()  # the data lines of the block, each with its LF
        self._line = Growing()  # the line that has no end yet
        self._start = 0  # where the block began
        self._offset = 0  # where the next piece begins
        self._after_cr = False  # a LF now belongs to the line end before it
        self._head: bytes | None = b""  # so much of a byte order mark has come; None: decided
        self._error: WireError | None = None

    def fork(self) -> SseDecoder:
        fork = SseDecoder.__new__(SseDecoder)
        fork.limit, fork.last_id, fork.retry = self.limit, self.last_id, self.retry
        fork._id, fork._event, fork._head = self._id, self._event, self._head
        fork._start, fork._offset = self._start, self._offset
        fork._after_cr, fork._error = self._after_cr, self._error
        fork._data, fork._line = self._data.fork(), self._line.fork()
        return fork

    def feed(self, data: bytes) -> list[SseEvent]:
        if (
            data[:6] == b"data: "
            and data.find(b"\n") == len(data) - 2
            and data[-1:] == b"\n"
            and self._start == self._offset
            and self._head is None
            and self._error is None
            and b"\r" not in data
            and len(data) <= self.limit
        ):  # the usual piece: one event of one line, and nothing else
            start = self._start
            self._start = self._offset = end = start + len(data)
            return [_new(SseEvent, (data[6:-2], MESSAGE, start, end, self._id))]
        if self._error is not None:
            raise self._error
        if self._head is not None:
            data = self._without_bom(data)
        if self._after_cr and data:
            data = self._without_lf(data)
        events: list[SseEvent] = []
        try:
            ends = data.count(b"\n")
            returns = data.count(b"\r") if b"\r" in data else 0
            if not ends and not returns:
                self._grow(data)
            elif len(data) > self.limit or (returns and not ends == returns == data.count(CRLF)):
                self._by_line(data, events)
            else:
                self._by_block(data, events, CRLF if returns else LF)
        except LimitError as error:
            self._error = error
            if not events:
                raise
        return events

    def begin(self, data: bytes) -> bool:
        """Whether a stream that begins with this piece has no byte order mark: then it is known."""
        if BOM[:1] != data[:1] != b"":
            self._head = None
        return self._head is None

    def skip(self, size: int) -> Span:
        """An event of so many bytes that somebody else has read. Only between two events."""
        start = self._offset
        self._start = self._offset = end = start + size
        return _new(Span, (start, end))

    def end(self) -> SsePending | None:
        """What was pending, or None if nothing with data or a name was begun."""
        if self._error is not None:
            raise self._error
        if self._head or self._line or self._data or self._event:
            return SsePending(self.fork())
        return None

    def _without_bom(self, data: bytes) -> bytes:
        """The stream from its first byte that is surely no byte order mark."""
        head = (self._head or b"") + data
        if len(head) < len(BOM) and BOM.startswith(head):
            self._head = head
            return b""
        self._head = None
        if head.startswith(BOM):
            self._start = self._offset = len(BOM)
            return head[len(BOM) :]
        return head

    def _without_lf(self, data: bytes) -> bytes:
        self._after_cr = False
        if data[:1] != b"\n":
            return data
        if self._start == self._offset:
            self._start += 1
        self._offset += 1
        return data[1:]

    def _grow(self, data: bytes) -> None:
        """A piece of a line, and no end of it."""
        self._line.append(data)
        self._offset += len(data)
        self._check(len(self._line))

    def _by_block(self, data: bytes, events: list[SseEvent], ending: bytes) -> None:
        """The same as `_by_line` for a piece whose lines all end in `ending`, at a fraction of the
        cost: most blocks are one data line, or one event line and one data line."""
        blank, then_data = ending + ending, ending + b"data: "
        if self._start != self._offset:  # first the block that was begun, to its blank line
            if not self._line and data.startswith(ending):
                cut = len(ending)
            elif (found := data.find(blank)) >= 0:
                cut = found + len(blank)
            else:
                self._by_line(data, events)
                return
            self._by_line(data[:cut], events)
            data = data[cut:]
        *blocks, rest = data.split(blank)
        start, last_id = self._offset, self._id
        for block in blocks:
            end = start + len(block) + len(ending) + 1  # the blank line's first byte
            if block[:6] == b"data: " and b"\n" not in block:
                events.append(_new(SseEvent, (block[6:], MESSAGE, start, end, last_id)))
            elif block[:7] == b"event: " and block.count(b"\n") == 1 and then_data in block:
                name, _, value = block.partition(then_data)
                event = name[7:].decode("utf-8", "replace") or MESSAGE
                events.append(_new(SseEvent, (value, event, start, end, last_id)))
            else:
                self._start = self._offset = start
                self._by_line(block + blank, events)
                last_id = self._id
            start += len(block) + len(blank)
        self._start = self._offset = start
        if rest:
            self._by_line(rest, events)

    def _by_line(self, data: bytes, events: list[SseEvent]) -> None:
        position, offset = 0, self._offset
        for match in _LINE_END.finditer(data):
            begin, after = match.span()
            line = data[position:begin]
            if self._line:
                self._line.append(line)
                line = self._line.take()
            self._check(len(line))
            if line:
                self._field(line)
            else:
                self._dispatch(offset + begin + 1, offset + after, events)
            position = after
        self._after_cr = data[-1:] == b"\r" or (self._after_cr and not data)
        self._line.append(data[position:])
        self._offset = offset + len(data)
        self._check(len(self._line))

    def _check(self, line: int) -> None:
        if len(self._data) + line > self.limit:
            raise LimitError(
                f"an event is larger than {self.limit} bytes",
                offset=self._start,
                hint="Raise `limit` if the stream is meant to be so",
            )

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if name == b"data":
            self._data.append(value + b"\n")
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_RETRY:
            self.retry = int(value)

    def _dispatch(self, end: int, after: int, events: list[SseEvent]) -> None:
        self.last_id = self._id
        if self._data:
            raw = self._data.take()[:-1]
            events.append(SseEvent(raw, self._event or MESSAGE, self._start, end, self._id))
        self._event = ""
        self._start = after


class SsePending:
    """What had come of an event when the stream ended; nothing of it was dispatched.

    `raw` and `event` are its data and name so far, the unfinished line included; `line` is that
    line as it came. They are made when asked for: most readers only ask whether there was any.
    """

    __slots__ = ("_state", "end", "start")

    def __init__(self, state: SseDecoder) -> None:
        self._state = state
        self.start, self.end = state._start, state._offset + len(state._head or b"")

    @property
    def line(self) -> bytes:
        return self._state._head or bytes(self._state._line)

    @property
    def raw(self) -> bytes:
        return bytes(self._finished()._data)[:-1]

    @property
    def data(self) -> str:
        return self.raw.decode("utf-8", "replace")

    @property
    def event(self) -> str:
        return self._finished()._event or MESSAGE

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def _finished(self) -> SseDecoder:
        state = self._state.fork()
        state._field(self.line)
        return state

    def __repr__(self) -> str:
        return f"SsePending({self.raw!r}, {self.event!r}, {self.start}:{self.end})"


def split(body: bytes, limit: int = LIMIT) -> list[SseEvent]:
    """The events of a whole body, for cutting it: each also has the LF of its closing CRLF."""
    return [
        event._replace(end=event.end + 1)
        if body[event.end - 1 : event.end + 1] == b"\r\n"
        else event
        for event in SseDecoder(limit).feed(body)
    ]


def encode(
    data: str | bytes | None,
    *,
    event: str = "",
    event_id: str | None = None,
    retry: int | None = None,
) -> bytes:
    """One event as bytes. Every kind of line end inside the data becomes a new data line."""
    lines: list[bytes] = []
    fields: list[tuple[str, Any]] = [("event", event or None), ("id", event_id), ("retry", retry)]
    for name, value in fields:
        if value is not None:
            text = str(value).encode("utf-8", "replace")
            if re.search(rb"[\r\n]", text) or (name == "id" and b"\0" in text):
                raise FramingError(f"no SSE {name} field can say this", found=repr(value))
            lines.append(name.encode() + b": " + text)
    if data is not None:
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
        lines += [b"data: " + line for line in _LINE_END.split(raw)]
    return b"\n".join([*lines, b"", b""])
