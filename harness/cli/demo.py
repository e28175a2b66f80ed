"""`harness demo`: four famous failures, played to a naive client and to the reference side by side.
No network, no key. Writes one report with both."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from harness.cli import COMMANDS
from harness.contracts import Target
from harness.data import builtin
from harness.engine import Cell, run_cell
from harness.engine.document import Document, Terms, document_of
from harness.engine.run import select
from harness.engine.targets import make_target
from harness.model import Level, Verdict, VerdictKind
from harness.reports import check_report, write_report

NAIVE, REFERENCE = "naive", "reference"
FAMOUS = {  # scenario -> what happens, and the case that is told of; the others are in the report
    "stream_dies_mid_tool_call": (
        "A stream dies inside a tool call",
        "cut_tool_arguments_50_reset",
    ),
    "repeated_function_name": (
        "A function's name comes in every chunk",
        "chat_calls_name_repeated",
    ),
    "unterminated_think_tag": ("A think tag opens and never closes", "stream"),
    "unauthorized_then_refreshed": ("A 401 in the middle of the night", "stream"),
}
WORDS = {
    VerdictKind.PASSED: ("32", "ok"),
    VerdictKind.FAILED: ("31", "WRONG"),
    VerdictKind.ERRORED: ("35", "ERRORED"),
    VerdictKind.UNTESTABLE: ("33", "-"),
}
_WIDTH = 100


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("demo", help=COMMANDS["demo"], description=__doc__)
    made.add_argument(
        "--report",
        default="html:harness-demo.html",
        metavar="FORMAT:PATH",
        help="default: %(default)s",
    )
    made.add_argument("--no-color", action="store_true", help="plain text (also: NO_COLOR)")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    _, file = check_report(arguments.report)
    color = sys.stdout.isatty() and not arguments.no_color and "NO_COLOR" not in os.environ
    started = time.monotonic()
    naive, reference = make_target(NAIVE), make_target(REFERENCE)
    documents: list[Document] = []
    print(f"{'Four famous failures':44}{NAIVE:>10}{REFERENCE:>12}")
    for scenario, (says, slug) in FAMOUS.items():
        for cell in _cells(scenario, slug, naive):
            first, second = run_cell(cell, naive), run_cell(cell, reference)
            documents.append(document_of(first, Terms(NAIVE)))
            documents.append(document_of(second, Terms(REFERENCE)))
            if cell.slug == slug:
                words = _word(first, 10, color=color) + _word(second, 12, color=color)
                print(f"{says:44}{words}")
                print("".join(f"    {sentence}\n" for sentence in _sentences(first)), end="")
    write_report(arguments.report, documents)
    took = time.monotonic() - started
    print(f"\n{len(documents)} cases in {took:.1f} s. Open the report: {file.resolve()}")
    print("Judge your own client:  harness new target my_client")
    print("Judge the reference:    harness run")
    return 0


def _cells(scenario: str, slug: str, target: Target) -> Iterator[Cell]:
    """Every case of the scenario on the first chat backend that it means something to; a wire's
    own backend is asked first."""
    drawn = [c for c in select([scenario], (builtin("scenarios"),)) if c.transport.wire == "chat"]
    for cell in sorted(drawn, key=lambda cell: not cell.provider.home):
        told = cell.slug == slug
        if told and run_cell(cell, target).kind is not VerdictKind.UNTESTABLE:
            yield from (one for one in drawn if one.provider.name == cell.provider.name)
            return


def _word(verdict: Verdict, width: int, *, color: bool) -> str:
    code, word = WORDS[verdict.kind]
    return f"\x1b[{code}m{word:>{width}}\x1b[0m" if color else f"{word:>{width}}"


def _sentences(verdict: Verdict) -> list[str]:
    """The two shortest, of the graver ones first: the others are in the report."""
    graver = sorted(
        verdict.violations, key=lambda one: (one.level is not Level.MUST, len(one.sentence))
    )
    seen = list(dict.fromkeys(violation.sentence for violation in graver))
    return [text if len(text) < _WIDTH else f"{text[: _WIDTH - 3]}..." for text in seen[:2]]
