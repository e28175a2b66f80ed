"""A target in a process of its own, in any language: target protocol v1 over JSON lines.

A process serves many cases. One that crashes, hangs, floods or talks nonsense makes its case
errored with the tail of its stderr, never failed, and the next case goes on in a fresh process.
"""

from __future__ import annotations

import contextlib
import json
import math
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from harness.contracts import Started, TurnSpec, Wire
from harness.errors import TargetError
from harness.model import Event, Report
from harness.targets import _messages
from harness.targets._pipe import Pipe

STARTUP = 60.0  # seconds: some clients import slowly
GRACE = 10.0  # beyond what the turn itself may take
MOST_EVENTS = 100_000


class ProcessTarget:
    doors = frozenset({"loopback"})

    def __init__(
        self, command: Sequence[str], *, startup: float = STARTUP, grace: float = GRACE
    ) -> None:
        self._command, self._startup, self._grace = command, startup, grace
        self._pipe: Pipe | None = None
        self._started: Started | None = None

    def start(self) -> Started:
        """Who the target is. The process is started if there is none."""
        if self._pipe is None or not self._pipe.alive:
            self.stop()
            pipe = self._pipe = Pipe(self._command)
            self._send(_messages.start())
            message = self._receive(time.monotonic() + self._startup)
            if message.get("op") != "started":
                raise pipe.broken("the adapter did not answer 'start' with 'started'")
            try:
                self._started = _messages.started(message)
            except TargetError as error:
                raise pipe.broken(error.render()) from error
        assert self._started is not None
        return self._started

    def open(self, wire: Wire) -> _Session:
        return _Session(self, self.start())

    def stop(self) -> None:
        if self._pipe is not None:
            if self._pipe.alive:
                with contextlib.suppress(TargetError):  # it left by itself: that was to be
                    self._send({"op": "stop"})
            self._pipe.close()
        self._pipe = None

    def ask(self, turn: TurnSpec) -> Report:
        self.start()  # the turn before this one may have ended the process
        self._send(_messages.run(turn))
        attempts = (turn.max_retries + 1) * (turn.continuations + 1)
        deadline = time.monotonic() + turn.timeout_s * attempts + 2.0**attempts + self._grace
        events: list[Event] = []
        while True:
            message = self._receive(deadline)
            try:
                report = self._take(message, turn, events)
            except TargetError as error:
                assert self._pipe is not None
                raise self._pipe.broken(error.render()) from error
            if report is not None:
                return report

    def _take(
        self, message: Mapping[str, Any], turn: TurnSpec, events: list[Event]
    ) -> Report | None:
        op = message.get("op")
        if op not in {"event", "result", "skipped"}:
            raise TargetError(f"the adapter answered 'run' with op {op!r}")
        if message.get("id") != turn.id:
            raise TargetError(
                "the adapter answered another turn",
                found=f"id {message.get('id')!r}, not {turn.id!r}",
            )
        if op == "event":
            if len(events) >= MOST_EVENTS:
                raise TargetError(f"the adapter floods: over {MOST_EVENTS} events in one turn")
            events.append(_messages.event(message))
            return None
        return _messages.report(message, tuple(events))

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._pipe is not None
        line = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._pipe.send(line, self._grace)

    def _receive(self, deadline: float) -> dict[str, Any]:
        assert self._pipe is not None
        line = self._pipe.receive(deadline)
        try:
            message = json.loads(line, parse_constant=_no_number, parse_float=_finite)
            why = ""
        except (ValueError, RecursionError) as error:
            message, why = None, f" ({error})"
        if not isinstance(message, dict):
            shown = line[:200].decode("utf-8", "replace")
            raise self._pipe.broken(f"the adapter's line is no JSON object: {shown!r}{why}")
        return message


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    """A number too large for a float would be written into reports as one that is no JSON."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


class _Session:
    def __init__(self, target: ProcessTarget, started: Started) -> None:
        self._target, self._started = target, started

    def run(self, turn: TurnSpec) -> Report:
        if self._started.transports and turn.transport not in self._started.transports:
            return _messages.report(
                {"op": "skipped", "id": turn.id, "feature": f"transport {turn.transport}"}, ()
            )
        return self._target.ask(turn)

    def close(self) -> None:
        """The process stays for the next case; its session object is keyed by the case's id."""


def from_command(command: str) -> ProcessTarget:
    try:
        words = shlex.split(command)
    except ValueError as error:  # a quotation without an end
        raise TargetError(f"the target's command {command!r} is broken", found=str(error)) from None
    if not words:
        raise TargetError("the target's command is empty")
    return ProcessTarget(words)
