"""Run in a process of its own, on a copy of the package: the conformance cells and nothing else.

`trace OUT` writes which cells come by which lines; `judge FILE` runs the cells that FILE names, in
order, and prints the first that does not pass.
"""

import json
import sys
from pathlib import Path

import harness
from harness.data import builtin
from harness.engine import cells, read_scenario, run_cell
from harness.engine.targets import make_target
from harness.model import VerdictKind
from harness.providers import PROVIDERS

PACKAGE = str(Path(harness.__file__).parent) + "/"


def drawn(wanted=None):
    home = {backend.name for backend in PROVIDERS if backend.home}
    for file in sorted(builtin("scenarios").glob("*.yaml")):
        if wanted is None or file.stem in wanted:
            for cell in cells(read_scenario(file)):
                if cell.provider.name in home:
                    yield cell


def trace(out):
    watched = set(sys.argv[3:])
    seen = {}
    target = make_target("reference")
    for cell in drawn():
        lines = set()

        def local(frame, event, _, lines=lines):
            lines.add(f"{frame.f_code.co_filename.removeprefix(PACKAGE)}:{frame.f_lineno}")
            return local

        def called(frame, event, _, local=local):
            name = frame.f_code.co_filename.removeprefix(PACKAGE)
            return local if name in watched else None

        sys.settrace(called)
        verdict = run_cell(cell, target)
        sys.settrace(None)
        if verdict.kind is VerdictKind.PASSED and not verdict.violations:
            seen[cell.id] = sorted(lines)
    Path(out).write_text(json.dumps(seen))


def judge(file):
    asked = json.loads(Path(file).read_text())
    found = {cell.id: cell for cell in drawn({name.partition("[")[0] for name in asked})}
    target = make_target("reference")
    for name in asked:
        verdict = run_cell(found[name], target) if name in found else None
        if verdict is None or verdict.kind is not VerdictKind.PASSED or verdict.violations:
            sys.stdout.write(f"killed by {name}")
            return
    sys.stdout.write("survived")


if __name__ == "__main__":
    {"trace": trace, "judge": judge}[sys.argv[1]](sys.argv[2])
