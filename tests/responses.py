"""What the tests of the Responses wire share: samples, readings, scripts."""

import json

from harness.model import (
    Ending,
    Exchange,
    FinishReason,
    Piece,
    Provider,
    Request,
    Say,
    SayKind,
    Usage,
)
from harness.transports.codex_responses import TRANSPORT
from tests.shared_data import find

NOBODY = Provider(
    name="nobody",
    transport="codex_responses",
    base_url="https://api.example.com/v1",
    model="some-model",
    can=frozenset({"tools", "reasoning"}),
)
ASKED = Request("POST", "https://api.example.com/v1/responses")


def names():
    """Every sample, or one that skips where there are none."""
    folder = find()
    if folder is None:
        return ["absent"]
    found = (folder / "wire" / "samples" / "openai-responses").glob("*.expected.json")
    return sorted(path.name.removesuffix(".expected.json") for path in found)


def sample(folder, name):
    """(status, headers, body, expected)."""
    head, _, body = (folder / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = tuple(tuple(line.split(": ", 1)) for line in lines)
    expected = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
    return int(first.split()[1]), headers, body, expected


def read(pieces, status=200, headers=(), how=Ending.COMPLETE, backend=NOBODY):
    """(outcome, events) of a body cut into these pieces."""
    reader = TRANSPORT.reader(backend, status, headers)
    events = [event for piece in pieces for event in reader.feed(piece)]
    events += reader.end(how)
    return reader.outcome, events


def stream(*events, names=True):
    """An SSE body of these events, in order."""
    lines = [
        (f"event: {event['type']}\n" if names else "") + f"data: {json.dumps(event)}\n\n"
        for event in events
    ]
    return "".join(lines).encode()


def added(index, **item):
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index, **item):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def text(index, delta, **more):
    return {"type": "response.output_text.delta", "output_index": index, "delta": delta, **more}


def arguments(index, delta, **more):
    kind = "response.function_call_arguments.delta"
    return {"type": kind, "output_index": index, "delta": delta, **more}


def ended(status="completed", **response):
    return {"type": f"response.{status}", "response": {"status": status, **response}}


def message(words, **more):
    part = {"type": "output_text", "text": words, "annotations": []}
    return {"type": "message", "role": "assistant", "content": [part], **more}


def call(name, wire, call_id="call_1", **more):
    item = {"type": "function_call", "name": name, "arguments": wire, "call_id": call_id}
    return item | {"status": "completed"} | more


def whole(*items, status="completed", **more):
    return json.dumps({"object": "response", "status": status, "output": items, **more}).encode()


def exchange(body, status=200, url=ASKED.url):
    return Exchange(Request("POST", url), status, pieces=(Piece(body),))


USAGE = Usage(40, 12, 52, cache_read_tokens=8, cache_write_tokens=0, reasoning_tokens=5)
SCRIPTS = {
    "text": (
        Say(SayKind.TEXT, 'Hello, "Ada"\n👋 \\ end', parts=5),
        Say(SayKind.USAGE, usage=USAGE),
    ),
    "thought_text_and_calls": (
        Say(SayKind.REASONING, "Two cities, two calls.", signature="c2VhbGVk"),
        Say(SayKind.TEXT, "Looking."),
        Say(SayKind.CALL, id="call_a", name="get_weather", arguments='{"city": "Tromsø"}', parts=7),
        Say(SayKind.CALL, id="call_b", name="get_time", arguments='{"tz":"Europe/Oslo"}', parts=3),
        Say(SayKind.FINISH, finish=FinishReason.TOOL_CALLS),
        Say(SayKind.USAGE, usage=USAGE),
    ),
    "refusal": (
        Say(SayKind.REFUSAL, "I can't help with that."),
        Say(SayKind.FINISH, finish=FinishReason.CONTENT_FILTER),
    ),
    "length": (
        Say(SayKind.TEXT, "Once upon"),
        Say(SayKind.FINISH, finish=FinishReason.LENGTH),
        Say(SayKind.USAGE, usage=USAGE),
    ),
    "pause": (Say(SayKind.TEXT, "So far"), Say(SayKind.FINISH, finish=FinishReason.PAUSE)),
    "sealed_thought": (
        Say(SayKind.REASONING, signature="b25seQ==", redacted=True),
        Say(SayKind.TEXT, "42"),
    ),
}
