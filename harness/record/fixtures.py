"""The pytest side: `--harness-record=MODE`, and `harness_tape`, a tape of the test's own name.

    def test_my_client(harness_tape):
        client = httpx.Client(transport=harness_tape.transport())
        ...

The file is `cassettes/<module>/<test>.yaml` beside the test. With the option and `--provider P`,
what the selected scenarios ask is also asked of P's live API, as `harness record` does, before they
are run. Without the option nothing is ever recorded: the mode is `none`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.model import Provider
from harness.record.session import Wishes, record
from harness.record.tape import Mode, Tape, recording
from harness.scenario import Scenario

_DONE = pytest.StashKey[set[Path]]()


def add_option(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--harness-record",
        choices=[str(mode) for mode in Mode],
        default=str(Mode.NONE),
        metavar="MODE",
        help="record mode: none (default), once, new_episodes, all",
    )


def record_first(config: pytest.Config, scenario: Scenario, provider: Provider) -> None:
    """Before a cell is run: its scenario's cassette, if it is wanted and not there."""
    mode = Mode(config.getoption("--harness-record"))
    if mode is Mode.NONE or not config.getoption("harness_provider", None):
        return
    done = config.stash.setdefault(_DONE, set())
    path = scenario.path.parent.parent / "cassettes" / provider.name / f"{scenario.id}.yaml"
    if path in done:
        return
    done.add(path)
    recorded = record(scenario, provider, path, Wishes(mode=mode))
    if recorded.wrong:
        raise HarnessError(
            f"{provider.name} answered an error",
            found="; ".join(recorded.wrong),
            hint="Nothing was written: harness record --keep-errors records errors as well",
        )


@pytest.fixture
def harness_tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """Plays the cassette of this test, or records it, as --harness-record says."""
    mode = request.config.getoption("--harness-record")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.name).strip("_")
    path = request.path.parent / "cassettes" / request.path.stem / f"{name}.yaml"
    with recording(path, mode) as tape:
        yield tape
