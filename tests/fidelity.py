"""The fidelity self-test: what an adversarial upstream did, and what each replay of it did.

Everything is seen through the tee, so that the original, our two doors and stock vcrpy are told in
the same words: pieces, delays and an ending.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import httpx2
import vcr
from adversarial_upstream import PATIENCE, SCRIPTS

from harness.cassette import Cassette, load, save
from harness.replay.capture import tee
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import transport
from harness.replay.loopback import Loopback
from harness.replay.player import Player

MODULES = {"httpx": httpx, "httpx2": httpx2}
SLACK = 0.020  # seconds by which a replayed gap may be shorter
BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


@dataclass(frozen=True)
class Replays:
    original: tuple
    inprocess: tuple
    loopback: tuple
    vcrpy: tuple


def ask(base_url, script, module, inner=None, clock=None):
    """Every answer of a script, as the tee saw it."""
    seen = []
    made = tee(seen.append, inner, module=module, clock=clock)
    library = MODULES[module]
    with library.Client(transport=made, timeout=PATIENCE) as client:
        for _ in SCRIPTS[script]:
            with contextlib.suppress(library.TransportError):
                client.post(f"{base_url}/{script}", json=BODY)
    return tuple(seen)


def replay(upstream, script, module, folder):
    """The original through the file and back, and stock vcrpy's own recording of the same."""
    upstream.forget()
    original = ask(upstream.url, script, module)
    path = Path(folder) / "ours.yaml"
    save(Cassette(original), path)
    tape = load(path).exchanges
    clock = VirtualClock()
    door = transport(Player(tape, clock=clock), module)
    inprocess = ask("http://127.0.0.1:9", script, module, door, clock)
    with Loopback() as server, server.open(Player(tape)) as handle:
        loopback = ask(handle.base_url, script, module)
    return Replays(original, inprocess, loopback, _vcrpy(upstream, script, module, folder))


def _vcrpy(upstream, script, module, folder):
    path = Path(folder) / "vcrpy.yaml"
    upstream.forget()
    with vcr.use_cassette(str(path), record_mode="new_episodes"):
        ask(upstream.url, script, module)
    if not path.exists():
        return ()
    with vcr.use_cassette(str(path), record_mode="none"):
        return ask(upstream.url, script, module)


def differences(original, replayed):
    """In what a replay is not the original; nothing if it is."""
    if len(original) != len(replayed):
        yield f"{len(replayed)} of {len(original)} exchanges"
        return
    for was, now in zip(original, replayed, strict=True):
        if was.status != now.status:
            yield f"status {now.status}, was {was.status}"
        if _lowered(was.headers) != _lowered(now.headers):
            yield "other headers"
        if was.body != now.body:
            yield f"{len(now.body)} bytes, were {len(was.body)}"
        elif [piece.data for piece in was.pieces] != [piece.data for piece in now.pieces]:
            yield f"{len(now.pieces)} of {len(was.pieces)} pieces"
        elif (short := max(_shortened(was, now), default=0.0)) > SLACK:
            yield f"a gap {short * 1000:.0f} ms too short"
        if was.ending != now.ending:
            yield f"ends {now.ending.value}, was {was.ending.value}"


def _lowered(headers):
    return [(name.lower(), value) for name, value in headers]


def _shortened(was, now):
    pairs = zip(was.pieces, now.pieces, strict=True)
    return (before.delay - after.delay for before, after in pairs)


def table(upstream, module="httpx2"):
    """Markdown: a row a script, a column a replay."""
    yield "| upstream | as recorded | in-process | loopback | stock vcrpy |"
    yield "| --- | --- | --- | --- | --- |"
    for script in SCRIPTS:
        with tempfile.TemporaryDirectory() as folder:
            got = replay(upstream, script, module, folder)
        pieces = "+".join(str(len(exchange.pieces)) for exchange in got.original)
        endings = ", ".join(exchange.ending.value for exchange in got.original)
        cells = [
            "; ".join(differences(got.original, one)) or "same"
            for one in (got.inprocess, got.loopback, got.vcrpy)
        ]
        yield f"| {script} | {pieces} pieces, {endings} | {' | '.join(cells)} |"
