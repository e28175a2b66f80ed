"""`harness run`: scenarios x providers x faults against one target."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.cli._progress import Progress
from harness.data import builtin
from harness.engine.document import document_of
from harness.engine.known import load_known
from harness.engine.run import run, select
from harness.engine.story import tell
from harness.engine.targets import make_command, make_target
from harness.model import Level, Verdict, VerdictKind
from harness.reports import REPORTS, check_report, write_report
from harness.settings import read_settings


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("run", help=COMMANDS["run"], description=__doc__)
    made.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help="an id, a file, or id[cell]; default: all"
    )
    made.add_argument("--provider", action="append", metavar="P", help="only this provider's cells")
    target = made.add_mutually_exclusive_group()
    target.add_argument("--target", metavar="T", help="a target by name, or package.module:make")
    target.add_argument("--target-cmd", metavar="CMD", help="a command that speaks the protocol")
    made.add_argument("--door", choices=("inprocess", "loopback"), help="how the tape is reached")
    made.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help=f"write a report: {', '.join(REPORTS.names())}",
    )
    made.add_argument("--known-failures", type=Path, metavar="FILE", help="a YAML list of them")
    made.add_argument("--strict", action="store_true", help="a SHOULD that fails is a failure")
    made.add_argument("--fail-fast", action="store_true", help="stop at the first red cell")
    made.add_argument("-q", "--quiet", action="store_true", help="only the summary")
    made.add_argument("--no-color", action="store_true", help="plain text (also: NO_COLOR)")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(Path.cwd())
    for asked in arguments.report:
        check_report(asked)
    folders = settings.folders or (builtin("scenarios"),)
    only = frozenset(arguments.provider) if arguments.provider else None
    chosen = list(select(arguments.scenarios, folders, only))
    if not chosen:
        print("harness: nothing was selected", file=sys.stderr)
        return 2
    file = arguments.known_failures or settings.known_failures
    known = load_known(file) if file else ()
    if arguments.target_cmd:
        target = make_command(arguments.target_cmd)
    else:
        target = make_target(arguments.target or settings.target or "reference")
    door = arguments.door or ("inprocess" if "inprocess" in target.doors else "loopback")
    strict = arguments.strict or settings.strict
    verdicts: list[Verdict] = []
    progress = Progress(len(chosen), quiet=arguments.quiet, color=not arguments.no_color)
    try:
        for verdict in run(chosen, target, door, known):
            verdicts.append(verdict)
            progress.seen(verdict)
            red = is_red(verdict, strict=strict)
            if red and not arguments.quiet:
                progress.say(tell(verdict))
            if arguments.fail_fast and red:
                break
    finally:
        target.stop()
        progress.close()
    documents = [document_of(verdict, trace=bool(arguments.report)) for verdict in verdicts]
    for asked in arguments.report:
        write_report(asked, documents)
    print(REPORTS.get("text")(documents), end="")
    return exit_code(verdicts, strict=strict)


def exit_code(verdicts: list[Verdict], *, strict: bool = False) -> int:
    """3 if anything errored; else 1 if a MUST failed, or a known failure passes; 0 needs a pass."""
    kinds = Counter(verdict.kind for verdict in verdicts)
    if kinds[VerdictKind.ERRORED]:
        return 3
    if any(is_red(verdict, strict=strict) for verdict in verdicts):
        return 1
    return 0 if kinds[VerdictKind.PASSED] else 2


def is_red(verdict: Verdict, *, strict: bool = False) -> bool:
    """Whether a run must not be green: a broken MUST, an error, or a known failure that passes."""
    if verdict.known:
        return verdict.kind in {VerdictKind.PASSED, VerdictKind.ERRORED}
    broken = any(strict or violation.level is Level.MUST for violation in verdict.violations)
    return broken or verdict.kind is VerdictKind.ERRORED
