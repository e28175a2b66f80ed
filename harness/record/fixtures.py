"""The pytest side: `--harness-record=MODE`, and `harness_tape`, a tape of the test's own name.

    def test_my_client(harness_tape):
        client = httpx.Client(transport=harness_tape.transport())
        ...

The file is `cassettes/<module>/<test>.yaml` beside the test; of a test in a class, the last part
is `<class>.<test>.yaml`. With the option and `--provider P`, what the selected scenarios ask is
also asked of P's live API, as `harness record` does, before they are run. Without the option
nothing is ever recorded: the mode is `none`.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from harness.errors import HarnessError
from harness.model import Provider
from harness.record.session import Wishes, record
from harness.record.tape import Mode, Tape, recording
from harness.scenario import Scenario

_DONE = pytest.StashKey[dict[Path, HarnessError | None]]()


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
    done = config.stash.setdefault(_DONE, {})
    path = scenario.path.parent.parent / "cassettes" / provider.name / f"{scenario.id}.yaml"
    if path not in done:
        done[path] = None
        try:
            with _first(config, path) as first:
                if first:
                    _recorded(scenario, provider, path, mode)
        except HarnessError as error:
            done[path] = error
    failed = done[path]
    if failed is not None:  # of every cell of the scenario: none of them can be judged
        raise failed


def _recorded(scenario: Scenario, provider: Provider, path: Path, mode: Mode) -> None:
    recorded = record(scenario, provider, path, Wishes(mode=mode))
    if recorded.wrong:
        raise HarnessError(
            f"{provider.name} answered an error",
            found="; ".join(recorded.wrong),
            hint="Nothing was written: harness record --keep-errors records errors as well",
        )


@contextmanager
def _first(config: pytest.Config, path: Path) -> Iterator[bool]:
    """Whether nobody has recorded this file in this run: the workers of xdist are told apart by
    nothing else, and each answer of a live API is paid for."""
    run = getattr(config, "workerinput", {}).get("testrunuid")
    if run is None:
        yield True
        return
    name = hashlib.sha256(f"{run} {path}".encode()).hexdigest()[:32]
    stamp = Path(tempfile.gettempdir()) / f"harness-record-{name}"
    with FileLock(f"{stamp}.lock"):
        yield not stamp.exists()
        stamp.touch()  # not where it failed: the others then say why, too


@pytest.fixture
def harness_tape(request: pytest.FixtureRequest) -> Iterator[Tape]:
    """Plays the cassette of this test, or records it, as --harness-record says."""
    mode = request.config.getoption("--harness-record")
    test = request.node.name
    if request.cls is not None:
        test = f"{request.cls.__qualname__}.{test}"
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", test).strip("_")
    path = request.path.parent / "cassettes" / request.path.stem / f"{name}.yaml"
    with recording(path, mode) as tape:
        yield tape
