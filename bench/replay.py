"""What a replay costs: both doors, as ratios to a bare MockTransport with the same parsing.

python bench/replay.py [ROUNDS]

One exchange of 29 JSON events and [DONE] is replayed by each variant in turn, round after round, so
that noise falls on all alike; the median round is reported. Stock vcrpy plays the same bytes.
Times are CPU times of the whole process, so a loopback replay counts its server too.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpcore2
import httpx2
import vcr

from harness.cassette import Cassette, save
from harness.model import Exchange, Piece, Request
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import transport
from harness.replay.loopback import Loopback
from harness.replay.player import Player
from harness.replay.raw import plan

BATCH = 100
URL = "http://upstream.test/v1/chat/completions"
ASK = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


def events():
    for n in range(29):
        choice = {"index": 0, "delta": {"content": f"word {n} "}, "finish_reason": None}
        padding = {"logprobs": None, "native": "x" * 180}
        body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m"}
        yield b"data: %b\n\n" % json.dumps(body | {"choices": [choice | padding]}).encode()
    yield b"data: [DONE]\n\n"


EVENTS = tuple(events())
BODY = b"".join(EVENTS)
EXCHANGE = Exchange(
    Request(
        "POST", URL, (("content-type", "application/json"),),
        json.dumps(ASK, separators=(",", ":")).encode(),
    ),
    200,
    "OK",
    (("content-type", "text/event-stream"),),
    tuple(map(Piece, EVENTS)),
)  # fmt: skip


def parse(items):
    count = 0
    pending = b""
    for item in items:
        *whole, pending = (pending + item).split(b"\n\n")
        for event in whole:
            if event != b"data: [DONE]":
                json.loads(event[6:])
                count += 1
    assert count == 29, count


def ask(client, url=URL):
    with client.stream("POST", url, json=ASK) as response:
        parse(response.iter_raw())


def floor():
    for _ in range(BATCH):
        parse(EVENTS)


class Pieces(httpx2.SyncByteStream):
    def __iter__(self):
        yield from EVENTS


def mock():
    headers = {"content-type": "text/event-stream"}
    handler = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, stream=Pieces()))
    with httpx2.Client(transport=handler) as client:
        for _ in range(BATCH):
            ask(client)


def inprocess():
    player = Player([EXCHANGE] * BATCH, clock=VirtualClock())
    with httpx2.Client(transport=transport(player, "httpx2")) as client:
        for _ in range(BATCH):
            ask(client)
    assert not player.unplayed


class Canned:
    """For comparison: the library's own pool and parser over one ready read."""

    def __init__(self):
        self._bytes = b"".join(data for _, data in plan(EXCHANGE).steps)
        self._ready = []

    def connect_tcp(self, *_args, **_options):
        return self

    def write(self, data, timeout=None):
        if data:
            self._ready = [self._bytes]

    def read(self, _size, timeout=None):
        return self._ready.pop()

    def close(self):
        self._ready = []

    def get_extra_info(self, _name):
        return None


def pool():
    made = httpx2.HTTPTransport(verify=False)
    made._pool = httpcore2.ConnectionPool(network_backend=Canned())  # noqa: SLF001
    with httpx2.Client(transport=made) as client:
        for _ in range(BATCH):
            ask(client)


def a_case_each():
    for _ in range(BATCH):
        player = Player([EXCHANGE], match_on=("method", "path"), clock=VirtualClock())
        with httpx2.Client(transport=transport(player, "httpx2")) as client:
            ask(client)


def through(door):
    def loopback():
        with (
            door.open(Player([EXCHANGE] * BATCH)) as handle,
            httpx2.Client() as client,
        ):
            for _ in range(BATCH):
                ask(client, f"{handle.base_url}/v1/chat/completions")

    return loopback


def stock(path):
    def vcrpy():
        with (
            vcr.use_cassette(str(path), record_mode="none", allow_playback_repeats=True),
            httpx2.Client() as client,
        ):
            for _ in range(BATCH):
                ask(client)

    return vcrpy


def measure(variants, rounds):
    taken = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            start = time.process_time()
            run()
            taken[name].append((time.process_time() - start) / BATCH)
    return {name: statistics.median(times) for name, times in taken.items()}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder, Loopback() as door:
        path = Path(folder) / "stream.yaml"
        save(Cassette((EXCHANGE,)), path)
        variants = {
            "parsing alone": floor,
            "MockTransport + parse": mock,
            "bare httpcore2 pool, canned bytes": pool,
            "in-process door": inprocess,
            "in-process, player and client a case": a_case_each,
            "loopback door": through(door),
            "stock vcrpy": stock(path),
        }
        medians = measure(variants, rounds)
    unit = medians["MockTransport + parse"]
    print(f"| {'variant':36} | CPU us     | x MockTransport + parse |")
    print(f"| {'-' * 36} | ---------: | ---------------------: |")
    for name, seconds in medians.items():
        print(f"| {name:36} | {seconds * 1e6:11.0f} | {seconds / unit:23.2f} |")


if __name__ == "__main__":
    main()
