"""Turns that run at the same time, and the server that they meet.

A server does not count who asked before: it refuses each request that carries the credential that
has expired, and answers each that carries the new one. So a right target passes however its threads
are scheduled. And because a race that nobody runs shows nothing, the refusals wait for each other
in-process, where each request waits on a thread of its own; on loopback they are only slow.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from harness.model import Exchange, Request
from harness.replay.player import Player

PATIENCE = 2.0  # real seconds that a refusal waits for the others
SLOWNESS = 0.05  # seconds before a refusal's head, which a door of sockets really waits
REFUSED = frozenset({401, 403})


class Crowd(NamedTuple):
    """Some turns of a case that run at once, and those of their exchanges that refuse."""

    first: int
    size: int
    refusals: frozenset[int] = frozenset()


class CrowdPlayer(Player):
    """`expired` is the credential that the crowd's exchanges refuse; with `gathers` they wait."""

    def __init__(
        self,
        tape: Sequence[Exchange],
        *,
        crowds: tuple[Crowd, ...],
        expired: str,
        gathers: bool,
        **settings: Any,
    ) -> None:
        super().__init__(tape, **settings)
        self._expired = expired
        self._gates: dict[int, threading.Barrier | None] = {}
        for crowd in crowds:
            gate = threading.Barrier(crowd.size) if gathers else None
            self._gates |= dict.fromkeys(crowd.refusals, gate)

    def answer(self, request: Request) -> Exchange:
        index = self._take(request)
        gate = self._gates.get(index)
        if gate is not None:
            # The others may never come: a target whose requests wait for each other is slow here,
            # and no more than that.
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(PATIENCE)
        return self.tape[index]

    def _pick(self, request: Request, due: deque[int]) -> int | None:
        expired = any(self._expired in value for _, value in request.headers)
        refused = expired and bool(self._gates)
        index = next((one for one in due if (one in self._gates) is refused), None)
        if index is not None:
            due.remove(index)
        return index

    @property
    def unplayed(self) -> tuple[int, ...]:
        """A refusal may stay: who came late had the new credential already."""
        return tuple(index for index in super().unplayed if index not in self._gates)
