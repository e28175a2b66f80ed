"""A scenario's id and its file: which file an id means, and how a file is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.data import builtin
from harness.errors import HarnessError, UsageError, Where


def twins(files: Iterable[Path]) -> Iterator[HarnessError]:
    """Each file whose id another one has: a known failure, a report and a command that replays a
    case know it by its id alone."""
    first: dict[str, Path] = {}
    for file in files:
        other = first.setdefault(file.stem, file)
        if other.resolve() != file.resolve():
            yield UsageError(
                f"another scenario has the id {file.stem!r} too",
                where=Where(file),
                found=str(other),
                hint="The file's name is the id: give one of them another",
            )


def refuse_twins(files: Iterable[Path]) -> None:
    for error in twins(files):
        raise error


def asked_as(path: Path, folders: Sequence[Path]) -> str:
    """How a scenario is asked for on the command line: by its id where that finds this file and no
    other, else by its place as seen from here."""
    meant = {one.resolve() for one in named(path.stem, folders)}
    if meant == {path.resolve()} and not Path(path.stem).is_file():
        return path.stem
    return seen_from(Path.cwd(), path)


def seen_from(folder: Path, path: Path) -> str:
    """A file relative to a folder that it lies in, with slashes; any other one whole."""
    whole, root = path.resolve(), folder.resolve()
    return (whole.relative_to(root) if whole.is_relative_to(root) else whole).as_posix()


def named(name: str, folders: Sequence[Path]) -> list[Path]:
    """The files that a name means: in the listed folders, or else among the shipped ones."""
    for searched in (folders, [builtin("scenarios")]):
        names = (name, f"{name}.yaml", f"{name}.yml")
        found = [folder / file for folder in searched for file in names]
        found = [file for file in found if file.is_file()]
        if found:
            return found
    return []
