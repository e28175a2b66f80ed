"""What reading a chat reply costs, as a ratio to its floor: `python bench/chat_reader.py`.

The floor is splitting the body at blank lines and parsing each JSON text; above it stand framing,
events with their byte ranges, think tags, and the normalized response. The ratio is that of the
best of many interleaved rounds. Then: the same stream in other pieces and of other kinds, how long
judging every prefix takes against the stream's length, and where the time goes.
"""

import cProfile
import pstats
import time

import orjson

from harness.model import Ending, Provider
from harness.transports import TRANSPORTS

ROUNDS, RUNS = 200, 10
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


def body(deltas, finish="stop"):
    first = chunk({"role": "assistant", "content": "", "refusal": None})
    chunks = [first, *map(chunk, deltas), chunk({}, finish)]
    chunks.append({**HEAD, "choices": [], "usage": COUNTS})
    return b"".join(b"data: %b\n\n" % orjson.dumps(c) for c in chunks) + b"data: [DONE]\n\n"


def arguments(number):
    call = {"index": 0, "function": {"arguments": f'"k{number}":{number},'}}
    return {"tool_calls": [call]}


OPENING = {
    "index": 0,
    "id": "call_1",
    "type": "function",
    "function": {"name": "f", "arguments": "{"},
}
STREAMS = {
    "text": body([{"content": f" and word {n:02}, then"} for n in range(26)]),
    "text in lines": body([{"content": f" word {n}\n"} for n in range(26)]),
    "reasoning": body([{"reasoning_content": f" thought {n}"} for n in range(26)]),
    "tool call": body([{"tool_calls": [OPENING]}, *map(arguments, range(25))], "length"),
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


def timed(work, *given):
    start = time.perf_counter()
    for _ in range(RUNS):
        work(*given)
    return (time.perf_counter() - start) / RUNS


def ratio(stream, pieces):
    rounds = [(timed(floor, stream), timed(read, pieces)) for _ in range(ROUNDS)]
    lowest, ours = (min(side) for side in zip(*rounds, strict=True))
    return lowest * 1e6, ours * 1e6, ours / lowest


def prefixes(stream):
    """Seconds to judge every prefix, at every byte, with forks."""
    reader = CHAT.reader(SERVER)
    start = time.perf_counter()
    for at in range(len(stream)):
        twin = reader.fork()
        twin.end(Ending.RESET)
        reader.feed(stream[at : at + 1])
    return time.perf_counter() - start


def main():
    for name, stream in STREAMS.items():
        events = stream.count(b"\n\n")
        by_event = [event + b"\n\n" for event in stream.split(b"\n\n")[:-1]]
        for how, pieces in (("whole", [stream]), ("event by event", by_event)):
            lowest, ours, times = ratio(stream, pieces)
            print(
                f"{name}, {how}: {events} events, {len(stream)} bytes: "
                f"floor {lowest:.0f} us, reader {ours:.0f} us, {times:.2f} x"
            )
    for count in (50, 100, 200, 400):
        stream = body([{"content": f" word {n}"} for n in range(count)])
        took = prefixes(stream)
        print(
            f"every prefix of {len(stream)} bytes: {took:.2f} s, "
            f"{took / len(stream) * 1e6:.1f} us each"
        )
    profile = cProfile.Profile()
    profile.runcall(lambda: [read([STREAMS["text"]]) for _ in range(1000)])
    pstats.Stats(profile).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    main()
