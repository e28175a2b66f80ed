"""The scripts of a scenario as kept cassettes: cassettes/<wire>/<scenario>.yaml, one for each wire.

They are what every provider of a wire is played (but for signed thoughts: one that signs none
would send them otherwise), so that a writer's change shows in a diff and anyone can look at the
bytes. A test holds them to what the writers make today.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.cassette import Cassette, save
from harness.contracts import Endpoint
from harness.engine.cells import backends
from harness.engine.fair import OF_THE_TARGET
from harness.errors import NotApplicable
from harness.model import Exchange, Provider
from harness.providers import PROVIDERS
from harness.scenario import Scenario, Step
from harness.transports import TRANSPORTS

Key = tuple[tuple[str | int, ...], bool]  # the step's place in its file, and whether it is streamed


def kept_keys(scenario: Scenario) -> list[Key]:
    """What a kept cassette holds, in order."""
    return [
        (step.path, stream)
        for turn in scenario.turns
        for step in turn.steps
        if step.kind == "says"
        for stream in turn.streams
    ]


def synthesize(scenario: Scenario) -> Iterator[tuple[str, Cassette]]:
    """(wire, cassette) for each wire that the scenario concerns."""
    if not kept_keys(scenario):
        return
    wires = {TRANSPORTS.get(p.transport).wire for p in backends(scenario)}
    for provider in PROVIDERS:
        wire = TRANSPORTS.get(provider.transport).wire
        if provider.home and wire in wires and scenario.needs - OF_THE_TARGET <= _can(wire):
            try:
                exchanges = tuple(_exchanges(scenario, provider))
            except NotApplicable:
                continue  # the wire cannot say it: its cells are untestable
            provenance = {
                "kind": "synthesized",
                "by": f"the writer of {provider.transport}",
                "from": f"scenarios/{scenario.id}.yaml",
            }
            yield wire, Cassette(exchanges, provenance)


def keep(scenario: Scenario, folder: Path) -> list[Path]:
    """Write the cassettes of a scenario; the files that were written."""
    written = []
    for wire, cassette in synthesize(scenario):
        path = folder / wire / f"{scenario.id}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        save(cassette, path)
        written.append(path)
    return written


def _can(wire: str) -> frozenset[str]:
    """What some provider of the wire can do."""
    speakers = [p for p in PROVIDERS if TRANSPORTS.get(p.transport).wire == wire]
    return frozenset().union(*(provider.can for provider in speakers))


def _exchanges(scenario: Scenario, provider: Provider) -> Iterator[Exchange]:
    transport = TRANSPORTS.get(provider.transport)
    for turn in scenario.turns:
        for step in turn.steps:
            for stream in turn.streams if step.kind == "says" else ():
                ask = replace(turn.ask, stream=stream, messages=_settled(turn.ask.messages))
                kwargs = transport.build_kwargs(ask, provider)
                request = transport.build_request(kwargs, provider, Endpoint(provider.base_url))
                model = ask.model or provider.model
                yield transport.write(step.script, request, stream=stream, model=model)


def _settled(messages: tuple[dict[str, object], ...]) -> tuple[dict[str, object], ...]:
    """Where the target's own last reply would stand, a word that says so."""
    return tuple(
        {"role": "assistant", "content": "(the reply before)"} if m.get("from") == "previous" else m
        for m in messages
    )


def kept_index(scenario: Scenario, step: Step, *, stream: bool) -> int | None:
    keys = kept_keys(scenario)
    key = (step.path, stream)
    return keys.index(key) if key in keys else None
