"""Progress on stderr: a moving line for a person, a plain line now and then for a log."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

from harness.model import Verdict, VerdictKind

MARKS = {
    VerdictKind.PASSED: ("32", "passed"),
    VerdictKind.FAILED: ("31", "failed"),
    VerdictKind.ERRORED: ("35", "errored"),
    VerdictKind.UNTESTABLE: ("33", "untestable"),
}


class Progress:
    def __init__(self, total: int, *, quiet: bool, color: bool) -> None:
        self._total, self._quiet = total, quiet
        self._live = sys.stderr.isatty() and not quiet
        self._color = color and sys.stderr.isatty() and "NO_COLOR" not in os.environ
        self._counts: Counter[VerdictKind] = Counter()
        self._started = self._shown = time.monotonic()

    def seen(self, verdict: Verdict) -> None:
        self._counts[verdict.kind] += 1
        now = time.monotonic()
        if self._live and now - self._shown >= 0.1:
            self._shown = now
            sys.stderr.write(f"\r\x1b[2K{self._line(now)}")
            sys.stderr.flush()
        elif not self._live and not self._quiet and now - self._shown >= 10:
            self._shown = now
            sys.stderr.write(self._line(now) + "\n")

    def say(self, text: str) -> None:
        """A story, above the moving line."""
        clear = "\r\x1b[2K" if self._live else ""
        sys.stderr.write(f"{clear}{text}\n\n")

    def close(self) -> None:
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{self._line(time.monotonic())}\n")

    def _line(self, now: float) -> str:
        done = sum(self._counts.values())
        rate = done / max(now - self._started, 1e-9)
        left = (self._total - done) / rate if rate else 0
        parts = [self._painted(kind) for kind in MARKS if self._counts[kind]]
        return f"{done}/{self._total}  {', '.join(parts)}  {rate:.0f}/s  {left:.0f} s left"

    def _painted(self, kind: VerdictKind) -> str:
        code, word = MARKS[kind]
        text = f"{self._counts[kind]} {word}"
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text
