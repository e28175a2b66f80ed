"""The stage of one case: a player over its tape, a clock, and the door that was asked for.

Cases are matched by method and endpoint only. What a request holds is for the invariants to judge:
a body that the tape does not expect is a sentence in a verdict, not a refusal to play.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.contracts import Clock, Wire
from harness.engine.crowd import CrowdPlayer
from harness.errors import UsageError
from harness.model import Case, Ending
from harness.replay.clock import RealClock, VirtualClock
from harness.replay.inprocess import async_transport, transport
from harness.replay.loopback import Loopback, untestable
from harness.replay.player import Player

MATCH_ON = ("method", "endpoint")
LONGEST_WAIT = 1.0  # seconds that a case on the loopback door may spend waiting, delays or timeout
SHORTEST_TIMEOUT = 0.4  # below it a busy machine looks like a stalled server


@dataclass(slots=True)
class Stage:
    player: Player
    wire: Wire
    waits: Callable[[], tuple[float, ...]]
    scale: float = 1.0  # real seconds for each declared one
    clock_scale: float = 1.0  # real seconds for each that a target sleeps on our clock
    refusal: str = ""  # why this case cannot be run at this door
    silence: Callable[[], float] = lambda: 0.0  # seconds that a client stayed with a silent peer

    def timeout(self, declared: float) -> float:
        return declared if self.scale == 1.0 else max(SHORTEST_TIMEOUT, declared * self.scale)


class InProcess:
    """The in-process door as a target sees it. The host is nobody's: nothing reaches a network."""

    base_url = "http://127.0.0.1:9"

    def __init__(self, player: Player, clock: VirtualClock) -> None:
        self._player, self.clock = player, clock

    def transport(self, module: str = "httpx") -> Any:
        return transport(self._player, module, self.clock)

    def async_transport(self, module: str = "httpx") -> Any:
        return async_transport(self._player, module, self.clock)


class OnLoopback:
    """The loopback door as a target sees it: a base URL, and nothing to plug in."""

    def __init__(self, base_url: str, clock: RealClock) -> None:
        self.base_url, self.clock = base_url, clock

    def transport(self, module: str = "httpx") -> None:
        """None: the client's own transport goes to the socket."""

    def async_transport(self, module: str = "httpx") -> None:
        """None: the client's own transport goes to the socket."""


class ScaledClock(RealClock):
    """A client's own waiting, shortened; what it meant to wait is written down."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self._scale = scale

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds * self._scale)
        self.waits[-1] = seconds

    async def sleep_async(self, seconds: float) -> None:
        await super().sleep_async(seconds * self._scale)
        self.waits[-1] = seconds


@contextmanager
def set_stage(case: Case, door: str) -> Iterator[Stage]:
    if door == "inprocess":
        clock = VirtualClock()
        player = _player(case, clock, gathers=True)
        yield Stage(player, InProcess(player, clock), lambda: tuple(clock.waits))
    elif door == "loopback":
        yield from _loopback(case)
    else:
        raise UsageError(f"no door {door!r}", hint="Doors: inprocess, loopback")


def _player(case: Case, clock: Clock, *, gathers: bool) -> Player:
    crowds = case.facts.get("crowds", ())
    if not crowds:
        return Player(case.tape, match_on=MATCH_ON, clock=clock)
    expired = str(case.facts["credential"]["value"])
    return CrowdPlayer(
        case.tape, match_on=MATCH_ON, clock=clock, crowds=crowds, expired=expired, gathers=gathers
    )


def _loopback(case: Case) -> Iterator[Stage]:
    scale = _scale(case)
    clock_scale = min(scale, LONGEST_WAIT / 100)
    clock = ScaledClock(clock_scale)
    player = _player(case, clock, gathers=False)

    def waits() -> tuple[float, ...]:
        return tuple(clock.waits)

    refusal = untestable(case.tape)
    if case.facts.get("home"):
        refusal = "the provider's own host is played in-process only: nothing reaches a network"
    if any(exchange.header("location") for exchange in case.tape):
        refusal = "what follows a redirect to another host is seen in-process only"
    if refusal:
        yield Stage(player, OnLoopback("", clock), waits, refusal=refusal)
        return
    with _server().open(player, speed=1 / scale) as handle:
        wire = OnLoopback(handle.base_url, clock)
        heard = lambda: handle.silence  # noqa: E731 -- asked for when a target hangs
        yield Stage(player, wire, waits, scale, clock_scale, silence=heard)


def _scale(case: Case) -> float:
    """Delays and timeouts shrink together, so that which of them is shorter stays as declared."""
    stalls = any(exchange.ending is Ending.STALL for exchange in case.tape)
    waited = sum(
        exchange.head_delay + sum(piece.delay for piece in exchange.pieces)
        for exchange in case.tape
    )
    declared = float(case.facts.get("client", {}).get("timeout_s", 60.0))
    longest = max(waited, declared if stalls or waited > declared else 0.0)
    return min(1.0, LONGEST_WAIT / longest) if longest else 1.0


@cache
def _server() -> Loopback:
    """One server for all cases of this process; each case has its own path prefix on it."""
    server = Loopback()
    atexit.register(server.close)
    return server
