"""`harness record`: cassettes from a live API, or from any client through a proxy.

The rule of this file: stdout is the answer (the cassettes written; of the proxy, its base URL
first); what is said on the way goes to stderr, scrubbed like everything else.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.cassette import load
from harness.cli import COMMANDS
from harness.data import builtin
from harness.engine.run import select
from harness.errors import SecretFound, UsageError
from harness.model import Provider
from harness.providers import PROVIDERS
from harness.record import Known, Mode, Scrubber, storage
from harness.record import proxy as recording_proxy
from harness.record.session import Wishes, record
from harness.scenario import Scenario
from harness.settings import read_settings

_MODES = tuple(mode.value for mode in Mode)


def add(subparsers: Any) -> None:
    told = (__doc__ or "").partition("\n\n")[0]  # the rest is for who reads the file
    made = subparsers.add_parser("record", help=COMMANDS["record"], description=told)
    made.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="an id or a file")
    live_ = made.add_argument_group("from a live API")
    live_.add_argument("--provider", metavar="P", help="whom to ask; the key is in its variable")
    live_.add_argument("--base-url", metavar="URL", help="another server of the same kind")
    live_.add_argument("--model", metavar="M", help="another model than the provider's own")
    live_.add_argument("--refresh-command", metavar="CMD", help="prints a new token after a 401")
    live_.add_argument("--keep-errors", action="store_true", help="record answers that are errors")
    live_.add_argument("--cassettes", type=Path, metavar="DIR", help="default: cassettes")
    through = made.add_argument_group("from any client, through a proxy")
    through.add_argument("--proxy", action="store_true", help="listen, pass on, and record")
    through.add_argument("--upstream", metavar="URL", help="where requests really go")
    through.add_argument("--port", type=int, default=0, help="default: any free one")
    through.add_argument("--out", type=Path, metavar="FILE", help="the cassette to write")
    through.add_argument("--join", action="store_true", help="finish what a killed proxy left")
    made.add_argument(
        "--mode", choices=_MODES, default=Mode.ONCE.value, help="as in vcrpy; default: once"
    )
    made.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="TEXT",
        help="a part of what looks like a key and is none; never of a known secret",
    )
    made.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.join:
        return _join(_out(arguments))
    if arguments.proxy:
        return _proxy(arguments)
    if not arguments.provider:
        raise UsageError(
            "whom to record from is not said", hint="Give --provider P, or --proxy --upstream URL"
        )
    return _live(arguments)


# From a live API.


def _live(arguments: argparse.Namespace) -> int:
    provider = PROVIDERS.get(arguments.provider)
    settings = read_settings(Path.cwd())
    folders = settings.folders or (builtin("scenarios"),)
    only = frozenset({provider.name})
    chosen: dict[str, Scenario] = {}
    for cell in select(arguments.scenarios, folders, only if not arguments.scenarios else None):
        if cell.scenario.needs <= provider.can:
            chosen.setdefault(cell.scenario.id, cell.scenario)
    if not chosen:
        raise UsageError(
            f"no scenario to ask {provider.name}", hint="Name one, or look at its needs"
        )
    folder = arguments.cassettes or Path("cassettes")
    worst = 0
    for scenario in chosen.values():
        path = folder / provider.name / f"{scenario.id}.yaml"
        worst = max(worst, _record(scenario, provider, path, arguments))
    return worst


def _record(
    scenario: Scenario, provider: Provider, path: Path, arguments: argparse.Namespace
) -> int:
    """0 written or nothing to do, 1 an answer was an error, 2 the gate closed."""
    wishes = Wishes(
        mode=Mode(arguments.mode),
        base_url=arguments.base_url,
        model=arguments.model,
        refresh_command=arguments.refresh_command,
        keep_errors=arguments.keep_errors,
        allow=tuple(arguments.allow),
    )
    try:
        done = record(scenario, provider, path, wishes)
    except SecretFound as error:
        _say(str(error))
        return 2
    for sentence in done.wrong:
        _say(f"{path}: {sentence}")
    for sentence in done.changed:
        _say(f"{path}: changed: {sentence}")
    if done.written:
        print(path)
    elif done.wrong:
        _say(f"{path}: not written (--keep-errors records errors as well)")
    else:
        _say(f"{path}: is there already, left as it is (--mode all records it anew)")
    return 1 if done.wrong else 0


# Through a proxy.


def _out(arguments: argparse.Namespace) -> Path:
    if arguments.out is None:
        raise UsageError("where to write is not said", hint="Give --out FILE")
    path: Path = arguments.out
    return path


def _proxy(arguments: argparse.Namespace) -> int:
    path, mode = _out(arguments), Mode(arguments.mode)
    if not arguments.upstream:
        raise UsageError("where requests go is not said", hint="Give --upstream URL")
    if mode is Mode.NONE:
        raise UsageError("a proxy that records nothing is none", hint="Leave --mode none out")
    if mode is Mode.ONCE and path.exists():
        raise UsageError(
            f"{path} is there already",
            hint="--mode new_episodes adds to it, --mode all replaces it",
        )
    before = load(path) if mode is Mode.NEW_EPISODES and path.exists() else None
    known = Known.of_environment()
    host = urlsplit(arguments.upstream).netloc.rpartition("@")[2]
    parts = storage.Parts(path, storage.provenance(host), known, tuple(arguments.allow))
    deck = recording_proxy.Deck(parts, Scrubber(known), _say)
    try:
        asyncio.run(_serve(arguments, deck))
    finally:
        deck.close()
        whole = parts.join(before)
    _say(f"{path}: {len(whole.exchanges)} exchanges")
    return 0


async def _serve(arguments: argparse.Namespace, deck: recording_proxy.Deck) -> None:
    proxy = recording_proxy.Proxy(arguments.upstream, deck, port=arguments.port)
    await recording_proxy.serve(proxy, _ready)


def _ready(base_url: str) -> None:
    sys.stdout.write(base_url + "\n")
    sys.stdout.flush()


def _join(path: Path) -> int:
    before = load(path) if path.exists() else None
    whole = storage.join(path, before)
    _say(f"{path}: {len(whole.exchanges)} exchanges")
    print(path)
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
