"""The reference client as a target, judged like any stranger."""

from __future__ import annotations

import httpx

from harness.client.sync import ask_once
from harness.contracts import Started, TurnSpec, Wire
from harness.model import Report
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS


class _Session:
    def __init__(self, wire: Wire) -> None:
        self._client = httpx.Client(transport=wire.transport())

    def run(self, turn: TurnSpec) -> Report:
        provider = PROVIDERS.get(turn.provider)
        transport = TRANSPORTS.get(turn.transport)
        outcome, events = ask_once(self._client, transport, provider, turn.ask, turn.base_url)
        return Report(outcome, tuple(events))

    def close(self) -> None:
        self._client.close()


class Reference:
    doors = frozenset({"inprocess"})

    def start(self) -> Started:
        return Started("reference", "0", transports=tuple(TRANSPORTS.names()))

    def open(self, wire: Wire) -> _Session:
        return _Session(wire)

    def stop(self) -> None:
        pass


def make() -> Reference:
    return Reference()
