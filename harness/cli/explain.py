"""`harness explain CASE`: the story of one case, with its whole wire."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.data import builtin
from harness.engine.run import run, select
from harness.engine.story import tell
from harness.engine.targets import make_command, make_target
from harness.settings import read_settings


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("explain", help=COMMANDS["explain"], description=__doc__)
    made.add_argument("case", metavar="CASE", help="scenario[provider-wire-fault], or a scenario")
    target = made.add_mutually_exclusive_group()
    target.add_argument("--target", metavar="T", help="a target by name, or package.module:make")
    target.add_argument("--target-cmd", metavar="CMD", help="a command that speaks the protocol")
    made.add_argument("--door", choices=("inprocess", "loopback"), help="how the tape is reached")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(Path.cwd())
    chosen = select([arguments.case], settings.folders or (builtin("scenarios"),))
    if arguments.target_cmd:
        target = make_command(arguments.target_cmd)
    else:
        target = make_target(arguments.target or settings.target or "reference")
    door = arguments.door or ("inprocess" if "inprocess" in target.doors else "loopback")
    try:
        for verdict in run(chosen, target, door):
            print(tell(verdict, all_pieces=True))
    finally:
        target.stop()
    return 0
