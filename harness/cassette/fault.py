"""What is wrong in a cassette, and where in its data. Lines are looked up only when it is told."""

from __future__ import annotations

from typing import NamedTuple

from harness.cassette.events import Path
from harness.cassette.source import Marks, spelled
from harness.errors import CassetteError, Where


class Bad(Exception):
    """A part of the document that cannot be read."""

    def __init__(self, path: Path, what: str, found: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.path, self.what, self.found, self.hint = path, what, found, hint

    def error(self, marks: Marks | None = None) -> CassetteError:
        what = f"{spelled(self.path)} {self.what}" if self.path else self.what
        where = marks.find(self.path) if marks is not None else None
        return CassetteError(what, where=where, found=self.found[:200], hint=self.hint)


def told(error: CassetteError) -> str:
    """What, what was found and what to do, without the place: a finding has that beside it."""
    return CassetteError(error.what, found=error.found, hint=error.hint).render()


class Fault(NamedTuple):
    """One finding of lint. `level` is fault or note: only faults make it fail."""

    where: Where
    code: str
    message: str
    level: str = "fault"

    def __str__(self) -> str:
        return f"{self.where}: {self.level}: {self.message} [{self.code}]"
