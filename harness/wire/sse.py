"""Server-sent events by the WHATWG rules, incremental, with the byte range of every event."""

from __future__ import annotations

from typing import NamedTuple

from harness.model import Span


class SseEvent(NamedTuple):
    data: str
    event: str
    span: Span


class SseDecoder:
    """Feed pieces of any size; events come out when their blank line has come in."""

    def __init__(self) -> None:
        self._buffer = b""
        self._offset = 0

    def feed(self, data: bytes) -> list[SseEvent]:
        self._buffer += data
        *blocks, self._buffer = self._buffer.split(b"\n\n")
        events = []
        for block in blocks:
            span = Span(self._offset, self._offset + len(block) + 2)
            self._offset = span.end
            lines = [
                line[5:].removeprefix(b" ") for line in block.split(b"\n") if line[:5] == b"data:"
            ]
            if lines:
                events.append(
                    SseEvent(b"\n".join(lines).decode("utf-8", "replace"), "message", span)
                )
        return events
