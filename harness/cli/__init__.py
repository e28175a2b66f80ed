"""The command line: one file a command, each with `add(subparsers)`. Progress goes to stderr,
stdout is the answer. Exit codes: 0 good, 1 a MUST failed, 2 usage, 3 something errored."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import io
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from harness.errors import HarnessError
from harness.secrets import masked

COMMANDS = {
    "run": "run scenarios against a target and judge what came out",
    "explain": "tell the story of one case: request, wire, events, verdict",
    "lint": "check scenario files, every fault with its line",
    "replay": "read any cassette with the reference readers",
    "record": "record cassettes from a live API, or from any client through a proxy",
    "serve": "serve cassettes on 127.0.0.1 to any client",
    "cassette": "show, lint, scrub, import or synthesize cassettes",
    "new": "write a working skeleton: scenario, provider, invariant, fault or target",
    "schema": "print one of the shipped JSON Schemas",
    "demo": "play four famous failures to a naive client and to the reference",
}


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The whole parser; only the chosen command's module is imported, if one is chosen."""
    made = argparse.ArgumentParser(
        prog="harness",
        description="Record-and-replay conformance harness for LLM provider transports.",
    )
    made.add_argument(
        "--version", action="version", version=importlib.metadata.version("provider-harness")
    )
    subparsers = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, says in COMMANDS.items():
        if chosen in {None, name}:
            importlib.import_module(f"harness.cli.{name}").add(subparsers)
        else:
            subparsers.add_parser(name, help=says, add_help=False)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = words[0] if words and words[0] in COMMANDS else None
    if not words:
        parser().print_help(sys.stderr)
        return 2
    arguments = parser(chosen).parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except HarnessError as error:
        print(f"harness: {masked(error.render())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        print(f"harness: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def console() -> None:
    """A target is named as module:make, and looked for where the user stands first."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Line by line, so that answers and progress keep their order; and half of a surrogate
        # pair, which a server or a target may have said, is shown as its escape.
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.path.insert(0, str(Path.cwd()))
    sys.excepthook = _crashed
    sys.exit(main())


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As Python tells it, but that a target's own code may say a key in what it raises; and with
    the exit code of what errored, for 1 would say that a client failed."""
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))
    raise SystemExit(3)
