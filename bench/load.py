"""Loading cassettes, as ratios to the floor: parsing the same YAML with the C loader and no more.

`python bench/load.py`: stock vcrpy's own load and our save are measured in the same run.
"""

import statistics
import time

import yaml
from vcr.serialize import deserialize
from vcr.serializers import yamlserializer

from harness.cassette import Cassette, dumps, loads
from harness.model import Exchange, Piece, Request

ROUNDS = 7
EVENT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":'
    b'[{"index":0,"delta":{"content":"%d words of an answer"},"finish_reason":null}]}\n\n'
)
HEADERS = tuple((f"x-header-{number}", f"value {number}") for number in range(10))


def cassette(exchanges, events, delay):
    """So many exchanges of so many events; every delay differs, if there is any."""
    request = Request("POST", "https://api.example/v1/chat", HEADERS, b'{"stream":true}' * 20)
    headers = (("content-type", "text/event-stream"), *HEADERS)
    pieces = tuple(Piece(EVENT % n, delay * n / 7) for n in range(events))
    tape = tuple(Exchange(request, 200, "OK", headers, pieces) for _ in range(exchanges))
    return Cassette(tape, {"kind": "synthesized", "by": "bench/load.py"})


def timed(function, times):
    """Milliseconds of one call: the best of the rounds, which the machine's noise only adds to."""
    best = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(times):
            function()
        best.append((time.perf_counter() - start) / times * 1000)
    return min(best), statistics.median(best)


def main():
    print(f"{'cassette':34} {'floor ms':>9} {'load':>7} {'vcrpy':>7} {'save':>7}   x floor")
    for exchanges, events, delay in ((1, 30, 0.0), (1, 30, 0.01), (10, 30, 0.01), (100, 30, 0.01),
                                     (1, 5000, 0.01)):  # fmt: skip
        tape = cassette(exchanges, events, delay)
        data = dumps(tape)
        text = data.decode()
        assert loads(data) == tape
        times = max(1, 200_000 // len(data))
        floor, _ = timed(lambda data=data: yaml.load(data, Loader=yaml.CSafeLoader), times)
        ours, _ = timed(lambda data=data: loads(data), times)
        stock, _ = timed(lambda text=text: deserialize(text, yamlserializer), times)
        saved, _ = timed(lambda tape=tape: dumps(tape), times)
        name = f"{exchanges} x {events} events, {len(data) // 1024} kB"
        name += ", paced" if delay else ""
        ratios = " ".join(f"{value / floor:7.2f}" for value in (ours, stock, saved))
        print(f"{name:34} {floor:9.3f} {ratios}")


if __name__ == "__main__":
    main()
