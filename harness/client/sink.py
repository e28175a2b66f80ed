"""Where the events of an ask go: to the listener as they come, into the reply if they stand."""

from __future__ import annotations

from collections.abc import Iterable

from harness.client.setup import Setup
from harness.model import Event, EventKind

SHOWN = frozenset({EventKind.TEXT, EventKind.REASONING})
WITHHOLDS = "withhold_text_after_call"
DELTAS = SHOWN | {EventKind.TOOL_NAME, EventKind.TOOL_ARGUMENTS}


class Sink:
    """`spoken`: text or reasoning was shown, so the request may not be repeated.

    Where a truncated reply may be gone on with, its finish is held back: it is not yet known
    whether this was the end. Where the dialect says so, text after the start of a call is not shown
    either: it stands in the reply alone."""

    def __init__(self, setup: Setup) -> None:
        self._clock, self._hide = setup.clock, setup.hide
        self._on_event, self._on_activity = setup.on_event, setup.on_activity
        self._started = setup.clock.now()
        self._holds = setup.policy.continuation is not None
        self._held: list[Event] = []
        self._withholds = WITHHOLDS in setup.provider.profiles
        self._called = False
        self._first = False
        self._mark = 0
        self.spoken = False
        self.events: list[Event] = []

    def tick(self) -> None:
        if self._on_activity is not None:
            self._on_activity()
        self._put(Event(EventKind.ACTIVITY, at=self._at()))

    def take(self, events: Iterable[Event]) -> None:
        at = self._at()
        for event in events:
            if self._holds and event.kind is EventKind.FINISH:
                self._held.append(event._replace(at=at))
                continue
            self._called = self._called or event.kind is EventKind.TOOL_NAME
            if self._withholds and self._called and event.kind is EventKind.TEXT:
                self.events.append(event._replace(at=at))
                continue
            if event.kind in DELTAS:
                if not self._first:
                    self._first = True
                    self._put(Event(EventKind.FIRST_DELTA, at=at))
                if event.text and event.kind in SHOWN:
                    self.spoken = True
            self._put(event._replace(at=at))

    def say(self, words: Iterable[Event]) -> None:
        """The client's own words, which nothing withholds."""
        called, self._called = self._called, False
        self.take(words)
        self._called = called

    def aside(self, text: str) -> None:
        """Words for the listener alone: they are no part of the reply."""
        if self._on_event is not None:
            self._on_event(Event(EventKind.TEXT, text, at=self._at()))

    def supersede(self, *, keep: bool) -> None:
        """Another attempt begins. What the last one said is kept only if the next continues it."""
        if not keep:
            dropped = self.events[self._mark :]
            first = [event for event in dropped if event.kind is EventKind.FIRST_DELTA]
            self.events[self._mark :] = first
        self._mark = len(self.events)
        self._held.clear()
        self._called = False
        self.spoken = False

    def release(self) -> list[Event]:
        """What was held back, now that nothing follows."""
        self._holds = False
        return self._held

    def _at(self) -> float:
        return self._clock.now() - self._started

    def _put(self, event: Event) -> None:
        if event.failure is not None:
            hidden = self._hide(event.failure)
            event = event._replace(failure=hidden, text=event.text and hidden.message)
        self.events.append(event)
        if self._on_event is not None:
            self._on_event(event)
