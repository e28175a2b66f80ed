"""`harness new KIND NAME`: a working skeleton, to be changed until it says what you mean."""

from __future__ import annotations

import argparse
import re
import string
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS
from harness.errors import UsageError
from harness.settings import read_settings

KINDS = {
    "scenario": "a YAML file in your scenarios folder",
    "provider": "one declarative file; name it in the entry point group harness.providers",
    "invariant": "one pure function; name it in the entry point group harness.invariants",
    "fault": "one pure function; name it in the entry point group harness.faults",
    "target": "an adapter to your own client, in-process",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("new", help=COMMANDS["new"], description=__doc__)
    made.add_argument(
        "kind", choices=KINDS, help="; ".join(f"{kind}: {says}" for kind, says in KINDS.items())
    )
    made.add_argument("name", help="lower case, digits and underscores")
    made.add_argument("--to", type=Path, metavar="FILE", help="where to write it")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    name = arguments.name
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name", hint="Lower case, digits and underscores")
    file = arguments.to or _place(arguments.kind, name)
    if file.exists():
        raise UsageError(f"{file} exists", hint="Give another name, or --to FILE")
    text = skeleton(arguments.kind, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    print(file)
    for line in _next(arguments.kind, name, file):
        print(line, file=sys.stderr)
    return 0


def skeleton(kind: str, name: str) -> str:
    """The template of a kind with its name put in."""
    ending = "yaml" if kind == "scenario" else "py"
    template = resources.files("harness.cli").joinpath("templates", f"{kind}.{ending}.txt")
    words = {"name": name, "title": name.replace("_", " ").capitalize()}
    return string.Template(template.read_text("utf-8")).substitute(words)


def _place(kind: str, name: str) -> Path:
    if kind != "scenario":
        return Path(f"{name}.py")
    folders = [folder for folder in read_settings(Path.cwd()).scenarios if folder != "builtin"]
    return Path(folders[0] if folders else "scenarios") / f"{name}.yaml"


def _next(kind: str, name: str, file: Path) -> list[str]:
    module = file.stem
    if kind == "scenario":
        return [f"next: harness lint {file}", f"      harness run {file}"]
    if kind == "target":
        return [f"next: harness run --target {module}:make text_is_text"]
    attribute = {"provider": "PROVIDER", "invariant": "check", "fault": "apply"}[kind]
    return [
        "next: name it in your pyproject.toml, and install your project:",
        f'      [project.entry-points."harness.{kind}s"]',
        f'      {name} = "{module}:{attribute}"',
    ]
