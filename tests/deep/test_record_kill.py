"""A recording proxy killed with signal 9 at any moment: what was finished is whole, and is there.

30 random moments; `HARNESS_DEEP=1`: 100.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from paced_upstream import Paced

from harness.cassette import load
from harness.record import storage

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signal 9 and fork are POSIX")

POINTS = 100 if os.environ.get("HARNESS_DEEP") == "1" else 30
VICTIM = Path(__file__).parent.parent / "proxy_victim.py"
CLIENTS = 4


class Victims:
    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, str(VICTIM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def start(self, upstream, out):
        """(pid, base URL)."""
        job = {"upstream": upstream, "out": str(out), "log": str(out.with_suffix(".log"))}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        lines = sorted(self._process.stdout.readline().strip() for _ in range(2))
        return int(lines[0]), lines[1]

    def wait(self):
        assert self._process.stdout.readline() == "over\n"


@pytest.fixture(scope="module")
def victims():
    with Victims() as running:
        yield running


@pytest.fixture(scope="module")
def upstream():
    with Paced() as running:
        yield running


def ask_until_it_dies(url, who, seen):
    """Marks each answer that came whole."""
    with httpx.Client(trust_env=False, timeout=10) as client:
        for number in range(10_000):
            path = "whole" if number % 3 == 0 else f"slow/{number % 7 + 1}"
            mark = f"client-{who}-ask-{number}"
            try:
                client.post(f"{url}/{path}", json={"mark": mark})
            except httpx.TransportError:
                return
            seen.append(mark)


@pytest.mark.parametrize("point", range(POINTS))
def test_a_killed_proxy_leaves_whole_files(point, victims, upstream, tmp_path):
    """Every file loads; no exchange that a client saw the end of is lost; they can be joined."""
    out = tmp_path / "out.yaml"
    pid, url = victims.start(upstream.url, out)
    seen = []
    threads = [
        threading.Thread(target=ask_until_it_dies, args=(url, who, seen)) for who in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    while point % 5 and not seen:  # else at any moment, also before the first answer
        time.sleep(0.005)
    time.sleep(random.Random(point).uniform(0.0, 0.3))
    os.kill(pid, signal.SIGKILL)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    victims.wait()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".log"]
    kept = set()
    for path in files:
        for exchange in load(path).exchanges:
            kept.add(json.loads(exchange.request.body)["mark"])
    assert seen or not point % 5
    assert set(seen) <= kept
    assert len(kept - set(seen)) <= CLIENTS
    whole = storage.join(out)
    assert len(whole.exchanges) == len(files)
    assert not files or len(load(out).exchanges) == len(files)
