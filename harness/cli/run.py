"""`harness run`: scenarios x providers x faults against one target."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from harness.cli import COMMANDS
from harness.cli._progress import Progress
from harness.cli._target import add_options, door_of, known_of, maker_of, terms_of
from harness.data import builtin
from harness.engine.cells import Cell
from harness.engine.document import Terms, document_of
from harness.engine.known import Known, stale
from harness.engine.pool import Maker
from harness.engine.run import run, select
from harness.engine.story import tell
from harness.errors import UsageError
from harness.model import Level, Verdict, VerdictKind
from harness.providers import PROVIDERS
from harness.reports import REPORTS, check_report, check_reports, write_report
from harness.settings import read_settings

_MOST_TOLD = 10  # cells that only the strict mind, below the summary
INTERRUPTED = 130


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("run", help=COMMANDS["run"], description=__doc__)
    made.add_argument(
        "scenarios",
        nargs="*",
        metavar="SCENARIO",
        help="an id, a file, a folder, or id[cell]; default: all",
    )
    made.add_argument("--provider", action="append", metavar="P", help="only this provider's cells")
    add_options(made)
    made.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORMAT:PATH",
        help=f"write a report: {', '.join(REPORTS.names())}; where PATH is - it goes to stdout, "
        "and the summary to stderr",
    )
    made.add_argument("--known-failures", type=Path, metavar="FILE", help="a YAML list of them")
    made.add_argument("--strict", action="store_true", help="a SHOULD that fails is a failure")
    made.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes that run cases side by side"
    )
    made.add_argument(
        "--list", action="store_true", help="print the case ids that are selected, and run nothing"
    )
    made.add_argument("--fail-fast", action="store_true", help="stop at the first red cell")
    made.add_argument("-q", "--quiet", action="store_true", help="only the summary")
    made.add_argument("--no-color", action="store_true", help="plain text (also: NO_COLOR)")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(Path.cwd())
    check_reports(arguments.report)
    if arguments.jobs < 1:
        raise UsageError("--jobs must be at least 1", found=str(arguments.jobs))
    folders = settings.folders or (builtin("scenarios"),)
    chosen = _chosen(arguments, folders)
    if arguments.list:
        print("\n".join(cell.id for cell in chosen))
        return 0
    maker = maker_of(arguments, settings)
    known = known_of(maker, arguments.known_failures or settings.known_failures)
    terms = terms_of(arguments, maker, folders)
    strict = arguments.strict or settings.strict
    verdicts: list[Verdict] = []
    stopped = False
    try:
        _judge(arguments, chosen, maker, known, verdicts, terms=terms, strict=strict)
    except KeyboardInterrupt:
        stopped = True  # what was found until then is told all the same
    documents = [document_of(one, terms, trace=bool(arguments.report)) for one in verdicts]
    try:
        for asked in arguments.report:
            write_report(asked, documents)
    finally:  # a full disk takes nobody's answer
        summary = _summary_to(arguments.report)
        print(REPORTS.get("text")(documents), end="", file=summary)
    if stopped:
        judged = f"{len(verdicts)} of {len(chosen)} cases were judged"
        print(f"harness: interrupted: {judged}", file=sys.stderr)
        return INTERRUPTED
    whole = not arguments.scenarios and not arguments.provider and len(verdicts) == len(chosen)
    left = stale(known, (cell.id for cell in chosen)) if whole else []
    for entry in left:
        print(f"STALE known failure: no case is called {entry.case!r}; take it out", file=summary)
    _tell_shoulds(verdicts if strict else [], summary)
    code = exit_code(verdicts, strict=strict)
    if code == 2:
        print(f"harness: {_why_nothing(verdicts)}", file=sys.stderr)
    return 1 if left and code == 0 else code


def _chosen(arguments: argparse.Namespace, folders: Sequence[Path]) -> list[Cell]:
    only = frozenset(arguments.provider) if arguments.provider else None
    for name in only or ():
        PROVIDERS.get(name)
    chosen = list(select(arguments.scenarios, folders, only))
    if not chosen:
        whose = f" of {', '.join(sorted(only))}" if only else ""
        where = ", ".join(map(str, arguments.scenarios or folders))
        raise UsageError(f"nothing was selected: there is no case{whose} in {where}")
    return chosen


def _judge(  # noqa: PLR0913 -- what is judged, by what, and where it is put
    arguments: argparse.Namespace,
    chosen: list[Cell],
    maker: Maker,
    known: tuple[Known, ...],
    verdicts: list[Verdict],
    *,
    terms: Terms,
    strict: bool,
) -> None:
    target = maker()
    door = door_of(arguments, target)
    progress = Progress(len(chosen), quiet=arguments.quiet, color=not arguments.no_color)
    running = run(chosen, target, door, known, maker=maker, jobs=arguments.jobs)
    try:
        for verdict in running:
            verdicts.append(verdict)
            progress.seen(verdict)
            red = is_red(verdict, strict=strict)
            if red and not arguments.quiet:
                progress.say(tell(verdict, terms))
            if arguments.fail_fast and red:
                break
    finally:
        running.close()
        target.stop()
        progress.close()


def _why_nothing(verdicts: list[Verdict]) -> str:
    """Why a run without a red cell is not green: the commonest reasons."""
    reasons = Counter(one.reason for one in verdicts if one.kind is VerdictKind.UNTESTABLE)
    told = [f"{count} untestable: {reason}" for reason, count in reasons.most_common(3)]
    return ". ".join(["nothing passed", *told])


def _summary_to(reports: list[str]) -> TextIO:
    """A report that goes to stdout is the answer there: with a summary below, it could not be
    parsed."""
    taken = any(str(check_report(asked)[1]) == "-" for asked in reports)
    return sys.stderr if taken else sys.stdout


def _tell_shoulds(verdicts: list[Verdict], summary: TextIO) -> None:
    """What is red for the strict alone: a verdict, and so every report, goes by the MUSTs."""
    red = [v for v in verdicts if v.kind is VerdictKind.PASSED and v.violations and not v.known]
    for verdict in red[:_MOST_TOLD]:
        print(f"STRICT {verdict.case.id}", file=summary)
        for violation in verdict.violations:
            turn = f", turn {violation.turn}" if violation.turn else ""
            print(f"  SHOULD {violation.invariant}{turn}: {violation.sentence}", file=summary)
    if len(red) > _MOST_TOLD:
        print(f"STRICT {len(red) - _MOST_TOLD} more: a report has each of them", file=summary)


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
