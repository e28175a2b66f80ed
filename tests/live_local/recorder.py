"""Records every case from a real llama-server through the official SDKs.

python tests/live_local/recorder.py [HOW...]: writes cassettes/<wire>/llamacpp_*.yaml, and what the
SDKs saw; of some cases only, where it is told how their answers end.
"""

import contextlib
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

import httpx2
import recorded_cases as cases
from server import CALLS, SLOW, TEXT, VERSION, Server

from harness.cassette import load
from harness.record import Known, recording

ORIGIN = f"llama-server of llama.cpp 0c1e570 (llama-cpp-python {VERSION}), tiny random model"
MODELS = {"tool": CALLS, "cancelled": SLOW, "killed": SLOW, "stopped": SLOW, "reset": SLOW}
SEEDS = range(1, 60)
PORTS = (18431, 18432, 18433)  # fixed, so that two recordings differ in nothing that need not


@contextlib.contextmanager
def servers(ports=(0, 0, 0)):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        makes = zip((TEXT, CALLS, SLOW), ports, strict=True)
        yield {make: stack.enter_context(Server(folder, make, port)) for make, port in makes}


def seed_for(case, server):
    """The first seed with which the answer is one whole call."""
    if case.how != "tool":
        return 1
    whole = cases.Recorded(case.wire, case.how, stream=False)
    for seed in SEEDS:
        with httpx2.Client() as http:
            saw = cases.ask(whole, server.base_url, http, seed)
        text = json.dumps(saw["items"])
        if text.count("get_weather") == 1 and _is_whole(cases.said(whole, saw["items"][0])):
            return seed
    raise RuntimeError(f"no seed of {SEEDS} gives one whole call on {case.wire}")


def _is_whole(said):
    _, _, arguments = said.partition("get_weather")
    try:
        return "city" in json.loads(arguments)
    except ValueError:
        return False


def record(case, running, path):
    """What the SDK saw live, while it was recorded."""
    server = running[MODELS.get(case.how, TEXT)]
    seed = seed_for(case, server)
    doings = {"killed": server.kill, "stopped": server.halt, "reset": server.reset}
    interrupt = doings.get(case.how)
    if interrupt is not None:  # an SDK's first events take it so long that the server says it all
        with httpx2.Client() as http:
            cases.ask(cases.Recorded(case.wire, "text"), server.base_url, http, seed)
    facts = {"model": cases.MODEL, "seed": str(seed)}
    with (
        recording(path, "all", known=Known([]), origin=ORIGIN, **facts) as tape,
        httpx2.Client(transport=tape.transport("httpx2")) as http,
    ):
        saw = cases.ask(case, server.base_url, http, seed, interrupt)
    if interrupt is not None:
        server.again()
    return saw


def seed_of(path):
    return int(load(path).provenance["seed"])


def main(*hows):
    """A case that is not asked for stays as it is."""
    seen = json.loads(cases.SEEN.read_text("utf-8")) if hows else {}
    with servers(PORTS) as running:
        for case in cases.CASES:
            if hows and case.how not in hows:
                continue
            saw = record(case, running, case.path)
            seen[case.id] = cases.summary(case, saw)
            tape = load(case.path).exchanges[-1]
            error = seen[case.id]["error"] or "no error"
            sys.stdout.write(f"{case.id}: {len(tape.pieces)} pieces, {tape.ending}, {error}\n")
    cases.SEEN.parent.mkdir(exist_ok=True)
    cases.SEEN.write_text(json.dumps(seen, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
