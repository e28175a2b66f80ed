"""`harness cassette show|lint|scrub|import|synthesize`: look at one, judge it, make it safe."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from harness.cassette import dumps, load, save
from harness.cassette.fault import Fault
from harness.cassette.importing import import_
from harness.cassette.lint import UNREADABLE, lint, lint_bytes
from harness.cassette.show import show_all
from harness.cli import COMMANDS, _synthesize
from harness.cli._paths import cassettes, why
from harness.errors import FileError, HarnessError

OK, FAULTY, UNLOADABLE = 0, 1, 2


def add(subparsers: Any) -> None:
    """The command and its own commands; each sets `run`, a function of the arguments."""
    says = "`harness cassette COMMAND`: looks at cassettes of anybody, and makes them safe."
    parser = subparsers.add_parser("cassette", help=COMMANDS["cassette"], description=says)
    commands = parser.add_subparsers(dest="cassette_command", required=True, metavar="COMMAND")

    looking = _command(commands, "show", "print exchanges: events with their times")
    looking.add_argument("paths", nargs="+", metavar="CASSETTE", help="files, or folders of them")
    looking.add_argument("--full", action="store_true", help="cut no line short")
    looking.set_defaults(run=run_show)

    checking = _command(commands, "lint", "every fault with its file and line")
    checking.add_argument("paths", nargs="+", metavar="CASSETTE", help="files, or folders of them")
    checking.add_argument("--quiet", action="store_true", help="faults only, no notes")
    checking.set_defaults(run=run_lint)

    scrubbing = _command(commands, "scrub", "take secrets out, in place; lengths stay")
    scrubbing.add_argument("paths", nargs="+", metavar="CASSETTE", help="files, or folders of them")
    scrubbing.add_argument("--check", action="store_true", help="only say what would change")
    scrubbing.add_argument(
        "--allow", action="append", default=[], metavar="TEXT", help="looks like a key, is none"
    )
    scrubbing.set_defaults(run=run_scrub)

    importing = _command(commands, "import", "make a foreign cassette a vcrpy file")
    importing.add_argument("path", metavar="CASSETTE", help="a file of any dialect")
    importing.add_argument("--out", metavar="FILE", help="where to write it (default: stdout)")
    importing.add_argument("--force", action="store_true", help="replace an existing FILE")
    importing.set_defaults(run=run_import)
    _synthesize.add(commands)


def _command(commands: Any, name: str, says: str) -> argparse.ArgumentParser:
    """What the list of commands says of it, its own help says too."""
    told = f"{says[0].upper()}{says[1:]}."
    made: argparse.ArgumentParser = commands.add_parser(name, help=says, description=told)
    return made


def run_show(args: argparse.Namespace) -> int:
    """Exit 2 if a file cannot be read; the others are shown."""
    code, files = OK, cassettes(args.paths)
    for path in files:
        try:
            cassette = load(path)
        except (FileError, OSError) as error:
            code = _refused(error)
            continue
        if len(files) > 1:
            print(f"== {path}")
        for text in show_all(cassette, full=args.full):
            sys.stdout.write(text)
    return code


def run_lint(args: argparse.Namespace) -> int:
    """Exit 1 if anything is a fault, 2 if a file is no cassette at all."""
    code = OK
    for path in cassettes(args.paths):
        try:
            found = lint(path)
        except OSError as error:
            code = _refused(error)
            continue
        for fault in found:
            if fault.level == "fault" or not args.quiet:
                print(fault)
        code = max(code, _code(found))
    return code


def _code(found: list[Fault]) -> int:
    faults = [fault for fault in found if fault.level == "fault"]
    if any(fault.code == UNREADABLE for fault in faults):
        return UNLOADABLE
    return FAULTY if faults else OK


def run_scrub(args: argparse.Namespace) -> int:
    """Exit 1 if something had to go and `--check` left it, 2 if a file cannot be made safe."""
    from harness.record.old import scrub_file  # noqa: PLC0415  it loads HTTP libraries
    from harness.secrets.known import Known  # noqa: PLC0415

    code, known = OK, Known.of_environment()
    for path in cassettes(args.paths):
        try:
            changed = scrub_file(path, known, tuple(args.allow), dry=args.check)
        except (HarnessError, OSError) as error:
            code = _refused(error)
            continue
        if changed:
            print(f"{path}: {'has something to scrub' if args.check else 'scrubbed'}")
            code = max(code, FAULTY if args.check else OK)
    return code


def run_import(args: argparse.Namespace) -> int:
    """Exit 1 if it would carry a credential into a new file, 2 if it cannot be read or written."""
    try:
        cassette = import_(args.path)
        data = dumps(cassette, args.path)
        secrets = [fault for fault in lint_bytes(data, args.path) if fault.code == "credential"]
        if secrets:
            for fault in secrets:
                print(f"{args.path}: {fault.message}", file=sys.stderr)
            hint = f"harness cassette scrub {args.path} takes the credentials out, in place"
            print(f"Nothing was written. {hint}", file=sys.stderr)
            return FAULTY
        if args.out is None:
            sys.stdout.buffer.write(data)
        elif Path(args.out).exists() and not args.force:
            print(f"{args.out} exists already: --force replaces it.", file=sys.stderr)
            return UNLOADABLE
        else:
            save(cassette, args.out)
    except (FileError, OSError) as error:
        return _refused(error)
    return OK


def _refused(error: HarnessError | OSError) -> int:
    print(f"harness: {why(error)}", file=sys.stderr)
    return UNLOADABLE
