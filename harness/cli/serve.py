"""`harness serve`: cassettes answered on a real port of this machine.

The rule of this file: the first line of stdout is the base URL, and nothing else is ever written
there; what is asked and answered goes to stderr. Ends on SIGINT and SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.cassette import load
from harness.cli import COMMANDS
from harness.errors import UsageError
from harness.model import Exchange, Sent
from harness.replay.loopback import Loopback
from harness.replay.matching import STRICT
from harness.replay.player import Player
from harness.secrets import masked


def add(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "serve",
        help=COMMANDS["serve"],
        description="`harness serve CASSETTE...`: answers any client from cassettes. The "
        "cassette that holds a request answers it; identical requests are answered "
        "in recorded order, the last one for good. Two cassettes that hold the same request are an "
        "error. Prints the base URL, and ends on SIGINT or SIGTERM.",
    )
    parser.add_argument(
        "cassette", nargs="+", type=Path, metavar="CASSETTE", help="files that hold the answers"
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument("--speed", type=float, default=1.0, help="2 plays twice as fast")
    parser.add_argument(
        "--match-on",
        default=",".join(STRICT),
        metavar="PARTS",
        help=f"what of a request must be equal (default: {','.join(STRICT)})",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.speed <= 0:
        raise UsageError("--speed must be positive", found=str(args.speed))
    match_on = tuple(part.strip() for part in args.match_on.split(",") if part.strip())
    player = assemble(args.cassette, match_on)
    over = threading.Event()  # a signal ends the wait, not the thread that it interrupts
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with Loopback(args.port) as door:
        handle = door.open(player, speed=args.speed, prefix="")
        sys.stdout.write(handle.base_url + "\n")
        sys.stdout.flush()
        over.wait()
    return 0


def assemble(paths: Sequence[Path], match_on: Sequence[str]) -> Player:
    """One player over all cassettes, refusing two that hold the same request."""
    tape: list[Exchange] = []
    owners: dict[Any, Path] = {}
    for path in paths:
        own = [exchange for exchange in load(path).exchanges if exchange.connected]
        for key, exchange in Player(own, match_on=match_on).expected():
            if key in owners:
                raise UsageError(
                    f"{owners[key]} and {path} hold the same request "
                    f"{exchange.request.method} {exchange.request.url.partition('?')[0]}",
                    hint="Serve them on two ports, or compare more parts with --match-on",
                )
            owners[key] = path
        tape += own
    return Player(tape, match_on=match_on, repeat=True, on_sent=_log)


def _log(sent: Sent) -> None:
    url = sent.request.url.partition("?")[0]  # a query may hold a key
    if sent.exchange is None:
        sys.stderr.write(f"400 {masked(sent.difference)}\n")
    else:
        sys.stderr.write(f"{sent.request.method} {url} -> exchange {sent.exchange}\n")
