"""What was begun and not completed when a body ended."""

from __future__ import annotations

from typing import NamedTuple

from harness.model import Span


class Pending(NamedTuple):
    """The bytes of an unfinished frame or line, as they came."""

    raw: bytes
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)
