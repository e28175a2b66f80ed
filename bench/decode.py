"""What reading frames costs, as a ratio to its floor, in one run: `python bench/decode.py`.

The floor of SSE is splitting the body at blank lines and parsing each JSON text; of event streams
it is botocore's decoder with the same parsing. Every ratio is the median of interleaved rounds, so
that a noisy machine is noisy for both.
"""

import statistics
import time

import botocore.eventstream
import orjson

from harness.wire import coding, eventstream, jsontext
from harness.wire.eventstream import EventStreamDecoder
from harness.wire.ndjson import NdjsonDecoder
from harness.wire.sse import SseDecoder

ROUNDS, RUNS = 15, 100


def chunk(number):
    delta = {"content": f"word {number} "}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    return {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "some-model",
        "system_fingerprint": "fp_0123456789",
        "choices": [choice],
        "usage": None,
        "obfuscation": "x" * 60,
    }


CHUNKS = [orjson.dumps(chunk(number)) for number in range(30)]
PLAIN = [b"data: " + text + b"\n\n" for text in CHUNKS]
NAMED = [b"event: content_block_delta\n" + event for event in PLAIN]
CRLF = [event.replace(b"\n", b"\r\n") for event in PLAIN]
LINES = [text + b"\n" for text in CHUNKS]
HEADERS = {":event-type": "delta", ":content-type": "application/json", ":message-type": "event"}
FRAMES = [eventstream.encode(HEADERS, text) for text in CHUNKS]


def split_and_parse(body, mark):
    for part in body.split(mark):
        if part:
            orjson.loads(part[part.find(b"{") :])


def sse(pieces):
    decoder = SseDecoder()
    for piece in pieces:
        for event in decoder.feed(piece):
            orjson.loads(event.raw)


def ndjson(pieces):
    decoder = NdjsonDecoder()
    for piece in pieces:
        for line in decoder.feed(piece):
            orjson.loads(line.raw)


def frames(pieces):
    decoder = EventStreamDecoder()
    for piece in pieces:
        for frame in decoder.feed(piece):
            orjson.loads(frame.payload)


def botocore_frames(pieces):
    buffer = botocore.eventstream.EventStreamBuffer()
    for piece in pieces:
        buffer.add_data(piece)
        for event in buffer:
            orjson.loads(event.payload)


def inflate(pieces):
    decoder = coding.decoder("gzip")
    return [decoder.feed(piece) for piece in pieces]


def of(function, *arguments):
    return lambda: function(*arguments)


def whole(pieces):
    return [b"".join(pieces)]


def in_bytes(pieces):
    return [bytes([byte]) for byte in b"".join(pieces)]


FLOOR = of(split_and_parse, b"".join(PLAIN), b"\n\n")
LINE_FLOOR = of(split_and_parse, b"".join(LINES), b"\n")
BOTOCORE = of(botocore_frames, FRAMES)
ZIPPED = coding.encode("gzip", b"".join(PLAIN))
CASES = [
    ("sse, 30 events, one piece", of(sse, whole(PLAIN)), "split + orjson", FLOOR),
    ("sse, 30 events, a piece each", of(sse, PLAIN), "split + orjson", FLOOR),
    ("sse, 30 named events, one piece", of(sse, whole(NAMED)), "split + orjson", FLOOR),
    ("sse, 30 events, CRLF", of(sse, whole(CRLF)), "split + orjson", FLOOR),
    ("sse, 30 events, byte by byte", of(sse, in_bytes(PLAIN)), "split + orjson", FLOOR),
    ("loads, 30 texts", lambda: list(map(jsontext.loads, CHUNKS)), "split + orjson", FLOOR),
    (
        "values, 30 texts",
        lambda: [list(jsontext.values(c)) for c in CHUNKS],
        "split + orjson",
        FLOOR,
    ),
    ("ndjson, 30 lines, one piece", of(ndjson, whole(LINES)), "split + orjson", LINE_FLOOR),
    ("eventstream, 30 frames, a piece each", of(frames, FRAMES), "botocore", BOTOCORE),
    ("eventstream, 30 frames, one piece", of(frames, whole(FRAMES)), "botocore", BOTOCORE),
    ("gzip, one piece", of(inflate, [ZIPPED]), "split + orjson", FLOOR),
]


def seconds(run, runs):
    start = time.perf_counter()
    for _ in range(runs):
        run()
    return (time.perf_counter() - start) / runs


def main():
    print(f"{'what':40}{'us':>10}  {'ratio':>7}  to")
    for name, run, floor_name, floor in CASES:
        runs = RUNS if seconds(run, 1) < 0.001 else 5
        pairs = [(seconds(run, runs), seconds(floor, runs)) for _ in range(ROUNDS)]
        ours = statistics.median(pair[0] for pair in pairs)
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        print(f"{name:40}{ours * 1e6:10.1f}  {ratio:7.2f}  {floor_name}")


if __name__ == "__main__":
    main()
