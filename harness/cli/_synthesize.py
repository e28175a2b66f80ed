"""`harness cassette synthesize`: the scripts of scenarios as kept cassettes, one for each wire.

What is kept and no script means any more is taken away; recorded and authored files are left alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cassette import load as load_cassette
from harness.data import builtin
from harness.engine.names import read_scenario
from harness.engine.synthesize import keep
from harness.settings import read_settings


def add(commands: Any) -> None:
    made = commands.add_parser(
        "synthesize",
        help="keep what the scripts of scenarios mean",
        description="Keep what the scripts of scenarios mean, as a cassette for each wire.",
    )
    made.add_argument("paths", nargs="*", type=Path, metavar="SCENARIO", help="default: all")
    made.add_argument("--to", type=Path, metavar="FOLDER", help="default: cassettes beside them")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    folders = read_settings(Path.cwd()).folders or (builtin("scenarios"),)
    files = arguments.paths or [file for one in folders for file in sorted(one.glob("*.y*ml"))]
    kept: dict[Path, set[Path]] = {}
    for file in files:
        folder = arguments.to or file.resolve().parent.parent / "cassettes"
        kept.setdefault(folder, set()).update(keep(read_scenario(file), folder))
    gone = [] if arguments.paths else [old for root in kept for old in _orphans(root, kept[root])]
    for old in gone:
        old.unlink()
    count = sum(map(len, kept.values()))
    print(f"{count} cassettes kept, {len(gone)} taken away", file=sys.stderr)
    return 0


def _orphans(root: Path, kept: set[Path]) -> list[Path]:
    """Synthesized files that no scenario made this time."""
    return [
        file
        for file in sorted(root.glob("*/*.yaml"))
        if file not in kept and load_cassette(file).provenance.get("kind") == "synthesized"
    ]
