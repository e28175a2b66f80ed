"""Verdicts as documents: one file a format, `render(documents) -> str`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError, Where
from harness.registry import Room

Render = Callable[[Sequence[dict[str, Any]]], str]

REPORTS: Room[Render] = Room("harness.reports", "render", kind="report", group="harness.reports")


def check_reports(asked: Sequence[str]) -> None:
    """Refused before the run rather than after it: also a place where two would stand."""
    taken: dict[Path, str] = {}
    for one in asked:
        place = check_report(one)[1].absolute()
        if place in taken:
            raise UsageError(f"reports {taken[place]!r} and {one!r} would go to one place")
        taken[place] = one


def check_report(asked: str) -> tuple[str, Path]:
    """`FORMAT:PATH`, and nothing that is known to fail."""
    name, colon, path = asked.partition(":")
    if not colon or not path:
        known = ", ".join(REPORTS.names())
        raise UsageError(f"report {asked!r} is not FORMAT:PATH", hint=f"Formats: {known}")
    REPORTS.get(name)
    if Path(path).is_dir():
        raise UsageError("is a folder, and a report is a file", where=Where(path))
    return name, Path(path)


def write_report(asked: str, documents: Sequence[dict[str, Any]]) -> None:
    """The folder of the path is made where it is missing; `-` is stdout. Half of a surrogate pair,
    which a hostile wire may say, is written as its escape, for UTF-8 has no bytes for it."""
    name, file = check_report(asked)
    data = REPORTS.get(name)(documents).encode("utf-8", "backslashreplace")
    if str(file) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError("the report cannot be written", where=Where(file), found=why) from error
