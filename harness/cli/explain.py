"""`harness explain CASE`: the story of one case, with its whole wire."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.cli._target import add_options, door_of, known_of, maker_of, terms_of
from harness.data import builtin
from harness.engine.run import run, select
from harness.engine.story import tell
from harness.settings import read_settings


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("explain", help=COMMANDS["explain"], description=__doc__)
    made.add_argument("case", metavar="CASE", help="scenario[provider-wire-fault], or a scenario")
    add_options(made)
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(Path.cwd())
    folders = settings.folders or (builtin("scenarios"),)
    chosen = list(select([arguments.case], folders))
    maker = maker_of(arguments, settings)
    terms = terms_of(arguments, maker, folders)
    target = maker()
    known = known_of(maker, settings.known_failures)
    try:
        for verdict in run(chosen, target, door_of(arguments, target), known):
            print(tell(verdict, terms, all_pieces=True))
    finally:
        target.stop()
    return 0
