"""Mutants tried one by one against the conformance suite: `python tests/deep/killing.py`.

How a mutant is tried: this process reads the scenarios once and forks one child a mutant. The child
forgets every module of the package but those that a scenario is made of, puts a finder of its own
before all others, which gives the one module its mutated text, and imports the package anew. No
file is written. The cells that reach the mutated line, known from a run under a tracer, are judged
as `pytest -k provider` judges them here, SHOULDs included, until one is red. A child that uses far
more time than its cells need is in an endless loop, which a run of the suite would notice too.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import harness
from harness.data import builtin
from harness.engine.cells import cells
from harness.engine.judge import run_cell
from harness.engine.names import read_scenario
from harness.engine.targets import make_target
from harness.model import Verdict, VerdictKind

sys.path.insert(0, str(Path(__file__).parent))
mutants = importlib.import_module("mutants")
left_out = importlib.import_module("unread").left_out
Mutant, mutants_of = mutants.Mutant, mutants.mutants_of

SCENARIO_LAYER = ("errors", "model", "scenario", "schemas")  # what a scenario is made of
Line = tuple[str, int]  # of a file in the package; 0 is any of its lines
PACKAGE = Path(harness.__file__).resolve().parent
JUDGED = (
    *("transports/*/reader.py", "transports/*/meaning.py", "transports/*/assembly.py"),
    *("transports/*/calls.py", "transports/*/reply.py", "transports/*/body.py"),
    "transports/*/template.py",
    *(f"transports/_{name}.py" for name in ("blocks", "block_reader", "strand", "chain")),
    *(f"transports/_{name}.py" for name in ("think", "arguments", "whole", "counts", "merging")),
    *(f"wire/{name}.py" for name in ("sse", "eventstream", "jsontext", "document")),
)  # not wire/coding.py: a client's HTTP library takes codings away, that module serves recordings
SECONDS = 3  # of the processor, for the import and beside what the cells need
PATIENCE = 30  # times what a cell needs when nothing is wrong
WALL = 120  # real seconds a cell, for a child that waits instead of working
MEMORY = 3 << 30
RED = frozenset({VerdictKind.FAILED, VerdictKind.ERRORED})


def files() -> list[Path]:
    return sorted(path for pattern in JUDGED for path in PACKAGE.glob(pattern))


def population() -> list[Mutant]:
    """Every mutant of what a client's reading may run."""
    unread = left_out(PACKAGE, files())
    return [
        mutant
        for path in files()
        for mutant in mutants_of(str(path.relative_to(PACKAGE)), path.read_text("utf-8"))
        if not any(mutant.line in lines for lines in unread[mutant.file])
    ]


def sampled(count: int, seed: int) -> list[Mutant]:
    """Drawn by what names a mutant, so that a change of the code changes little of the sample."""
    return sorted(population(), key=lambda mutant: _lot(mutant, seed))[:count]


def _lot(mutant: Mutant, seed: int) -> bytes:
    return hashlib.sha256(json.dumps([seed, *mutant.key]).encode()).digest()


# Children ---------------------------------------------------------------------------------------


def forked(jobs: list[Callable[[Path], None]], at_once: int) -> Iterator[tuple[int, int, Path]]:
    """Each job in a child of its own, given a file to answer in: (job, status, file), as they
    end."""
    with tempfile.TemporaryDirectory() as folder:
        running: dict[int, int] = {}
        waiting = list(enumerate(jobs))[::-1]
        while waiting or running:
            while waiting and len(running) < at_once:
                number, job = waiting.pop()
                running[_child(job, Path(folder, str(number)))] = number
            child, status = os.wait()
            number = running.pop(child)
            yield number, status, Path(folder, str(number))


def _child(job: Callable[[Path], None], answer: Path) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        job(answer)
        code = 0
    except BaseException as error:  # noqa: BLE001
        answer.with_suffix(".error").write_text(repr(error))
    os._exit(code)


# Which cells reach which lines ------------------------------------------------------------------


