"""`harness lint [FILE...]`: every fault of every scenario file, each with its line and column."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.data import builtin
from harness.engine.ids import twins
from harness.engine.lint import lint
from harness.engine.run import scenarios_of
from harness.errors import UsageError
from harness.settings import read_settings


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("lint", help=COMMANDS["lint"], description=__doc__)
    made.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="or a folder; default: all scenarios"
    )
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    asked = arguments.files or read_settings(Path.cwd()).folders or (builtin("scenarios"),)
    files = [file for path in asked for file in scenarios_of(path)]
    if not files:
        raise UsageError(f"no scenario in {', '.join(map(str, asked))}")
    faults = 0
    for file in files:
        for fault in lint(file):
            print(fault.render())
            faults += 1
    for twin in twins(files):
        print(twin.render())
        faults += 1
    shipped = "" if asked != (builtin("scenarios"),) else ": the shipped ones, none are yours here"
    told = (
        f"{n} {word}{'' if n == 1 else 's'}"
        for n, word in ((len(files), "file"), (faults, "fault"))
    )
    print(f"{', '.join(told)}{shipped}", file=sys.stderr)
    return 1 if faults else 0
