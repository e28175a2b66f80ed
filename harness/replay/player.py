"""One player: requests in, the tape's exchanges out, everything written down."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import UnexpectedRequest
from harness.model import Exchange, Request, Sent


class Player:
    def __init__(self, tape: Sequence[Exchange]) -> None:
        self.tape = tuple(tape)
        self.sent: list[Sent] = []
        self._next = 0

    def answer(self, request: Request) -> Exchange:
        if self._next >= len(self.tape):
            self.sent.append(Sent(request))
            raise UnexpectedRequest(f"nothing is left to answer {request.method} {request.url}")
        index = self._next
        self._next += 1
        self.sent.append(Sent(request, exchange=index))
        return self.tape[index]

    @property
    def unplayed(self) -> tuple[int, ...]:
        return tuple(range(self._next, len(self.tape)))
