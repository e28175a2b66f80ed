"""One connection of the in-process door: what a client wrote, and what there is for it to read.

The rule of this file: no waiting and no library's types; it says when the next read returns and
what it brings, and the door waits and raises.
"""

from __future__ import annotations

import math
from typing import Any

from harness.errors import WaitsForEver
from harness.model import Ending
from harness.replay.asked import Asked
from harness.replay.clock import AnyClock
from harness.replay.player import Player
from harness.replay.raw import Read, Reads, frame, reads


class Line:
    """One connection: what the client wrote, and what there is for it to read."""

    def __init__(self, player: Player, clock: AnyClock, host: str, port: int) -> None:
        self.player, self.clock = player, clock
        self._address = host, port
        self.origin = _origin("http", host, port)
        self._asked = Asked()
        self._plan: Reads | None = None
        self._steps: list[Read] = []
        self._next = 0
        self._start = 0.0
        self._rest = b""

    def start_tls(self) -> None:
        self.origin = _origin("https", *self._address)

    def write(self, data: bytes) -> None:
        request = self._asked.feed(data, self.origin) if data else None
        if request is not None:
            self._plan = reads(self.player.answer(request), request.method)
            self._steps, self._next = self._plan.steps, 0
            self._start = self.clock.now()

    def wait(self, timeout: float | None) -> tuple[float, bool]:
        """When the next read returns, and whether only because the client's patience ends."""
        now = due = self.clock.now()
        if self._rest:
            pass
        elif self._next < len(self._steps):
            due = self._start + self._steps[self._next][0]
        elif self._plan is None or self._plan.ending is Ending.STALL or self._plan.keep_alive:
            due = math.inf
        return patience(now, due, timeout)

    def take(self, max_bytes: int) -> bytes | Ending:
        """What the next read brings, after its wait: bytes (none: closed), or a reset."""
        data = self._rest
        if not data:
            if self._next >= len(self._steps):
                over = self._plan is not None and self._plan.ending is Ending.RESET
                return Ending.RESET if over else b""
            step = self._steps[self._next][1]
            data = step if isinstance(step, bytes) else frame(step)
            self._next += 1
        self._rest = data[max_bytes:]
        return data[:max_bytes] if self._rest else data

    @property
    def chunks_are_next(self) -> bool:
        """Whether the next read is whole chunks, which need no parser."""
        if self._rest or self._next >= len(self._steps):
            return False
        return isinstance(self._steps[self._next][1], tuple)

    def take_chunks(self) -> tuple[bytes, ...]:
        chunks = self._steps[self._next][1]
        assert isinstance(chunks, tuple)
        self._next += 1
        return chunks

    def info(self, name: str) -> Any:
        """A pool drops an idle connection that is readable: there is a rest, or it was closed."""
        if name != "is_readable":
            return None
        left = self._plan is not None and not self._plan.keep_alive
        return left or self._next < len(self._steps) or self.player.refusal_is_due()


def patience(now: float, due: float, timeout: float | None) -> tuple[float, bool]:
    if timeout is not None and due > now + timeout:
        return now + timeout, True
    if due == math.inf:
        raise WaitsForEver(
            "the target would wait for ever: the peer is silent and the target declared no timeout"
        )
    return due, False


def _origin(scheme: str, host: str, port: int) -> str:
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{name}" if port == default else f"{scheme}://{name}:{port}"
