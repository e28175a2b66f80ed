"""Finding the answer to the last request of a tape, as the tape grows: ours and stock vcrpy's.

python bench/match.py

Every request differs from every other in its body only, and bodies are compared.
"""

import json
import time

from vcr.cassette import Cassette as VcrCassette
from vcr.matchers import body, method, path, query
from vcr.request import Request as VcrRequest

from harness.model import Exchange, Request
from harness.replay.clock import VirtualClock
from harness.replay.player import Player

URL = "http://upstream.test/v1/chat/completions"
SIZES = (1, 10, 100, 1000)
JSON = {"content-type": "application/json"}
REPEATS = 50


def bodies(count):
    filler = [{"role": "user", "content": "the same words in every request"}] * 4
    return [json.dumps({"model": "m", "messages": filler, "n": n}).encode() for n in range(count)]


def ours(count, which):
    requests = [Request("POST", URL, tuple(JSON.items()), body) for body in bodies(count)]
    player = Player([Exchange(r) for r in requests], clock=VirtualClock(), repeat=True)
    return lambda: player.answer(requests[which])


def stock(count, which):
    requests = [VcrRequest("POST", URL, body, JSON) for body in bodies(count)]
    cassette = VcrCassette(
        "unused.yaml", match_on=(method, path, query, body), allow_playback_repeats=True
    )
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b""}}
    cassette.data = [(request, answer) for request in requests]
    return lambda: cassette.play_response(requests[which])


def best(run, repeats):
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def main():
    print("| exchanges | first, us | last, us | last / first | stock vcrpy's last, us |")
    print("| --------: | --------: | -------: | -----------: | ---------------------: |")
    for count in SIZES:
        first = best(ours(count, 0), REPEATS)
        last = best(ours(count, -1), REPEATS)
        theirs = best(stock(count, -1), 5)
        print(
            f"| {count:9} | {first * 1e6:9.1f} | {last * 1e6:8.1f} | {last / first:12.2f} "
            f"| {theirs * 1e6:22.0f} |"
        )


if __name__ == "__main__":
    main()
