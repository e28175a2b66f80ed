"""Which target is judged, and at which door: the options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness.contracts import Target
from harness.engine.document import Terms
from harness.engine.known import Known, load_known, shipped_known
from harness.engine.pool import Maker
from harness.settings import Settings

DEFAULT = "reference"


def add_options(parser: argparse.ArgumentParser) -> None:
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--target", metavar="T", help="a target by name, or package.module:make")
    target.add_argument("--target-cmd", metavar="CMD", help="a command that speaks the protocol")
    parser.add_argument(
        "--door",
        choices=("inprocess", "loopback"),
        help="how the tape is reached (default: in-process, where the target can)",
    )


def maker_of(arguments: argparse.Namespace, settings: Settings) -> Maker:
    if arguments.target_cmd:
        return Maker(arguments.target_cmd, command=True)
    return Maker(arguments.target or settings.target or DEFAULT)


def door_of(arguments: argparse.Namespace, target: Target) -> str:
    asked: str | None = arguments.door
    return asked or ("inprocess" if "inprocess" in target.doors else "loopback")


def terms_of(arguments: argparse.Namespace, maker: Maker, folders: Sequence[Path]) -> Terms:
    return Terms(maker.name, maker.command, arguments.door or "", folders)


def known_of(maker: Maker, file: Path | None) -> tuple[Known, ...]:
    """The user's own list, and the one that is shipped with a target of ours."""
    shipped = () if maker.command else shipped_known(maker.name)
    return (*(load_known(file) if file else ()), *shipped)
