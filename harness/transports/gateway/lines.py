"""The gateway's stream as its first client read it (O05): one JSON text a line, and only of lines
that start with `data: `, after white space around the line is gone."""

from __future__ import annotations

from harness.wire.growing import Growing
from harness.wire.sse import MESSAGE, SseEvent

_PREFIX = b"data: "


class LineDecoder:
    def __init__(self) -> None:
        self._line = Growing()
        self._offset = 0

    def fork(self) -> LineDecoder:
        twin = LineDecoder()
        twin._line, twin._offset = self._line.fork(), self._offset
        return twin

    def feed(self, data: bytes) -> list[SseEvent]:
        events: list[SseEvent] = []
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line.append(line)
            whole = self._line.take()
            start, self._offset = self._offset, self._offset + len(whole) + 1
            text = whole.strip()
            if text.startswith(_PREFIX):
                events.append(SseEvent(text[len(_PREFIX) :], MESSAGE, start, self._offset, ""))
        self._line.append(rest)
        return events

    def end(self) -> bytes | None:
        """The line that was begun and never ended."""
        return bytes(self._line) or None