class Suite:
    """The scenarios, the verdict and time of every cell, and the lines that each runs."""

    def __init__(self, at_once: int) -> None:
        folder = builtin("scenarios")
        self.scenarios = {path.stem: read_scenario(path) for path in sorted(folder.glob("*.yaml"))}
        self.seconds: dict[str, float] = {}
        self.red: dict[str, str] = {}
        self.reached: dict[Line, set[str]] = defaultdict(set)
        self.killed: Counter[tuple[str, str]] = Counter()  # mutants by file and scenario
        shares = [list(self.scenarios)[start::at_once] for start in range(at_once)]
        jobs = [lambda answer, share=share: self._trace(share, answer) for share in shares]
        for _, status, answer in forked(jobs, at_once):
            if status:
                raise SystemExit(answer.with_suffix(".error").read_text())
            self._take(json.loads(answer.read_text()))

    def _trace(self, share: list[str], answer: Path) -> None:
        told = {}
        names = {str(path): str(path.relative_to(PACKAGE)) for path in files()}
        target = make_target("reference")
        for scenario in share:
            for cell in cells(self.scenarios[scenario]):
                with watched(names) as lines:
                    verdict = run_cell(cell, target)
                told[cell.id] = [verdict.seconds, fault_of(verdict), sorted(lines)]
        answer.write_text(json.dumps(told))

    def _take(self, told: dict[str, Any]) -> None:
        for cell, (seconds, fault, lines) in told.items():
            self.seconds[cell] = seconds
            if fault:
                self.red[cell] = fault
                continue
            for file, line in lines:
                self.reached[file, line].add(cell)
                self.reached[file, 0].add(cell)

    def reaching(self, mutant: Mutant) -> list[str]:
        """The cells that run the changed lines: one of each scenario before the second of any, the
        scenarios first that have killed most in this file, then those that reach it least. What
        runs at the import concerns every cell that comes into the file."""
        lines = range(mutant.line, mutant.last + 1) if mutant.function else (0,)
        found = set().union(*(self.reached.get((mutant.file, line), set()) for line in lines))
        of_scenario = defaultdict(list)
        for cell in sorted(found):
            of_scenario[cell.partition("[")[0]].append(cell)
        rounds = [
            (turn, -self.killed[mutant.file, scenario], len(own), cell)
            for scenario, own in of_scenario.items()
            for turn, cell in enumerate(random.Random(mutant.start).sample(own, len(own)))
        ]
        return [cell for *_, cell in sorted(rounds)]

    def note(self, mutant: Mutant, killer: str) -> None:
        self.killed[mutant.file, killer.partition("[")[0]] += 1


@contextmanager
def watched(names: dict[str, str]) -> Iterator[set[Line]]:
    """The lines of these files that run meanwhile, in any thread."""
    lines: set[Line] = set()
    if sys.version_info < (3, 12):
        tracer = _tracer(names, lines)
        threading.settrace(tracer)
        sys.settrace(tracer)
        yield lines
        sys.settrace(None)
        return
    monitoring = sys.monitoring
    tool, event = monitoring.COVERAGE_ID, monitoring.events.LINE

    def on_line(code: Any, line: int) -> Any:
        if code.co_filename in names:
            lines.add((names[code.co_filename], line))
        return monitoring.DISABLE  # once is enough, and what nobody watches costs nothing

    monitoring.use_tool_id(tool, "killing")
    monitoring.register_callback(tool, event, on_line)
    monitoring.restart_events()
    monitoring.set_events(tool, event)
    yield lines
    monitoring.set_events(tool, 0)
    monitoring.free_tool_id(tool)


def _tracer(names: dict[str, str], lines: set[Line]) -> Callable[..., Any]:
    def on_call(frame: Any, event: str, arg: Any) -> Any:
        name = names.get(frame.f_code.co_filename)
        if name is None:
            return None

        def on_line(frame: Any, event: str, arg: Any) -> Any:
            lines.add((name, frame.f_lineno))
            return on_line

        return on_line(frame, event, arg)

    return on_call


