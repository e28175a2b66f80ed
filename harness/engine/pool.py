"""Many cells in a few processes: each makes its own target, and each verdict comes back whole.

The verdicts come in the order of the cells, so that a run with `--jobs 8` reads like one without.
A process that ends before its work does takes the others with it: what was not judged is errored.
"""

from __future__ import annotations

import atexit
import itertools
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.contracts import Target
from harness.engine.cells import Cell, cells
from harness.engine.judge import run_cell, unbuilt
from harness.engine.names import read_scenario
from harness.engine.targets import make_command, make_target
from harness.model import Verdict, VerdictKind

LOST = "a process of this run ended before its work did, and nobody knows on which case"
CHUNK = 8  # cells that a process takes at a time: of one scenario, so that it is read once


@dataclass(frozen=True, slots=True)
class Maker:
    """How a process makes its target: by name, or by the command of an adapter."""

    name: str
    command: bool = False

    def __call__(self) -> Target:
        return make_command(self.name) if self.command else make_target(self.name)


@dataclass(frozen=True, slots=True)
class Job:
    """Some cells of one scenario, by name: a file is read where it is needed, and never sent."""

    scenario: Path
    names: tuple[str, ...]
    door: str


@dataclass(slots=True)
class _Worker:
    """What one process keeps from job to job."""

    target: Target | None = None
    read: Callable[[Path], dict[str, Cell]] = field(
        default=lru_cache(maxsize=4)(
            lambda path: {cell.name: cell for cell in cells(read_scenario(path))}
        )
    )


_WORKER = _Worker()


def pooled(chosen: Sequence[Cell], maker: Maker, door: str, jobs: int) -> Iterator[Verdict]:
    """A verdict for each cell, in order, as soon as it and those before it are there."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(maker,))
    judged = 0
    try:
        for verdicts in executor.map(_work, _jobs(chosen, door)):
            yield from verdicts
            judged += len(verdicts)
    except BrokenProcessPool:
        for cell in chosen[judged:]:
            yield Verdict(unbuilt(cell), VerdictKind.ERRORED, reason=LOST)
    finally:
        executor.shutdown(cancel_futures=True)


def _jobs(chosen: Sequence[Cell], door: str) -> Iterator[Job]:
    for path, group in itertools.groupby(chosen, key=lambda cell: cell.scenario.path):
        names = [cell.name for cell in group]
        for start in range(0, len(names), CHUNK):
            yield Job(path, tuple(names[start : start + CHUNK]), door)


def _begin(maker: Maker) -> None:
    _WORKER.target = maker()
    atexit.register(_WORKER.target.stop)


def _work(job: Job) -> list[Verdict]:
    assert _WORKER.target is not None
    drawn = _WORKER.read(job.scenario)
    return [run_cell(drawn[name], _WORKER.target, job.door) for name in job.names]
