"""Two clocks: the real one, and one that moves only when somebody waits on it.

The rule of this file: one case has one clock, shared by the in-process door and by the client under
test. `sleep` is the target's own waiting and is written down; `until` is the wire's, and is not.
"""

from __future__ import annotations

import threading
import time

import anyio
import anyio.lowlevel

from harness.errors import WaitsForEver as WaitsForEver  # noqa: PLC0414  the engine takes it here

START_OF_2026 = 1_767_225_600.0


class RealClock:
    """Seconds since the epoch that never go back, and real waiting."""

    def __init__(self) -> None:
        self._epoch = time.time() - time.monotonic()
        self.waits: list[float] = []

    def now(self) -> float:
        return self._epoch + time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        time.sleep(max(0.0, seconds))

    async def sleep_async(self, seconds: float) -> None:
        self.waits.append(seconds)
        await anyio.sleep(max(0.0, seconds))

    def until(self, moment: float) -> None:
        time.sleep(max(0.0, moment - self.now()))

    async def until_async(self, moment: float) -> None:
        await anyio.sleep(max(0.0, moment - self.now()))


class VirtualClock:
    """Waiting costs nothing: it moves `now` and returns.

    Safe to share between threads: those that wait at the same time wait side by side. Nobody is
    woken in order of time: a long wait moves the clock past a shorter one that began after it."""

    def __init__(self, start: float = START_OF_2026) -> None:
        self._now = start
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.until(self._now + seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)
        await anyio.lowlevel.checkpoint()

    def until(self, moment: float) -> None:
        if moment > self._now:  # most reads wait for nothing
            with self._lock:
                self._now = max(self._now, moment)

    async def until_async(self, moment: float) -> None:
        self.until(moment)
        await anyio.lowlevel.checkpoint()


AnyClock = RealClock | VirtualClock