def fault_of(verdict: Verdict) -> str:
    """Why a cell is red; empty when it is not."""
    if verdict.violations:
        return f"{verdict.violations[0].invariant}: {verdict.violations[0].sentence}"
    return verdict.reason[-300:] or "errored" if verdict.kind in RED else ""


# One mutant -------------------------------------------------------------------------------------


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds one module, and gives the text that it was told instead of the file's."""

    def __init__(self, mutant: Mutant) -> None:
        self.path = PACKAGE / mutant.file
        self.name = ".".join(("harness", *Path(mutant.file).with_suffix("").parts))
        self.text = mutant.applied(self.path.read_text("utf-8"))

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_filename(self, fullname: str) -> str:
        return str(self.path)

    def get_data(self, path: str) -> bytes:
        if path != str(self.path):
            raise OSError(path)  # there is no kept bytecode of it
        return self.text.encode()


def attack(suite: Suite, mutant: Mutant, answer: Path) -> None:
    """In a child: write which cell is red and why, or an empty answer when none is."""
    chosen = suite.reaching(mutant)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name in [name for name in sys.modules if name.partition(".")[0] == "harness"]:
        if name != "harness" and name.split(".")[1] not in SCENARIO_LAYER:
            del sys.modules[name]
    sys.meta_path.insert(0, Mutated(mutant))  # before the `try`: it must parse
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    told = {"killer": "", "why": "", "cells": len(chosen)}
    endless = {**told, "why": "it never ends"}
    answer.write_text(json.dumps(endless | {"killer": "the import"}))
    try:
        found = _anew(suite, chosen)
        run = importlib.import_module("harness.engine.judge").run_cell
        target = importlib.import_module("harness.engine.targets").make_target("reference")
    except Exception as error:  # noqa: BLE001
        told, found = told | {"killer": "the import", "why": repr(error)}, []
    for cell in found:
        signal.setitimer(signal.ITIMER_PROF, SECONDS + PATIENCE * suite.seconds[cell.id])
        signal.alarm(WALL)
        answer.write_text(json.dumps(endless | {"killer": cell.id}))
        if fault := fault_of(run(cell, target)):
            told |= {"killer": cell.id, "why": fault}
            break
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.alarm(0)
    answer.write_text(json.dumps(told))


def _anew(suite: Suite, chosen: list[str]) -> list[Any]:
    """These cells once more, as the package that was imported anew makes them."""
    of_scenario = importlib.import_module("harness.engine.cells").cells
    scenarios = {name.partition("[")[0] for name in chosen}
    made = {cell.id: cell for name in scenarios for cell in of_scenario(suite.scenarios[name])}
    return [made[name] for name in chosen if name in made]


def tried(suite: Suite, chosen: list[Mutant], at_once: int) -> Iterator[tuple[Mutant, dict]]:
    """Each mutant and what became of it: how many cells reach it, which one killed it, and why."""
    jobs = [lambda answer, mutant=mutant: attack(suite, mutant, answer) for mutant in chosen]
    for number, status, answer in forked(jobs, at_once):
        mutant = chosen[number]
        if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status):
            raise SystemExit(f"{mutant}\n{answer.with_suffix('.error').read_text()}")
        end = json.loads(answer.read_text())
        suite.note(mutant, end["killer"])
        yield mutant, end


def tell(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--count", type=int, default=300)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--at-once", type=int, default=2)
    asked.add_argument("--only", default="", help="of the sample, what stands in this file")
    options = asked.parse_args()
    suite = Suite(options.at_once)
    tell({"cells": len(suite.seconds), "red": suite.red})
    chosen = [m for m in sampled(options.count, options.seed) if options.only in m.file]
    for mutant, end in tried(suite, chosen, options.at_once):
        tell({"key": mutant.key, "shown": str(mutant), **end})


if __name__ == "__main__":
    main()
