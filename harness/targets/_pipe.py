"""One adapter process and its three pipes, with a limit on everything: time, line, flood.

The rule of this file: it knows lines, not messages. Whatever the process does ends in a line, or in
a TargetError that carries the tail of its stderr; nothing it does can hang or flood the run.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import IO

from harness.errors import TargetError

LONGEST_LINE = 8 * 1024 * 1024
MOST_BYTES = 64 * 1024 * 1024  # between two questions
TAIL = 40  # lines of stderr that are kept
_PIECE = 65_536
_GRACE = 2.0  # seconds that an ended process may take to be gone


class Pipe:
    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0 if os.name == "posix" else None,
            )
        except OSError as error:
            raise TargetError(
                "the adapter cannot be started",
                found=f"{' '.join(self._command)}: {error.strerror}",
                hint="Give the command as you would type it",
            ) from error
        self._lines: queue.Queue[bytes | TargetError | None] = queue.Queue(maxsize=1024)
        self._errors: deque[str] = deque(maxlen=TAIL)
        self._read = 0
        self._over = False
        self._threads = [
            threading.Thread(target=self._pump, daemon=True),
            threading.Thread(target=self._drain, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, line: bytes, patience: float) -> None:
        """A line longer than the system's buffer waits for its reader: `patience` seconds."""
        assert self._process.stdin is not None
        self._read = 0
        watch = threading.Timer(patience, self._end)
        watch.start()
        try:
            rest = memoryview(line + b"\n")
            while rest:  # unbuffered: a signal may end a write half-way
                rest = rest[self._process.stdin.write(rest) :]
        except (BrokenPipeError, ValueError) as error:
            if not self._over:
                raise self.broken("the adapter closed its stdin") from error
        finally:
            watch.cancel()
            watch.join()
        if self._over:
            raise self.broken("the adapter hangs: it does not read what it is asked")

    def receive(self, deadline: float) -> bytes:
        """The next line before `deadline` (monotonic)."""
        try:
            item = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise self.broken("the adapter hangs: it gave no answer in time") from None
        if item is None:
            raise self.broken(f"the adapter ended early{self._status()}")
        if isinstance(item, TargetError):
            raise self.broken(item.what)
        return item

    def broken(self, what: str) -> TargetError:
        """The error to raise, with what the process last said; the process is ended."""
        self.kill()
        tail = "\n".join(self._errors) or "(nothing)"
        return TargetError(what, hint=f"The tail of its stderr:\n{tail}")

    def close(self) -> None:
        """Ends politely: stdin is closed, and what does not leave by itself is killed."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        self.kill()

    def _end(self) -> None:
        """Also what it has started: the command may be a shell, or some runner of packages."""
        if self._over:
            return
        self._over = True
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def kill(self) -> None:
        self._end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
        deadline = time.monotonic() + _GRACE
        while self._threads[0].is_alive() and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):  # so that a pump that waits for room can leave
                self._lines.get(timeout=0.01)
        for thread in self._threads:
            thread.join(_GRACE)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _status(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_GRACE)
            return f" (by signal {-code})" if code < 0 else f" (exit code {code})"
        return ""

    def _pump(self) -> None:
        """stdout -> lines. Cost linear in the bytes: a piece is searched once."""
        stream: IO[bytes] | None = self._process.stdout
        assert stream is not None
        parts: list[bytes] = []
        size = 0
        while piece := self._piece(stream):
            self._read += len(piece)
            *lines, rest = piece.split(b"\n")
            for line in lines:
                parts.append(line)
                self._lines.put(b"".join(parts))
                parts, size = [], 0
            parts.append(rest)
            size += len(rest)
            if size > LONGEST_LINE:
                self._lines.put(
                    TargetError(f"the adapter sent a line of over {LONGEST_LINE} bytes")
                )
                return
            if self._read > MOST_BYTES:
                self._lines.put(TargetError(f"the adapter floods: over {MOST_BYTES} bytes"))
                return
        if size:
            self._lines.put(TargetError("the adapter ended inside a line"))
        self._lines.put(None)

    def _drain(self) -> None:
        stream: IO[bytes] | None = self._process.stderr
        assert stream is not None
        rest = b""  # of a line that came in parts: some runtimes write a word at a time
        while piece := self._piece(stream):
            *lines, rest = (rest + piece).split(b"\n")
            self._errors.extend(_shown(line) for line in lines)
            rest = rest[:_PIECE]
        if rest:
            self._errors.append(_shown(rest))

    @staticmethod
    def _piece(stream: IO[bytes]) -> bytes:
        try:
            return stream.read(_PIECE)
        except (OSError, ValueError):  # closed under us: the process was ended
            return b""


def _shown(line: bytes) -> str:
    return line.removesuffix(b"\r")[:2000].decode("utf-8", "replace")
