"""`harness lint [FILE...]`: every fault of every scenario file, each with its line and column."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.data import builtin
from harness.engine.lint import lint
from harness.settings import read_settings


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("lint", help=COMMANDS["lint"], description=__doc__)
    made.add_argument("files", nargs="*", type=Path, metavar="FILE", help="default: all scenarios")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    files = arguments.files
    if not files:
        folders = read_settings(Path.cwd()).folders or (builtin("scenarios"),)
        files = [file for folder in folders for file in sorted(folder.glob("*.y*ml"))]
    faults = 0
    for file in files:
        for fault in lint(file):
            print(fault.render())
            faults += 1
    print(f"{len(files)} files, {faults} faults", file=sys.stderr)
    return 1 if faults else 0
