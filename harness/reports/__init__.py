"""Verdicts as documents: one file a format, `render(documents) -> str`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.registry import Room

Render = Callable[[Sequence[dict[str, Any]]], str]

REPORTS: Room[Render] = Room("harness.reports", "render", kind="report", group="harness.reports")


def check_report(asked: str) -> tuple[str, Path]:
    """`FORMAT:PATH`, refused before the run rather than after it."""
    name, colon, path = asked.partition(":")
    if not colon or not path:
        known = ", ".join(REPORTS.names())
        raise UsageError(f"report {asked!r} is not FORMAT:PATH", hint=f"Formats: {known}")
    REPORTS.get(name)
    return name, Path(path)


def write_report(asked: str, documents: Sequence[dict[str, Any]]) -> None:
    """The folder of the path is made where it is missing."""
    name, file = check_report(asked)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(REPORTS.get(name)(documents), "utf-8")
