"""What was begun and not completed when a body ended."""

from __future__ import annotations

from harness.model import Span
from harness.wire.growing import Growing


class Pending:
    """The bytes of an unfinished frame or line, as they came. They are shared with the decoder and
    copied only when `raw` is asked for, so that the end of every prefix can be looked at."""

    __slots__ = ("_held", "end", "start")

    def __init__(self, held: Growing, start: int) -> None:
        self._held = held.fork()
        self.start, self.end = start, start + len(held)

    @property
    def raw(self) -> bytes:
        return bytes(self._held)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Pending):
            return NotImplemented
        return (self.start, self.raw) == (other.start, other.raw)

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __repr__(self) -> str:
        return f"Pending({self.raw!r}, {self.start}:{self.end})"
