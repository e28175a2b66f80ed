"""`harness replay PATH...`: what every exchange of any cassette means, by the reference readers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from harness.cassette import load
from harness.cli import COMMANDS
from harness.cli._paths import cassettes, why
from harness.engine.reading import AUTO, read_exchange, transport_named
from harness.errors import FileError

OK, UNLOADABLE = 0, 2
_WIDTH = 100


def add(subparsers: Any) -> None:
    made = subparsers.add_parser("replay", help=COMMANDS["replay"], description=__doc__)
    made.add_argument("paths", nargs="+", metavar="PATH", help="cassettes, or folders of them")
    made.add_argument(
        "--transport", default=AUTO, metavar="NAME", help="who reads (default: whoever recognizes)"
    )
    made.add_argument("--json", action="store_true", help="JSON Lines, one object per exchange")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 2 if a file could not be loaded; the others are read all the same."""
    if arguments.transport != AUTO:
        transport_named(arguments.transport)
    code = OK
    for file in cassettes(arguments.paths):
        try:
            cassette = load(file)
        except (FileError, OSError) as error:
            print(f"harness: {why(error)}", file=sys.stderr)
            code = UNLOADABLE
            continue
        for number, exchange in enumerate(cassette.exchanges):
            said = read_exchange(exchange, arguments.transport).json(file, number)
            _print(said, as_json=arguments.json)
    return code


def _print(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(said))  # half a surrogate pair stays escaped: the line is always UTF-8
        return
    print(_headline(said))
    for line in _details(said):
        print(_printable(f"    {line}"))


def _headline(said: dict[str, Any]) -> str:
    who = " ".join(filter(None, (said["transport"] or "-", said.get("provider"))))
    how = "streamed" if said["streamed"] else "whole"
    status = said["status"] if said["status"] is not None else "no status"
    return _printable(
        f"{said['cassette']}#{said['exchange']}  {who}  {status} {how}  {said['outcome']}"
    )


def _details(said: dict[str, Any]) -> Iterator[str]:
    response, error = said["response"], said.get("error")
    if response is not None:
        if response["reasoning"]:
            yield f"reasoning {_short(response['reasoning'])}"
        if response["content"]:
            yield f"content   {_short(response['content'])}"
        for call in response["tool_calls"]:
            yield f"call      {call['name']}({_short(call['arguments'])})  {call['id']}"
        yield f"finish    {response['finish_reason']} ({response['raw_finish_reason']})"
        if response["usage"] is not None:
            yield f"usage     {_usage(response['usage'])}"
    if error is not None:
        yield f"error     {error['status']} {error['type']}: {_short(error['message'])}"
    for warning in said["warnings"]:
        yield f"warning   {warning}"


def _usage(usage: dict[str, int | None]) -> str:
    words = (f"{name.removesuffix('_tokens')} {count}" for name, count in usage.items() if count)
    return ", ".join(words) or "all 0"


def _short(text: str) -> str:
    line = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}… ({len(text)} characters)"


def _printable(text: str) -> str:
    """Nothing that came over a wire may move a terminal's cursor, or fail to be written."""
    clean = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return clean.encode(sys.stdout.encoding or "utf-8", "replace").decode(
        sys.stdout.encoding or "utf-8", "replace"
    )
