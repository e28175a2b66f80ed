"""What reading a chat reply costs, as a ratio to its floor: `python bench/chat_reader.py`.

The floor is splitting the body at blank lines and parsing each JSON text; above it stand framing,
events with their byte ranges, think tags, and the normalized response. Every kind of stream is read
whole, event by event and in pieces of 1 kB. A ratio is the median of many rounds, in each of which
both sides are run after another; times are CPU times. Where a stream costs more than twice its
floor, its profile says what for. Then: what judging every prefix takes against the stream's length.
"""

import cProfile
import pstats
import statistics
import sys
import time

import orjson

from harness.model import Ending, Provider
from harness.transports import TRANSPORTS

ROUNDS, BYTES = 100, 100_000  # bytes: of a stream, read again and again in one round
MEANT = 2.0
SERVER = Provider(name="server", transport="chat_completions", base_url="http://x", model="m")
CHAT = TRANSPORTS.get("chat_completions")
HEAD = {
    "id": "chatcmpl-C0ffee0000000000000000000001",
    "object": "chat.completion.chunk",
    "created": 1_795_208_400,
    "model": "some-model-2026-03-17",
    "service_tier": "default",
    "system_fingerprint": "fp_5c1d2e3f4a",
}
COUNTS = {"prompt_tokens": 21, "completion_tokens": 60, "total_tokens": 81}


def chunk(delta, finish=None, **more):
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**HEAD, "choices": [choice], "usage": None, **more}


def body(deltas, finish="stop", **more):
    first = chunk({"role": "assistant", "content": "", "refusal": None}, **more)
    padding = ({key: value * (n % 9 + 1) for key, value in more.items()} for n in range(1 << 20))
    chunks = [first, *(chunk(delta, **pad) for delta, pad in zip(deltas, padding, strict=False))]
    chunks += [chunk({}, finish, **more), {**HEAD, "choices": [], "usage": COUNTS}]
    return b"".join(b"data: %b\n\n" % orjson.dumps(c) for c in chunks) + b"data: [DONE]\n\n"


def call(index, count):
    """One call: its name, then its arguments in so many pieces."""
    function = {"name": "f", "arguments": ""}
    yield {
        "tool_calls": [
            {"index": index, "id": f"c{index}", "type": "function"} | {"function": function}
        ]
    }
    for number in range(count):
        words = (
            ("{" if number == 0 else ",") + f'"k{number}":{number}' + "}" * (number == count - 1)
        )
        yield {"tool_calls": [{"index": index, "function": {"arguments": words}}]}


def streams(count):
    """Streams of so many deltas, and of one each of the usual other chunks."""
    numbers = range(count)
    return {
        "text": body({"content": f" and word {n:02}, then"} for n in numbers),
        "text in lines": body({"content": f" word {n}\n"} for n in numbers),
        "escaped text": body({"content": f' "wörd" {n}\\ \n\tthen'} for n in numbers),
        "reasoning": body({"reasoning_content": f" thought {n}"} for n in numbers),
        "tool call": body(call(0, count - 1), "tool_calls"),
        "parallel calls": body([*call(0, count // 2 - 1), *call(1, count // 2 - 1)], "tool_calls"),
        "padded text": body(({"content": f" word {n}"} for n in numbers), obfuscation="x"),
    }


def floor(stream):
    for part in stream.split(b"\n\n"):
        if part and part != b"data: [DONE]":
            orjson.loads(part[6:])


def read(pieces):
    reader = CHAT.reader(SERVER)
    for piece in pieces:
        reader.feed(piece)
    reader.end()
    return reader.outcome


def pieces_of(stream):
    size = 1000
    return {
        "whole": [stream],
        "by event": [event + b"\n\n" for event in stream.split(b"\n\n")[:-1]],
        "1 kB": [stream[at : at + size] for at in range(0, len(stream), size)],
    }


def timed(work, given, runs):
    start = time.thread_time_ns()
    for _ in range(runs):
        work(given)
    return (time.thread_time_ns() - start) / runs / 1000


def ratio(stream, pieces):
    """(microseconds of the floor, and of the reader, and how many times the floor)."""
    runs = max(1, BYTES // len(stream))
    rounds = [(timed(floor, stream, runs), timed(read, pieces, runs)) for _ in range(ROUNDS)]
    times = statistics.median(ours / lowest for lowest, ours in rounds)
    lowest, ours = (statistics.median(side) for side in zip(*rounds, strict=True))
    return lowest, ours, times


def profile(pieces):
    """Where the time of one reading goes."""
    found = cProfile.Profile()
    found.runcall(lambda: [read(pieces) for _ in range(300)])
    pstats.Stats(found, stream=sys.stdout).sort_stats("tottime").print_stats(12)


def prefixes(stream):
    """Seconds to judge every prefix, at every byte, with forks."""
    reader = CHAT.reader(SERVER)
    start = time.thread_time()
    for at in range(len(stream)):
        twin = reader.fork()
        twin.end(Ending.RESET)
        reader.feed(stream[at : at + 1])
    return time.thread_time() - start


def main():
    costly = {}
    for count in (26, 1000):
        for name, stream in streams(count).items():
            events = stream.count(b"\n\n")
            told = []
            for how, pieces in pieces_of(stream).items():
                lowest, ours, times = ratio(stream, pieces)
                told.append(f"{how} {times:.2f} x ({ours:.0f} us)")
                if times > MEANT and count == 26:
                    costly[f"{name}, {how}: {times:.2f} x"] = pieces
            print(f"{name}, {events} events, floor {lowest:.0f} us: {'; '.join(told)}", flush=True)
    for count in (50, 100, 200, 400):
        stream = body({"content": f" word {n}"} for n in range(count))
        took = prefixes(stream)
        each = took / len(stream) * 1e6
        print(f"every prefix of {len(stream)} bytes: {took:.2f} s, {each:.1f} us each")
    for name, pieces in costly.items():
        print(f"\n{name}, by its profile:")
        profile(pieces)


if __name__ == "__main__":
    main()
