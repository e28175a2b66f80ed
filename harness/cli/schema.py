"""`harness schema NAME`: one of the shipped JSON Schemas, for editors and for other languages."""

from __future__ import annotations

import argparse
import json
from typing import Any

from harness.cli import COMMANDS
from harness.schemas import names, schema


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("schema", help=COMMANDS["schema"], description=__doc__)
    made.add_argument("name", nargs="?", choices=names(), help="without it: the list of names")
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.name is None:
        print("\n".join(names()))
    else:
        print(json.dumps(schema(arguments.name), indent=2, ensure_ascii=False))
    return 0
