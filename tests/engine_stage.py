"""Scenario files and targets for the engine's own tests."""

from dataclasses import dataclass, field

from harness.contracts import Started
from harness.model import FinishReason, NormalizedResponse, Outcome, OutcomeKind, Report

TALK = """\
format: harness/1
title: A reply that is told
family: mine
why: {doc: "https://example.com/page", says: that it must be told}
needs: [stream]
ask: {messages: Say hello to Ada.}
says:
  - {text: "Hello, Ada.", parts: 2}
  - finish: stop
expect: [means]
"""


def scenario(folder, text=TALK, name="mine", **changes):
    """A file `name` in `folder`; `changes` replace or add whole top-level lines."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = text.splitlines()
    for key, value in changes.items():
        lines = [line for line in lines if not line.startswith(f"{key}:")]
        lines.append(f"{key}: {value}")
    file = folder / f"{name}.yaml"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


@dataclass
class Toy:
    """A target that does what `act(wire, turn)` does; without an answer it says it was complete."""

    act: object
    doors: frozenset = frozenset({"inprocess", "loopback"})
    features: tuple = ()
    opened: int = 0
    closed: int = 0
    wire: object = field(default=None, repr=False)

    def start(self):
        return Started("toy", "1", features=self.features)

    def open(self, wire):
        self.opened += 1
        self.wire = wire
        return self

    def run(self, turn):
        return self.act(self.wire, turn) or said("Hello, Ada.")

    def close(self):
        self.closed += 1

    def stop(self):
        """Nothing to end."""


def said(text, finish=FinishReason.STOP):
    return Report(Outcome(OutcomeKind.COMPLETE, NormalizedResponse(text, None, finish)))


def post(wire, turn, path="/v1/chat/completions"):
    """One request to the player, read to its end."""
    import httpx  # noqa: PLC0415

    with httpx.Client(transport=wire.transport(), trust_env=False) as client:
        return client.post(wire.base_url + path, json={"model": turn.model}, timeout=5)
