"""scenario x provider x fault -> cases."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cassette import load as load_cassette
from harness.faults import FAULTS
from harness.model import Case, Turn
from harness.providers import PROVIDERS
from harness.scenario import Scenario
from harness.transports import TRANSPORTS


def draw(scenario: Scenario) -> Iterator[Case]:
    for name in scenario.providers:
        provider = PROVIDERS.get(name)
        transport = TRANSPORTS.get(provider.transport)
        folder = scenario.path.parent.parent / "cassettes"
        tape = load_cassette(folder / name / f"{scenario.tape}.yaml").exchanges
        regions = transport.regions(tape[0])
        for fault, arguments in scenario.faults:
            damaged = FAULTS.get(fault)(tape[0], regions, **arguments)
            slug = "_".join([fault, *(_slug(value) for value in arguments.values())])
            yield Case(
                scenario.id,
                name,
                transport.name,
                transport.wire,
                slug,
                turns=(Turn(scenario.ask, (0,)),),
                tape=(damaged,),
                expect=scenario.expect,
            )


def _slug(value: object) -> str:
    return f"{value:.0%}".removesuffix("%") if isinstance(value, float) else str(value)
