"""`harness demo`: four famous failures, played to a naive client and to the reference side by side.
No network, no key; writes the report of the naive client."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.data import builtin
from harness.engine import Cell, run_cell
from harness.engine.document import document_of
from harness.engine.run import select
from harness.engine.targets import make_target
from harness.model import Verdict, VerdictKind
from harness.reports import write_report

FAMOUS = {
    "stream_dies_mid_tool_call": ("a stream dies inside a tool call", "cut_tool_arguments_50_eof"),
    "repeated_function_name": (
        "a function's name comes in every chunk",
        "chat_calls_name_repeated",
    ),
    "unterminated_think_tag": ("a think tag opens and never closes", "stream"),
    "unauthorized_then_refreshed": ("a 401 in the middle of the night", "stream"),
}
WORDS = {
    VerdictKind.PASSED: "ok",
    VerdictKind.FAILED: "WRONG",
    VerdictKind.ERRORED: "ERRORED",
    VerdictKind.UNTESTABLE: "-",
}


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("demo", help=COMMANDS["demo"], description=__doc__)
    made.add_argument(
        "--report",
        default="html:harness-demo.html",
        metavar="FORMAT:PATH",
        help="default: %(default)s",
    )
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    naive, reference = make_target("naive"), make_target("reference")
    documents = []
    print(f"{'':48}{'naive':>8}{'reference':>11}")
    for cell in _cells():
        first, second = run_cell(cell, naive), run_cell(cell, reference)
        documents.append(document_of(first))
        print(f"{_named(cell):48}{WORDS[first.kind]:>8}{WORDS[second.kind]:>11}")
        for sentence in _sentences(first):
            print(f"    {sentence}")
    write_report(arguments.report, documents)
    print(f"\nThe naive client's report: {Path(arguments.report.partition(':')[2]).resolve()}")
    print("Judge your own client: harness new target my_client")
    return 0


def _cells() -> Iterator[Cell]:
    """One cell of each failure over chat, as that wire's own server sends it."""
    for scenario, (_, slug) in FAMOUS.items():
        for cell in select([scenario], (builtin("scenarios"),)):
            if cell.transport.wire == "chat" and cell.provider.home and cell.slug == slug:
                yield cell


def _named(cell: Cell) -> str:
    return FAMOUS[cell.scenario.id][0]


def _sentences(verdict: Verdict) -> list[str]:
    seen = dict.fromkeys(violation.sentence for violation in verdict.violations)
    return [text if len(text) < 120 else text[:117] + "..." for text in list(seen)[:2]]
