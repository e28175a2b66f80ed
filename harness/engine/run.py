"""Selected cells, run one after the other: what the command line and the reports stand on."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.contracts import Target
from harness.data import builtin
from harness.engine.cells import Cell, cells
from harness.engine.ids import named, refuse_twins
from harness.engine.judge import run_cell
from harness.engine.known import Known, counted
from harness.engine.names import read_scenario
from harness.engine.pool import Maker, pooled
from harness.errors import UsageError
from harness.model import Verdict
from harness.scenario import did_you_mean

_SELECTOR = re.compile(r"(?P<file>[^\[\]]*?)(?:::provider)?(?:\[(?P<cell>[^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked for: a scenario (file or id), and perhaps one cell of it."""

    file: str
    cell: str | None = None

    @classmethod
    def parse(cls, text: str) -> Selection:
        """`id`, `path.yaml`, `id[cell]`, or a pytest node id."""
        match = _SELECTOR.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is no scenario", hint="Give an id, a file, or id[cell]")
        return cls(match["file"], match["cell"])


def select(
    asked: Sequence[str], folders: Sequence[Path], only: frozenset[str] | None = None
) -> Iterator[Cell]:
    """The cells of the asked scenarios, or folders; of all in `folders` when none is asked for."""
    met: list[Path] = []
    for text in asked or folders:
        if Path(text).is_dir():
            files = scenarios_of(Path(text))
            met += files
            refuse_twins(met)
            for path in files:
                yield from cells(read_scenario(path), only)
            continue
        selection = Selection.parse(str(text))
        met.append(_find(selection.file, folders))
        refuse_twins(met)
        scenario = read_scenario(met[-1])
        chosen = cells(scenario, only)
        if selection.cell is None:
            yield from chosen
            continue
        named = {cell.name: cell for cell in chosen}
        if selection.cell not in named:
            hint = did_you_mean(selection.cell, named)
            raise UsageError(f"{scenario.id} has no cell {selection.cell!r}", hint=hint)
        yield named[selection.cell]


def scenarios_of(path: Path) -> list[Path]:
    """Those of a folder in order; a file is itself."""
    return sorted(path.glob("*.y*ml")) if path.is_dir() else [path]


def _find(name: str, folders: Sequence[Path]) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    found = named(path.name, folders)
    if found:
        refuse_twins(found)
        return found[0]
    searched = [*folders, builtin("scenarios")]
    if path.suffix and path.name != name:
        raise UsageError(f"there is no file {name}")
    known = [file.stem for folder in searched for file in folder.glob("*.yaml")]
    raise UsageError(f"no scenario {name!r}", hint=did_you_mean(path.stem, known))


def run(  # noqa: PLR0913 -- what is run, on what, and by how many
    chosen: Sequence[Cell],
    target: Target,
    door: str,
    known: Sequence[Known] = (),
    *,
    maker: Maker | None = None,
    jobs: int = 1,
) -> Generator[Verdict, None, None]:
    """A verdict for each cell, in order. With several jobs, `maker` makes each process's target."""
    if maker is not None and jobs > 1 and len(chosen) > 1:
        verdicts = pooled(chosen, maker, door, jobs)
    else:
        verdicts = (run_cell(cell, target, door) for cell in chosen)
    for _, verdict in zip(chosen, verdicts, strict=True):
        yield counted(verdict, known)
