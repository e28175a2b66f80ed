"""The adapter's half of target protocol v1: the standard library, and nothing of the harness.

An adapter is a file beside this one that calls `serve(started, run)`. `run(turn, emit)` gives the
result as a dict without `op` and `id`, or raises Skipped. It may be copied out of this folder.
"""

import gc
import importlib
import importlib.util
import json
import sys


class Skipped(Exception):
    """The client has no such feature."""


def serve(started, run):
    """Answer until stdin ends or `stop` comes. `started` is a dict without `op`."""
    sessions = {}
    for line in sys.stdin:
        message = json.loads(line)
        if message["op"] == "start":
            _send({"op": "started", **started})
        elif message["op"] == "stop":
            return
        else:
            _turn(message, run, sessions)


def _turn(message, run, sessions):
    def emit(kind, **fields):
        fields |= {name: as_text(fields[name]) for name in ("text", "name") if name in fields}
        _send({"op": "event", "id": message["id"], "kind": kind, **fields})

    if message["session"] not in sessions:
        sessions.clear()  # cases come one after the other: an older session is over
        sessions[message["session"]] = {}
    try:
        result = run(message, emit, sessions[message["session"]])
    except Skipped as skipped:
        _send({"op": "skipped", "id": message["id"], "feature": str(skipped)})
        return
    _send({"op": "result", "id": message["id"], **result})
    if result["outcome"] != "complete":
        gc.collect()  # a stream left open may else be collected inside its own pool's lock


def _send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def failed(error, response=None):
    """The client's own exception as a result: its class, its text, its status."""
    status = getattr(error, "status_code", None)
    return {
        "outcome": "interrupted" if response else "error",
        "response": response,
        "error": {
            "type": type(error).__name__,
            "message": str(error),
            "status": status if isinstance(status, int) else None,
        },
    }


def http_errors(*names):
    """The client's transport library, whose exceptions can surface unwrapped, is another one in
    other versions of the client: of each that is installed, the class of its errors."""
    found = [importlib.import_module(name) for name in names if importlib.util.find_spec(name)]
    return tuple(library.HTTPError for library in found)


def field(holder, name):
    """A field that older versions of the client have no type for: there it is in a dict, as it
    came, or missing where it did not come. It is no mistake of theirs to have none."""
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def history(messages, session):
    """The messages, with the client's own last reply where the scenario says `from: previous`: a
    client that has given none is asked without it."""
    said = [session.get("previous") if m.get("from") == "previous" else m for m in messages]
    return [m for m in said if m is not None]


def stepped(stream, surfaced, take):
    """Each item of the client's stream, and what `take` (the client's own accumulator) raised on
    the way, as an exception instead of an item: only the client's code is guarded, never ours."""
    items = iter(stream)
    while True:
        try:
            item = next(items)
            take(item)
        except StopIteration:
            return
        except surfaced as error:
            yield error
            return
        yield item


def as_text(value):
    """A text, or none; in its words as JSON, what a server sent in the place of one."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def count(number):
    """A count as the protocol has it; a negative one, or none, is no count."""
    return number if type(number) is int and number >= 0 else None


def image(part):
    """(media type, base64) of an `image_url` part that holds its data."""
    head, _, data = part["image_url"]["url"].partition(",")
    return head.removeprefix("data:").removesuffix(";base64"), data


def read(reading, *given):
    """What the client handed on, by its documented fields. Where that is not of the client's own
    type, its user's code breaks on just this line, and that is what is told."""
    try:
        return reading(*given)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return failed(error)
