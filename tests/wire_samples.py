"""The wire samples of the shared corpora, and how any reader is driven over them."""

import json
from functools import cache

from shared_data import find, shared

from harness.model import Ending, EventKind, Provider

SERVER = Provider(name="server", transport="any", base_url="https://api.test/v1", model="m")


def names(*folders):
    """folder/case of every sample: nothing where the corpora are absent (the tests then skip)."""
    root = find()
    if root is None:
        return ["absent"]
    return [
        f"{folder}/{path.name.removesuffix('.expected.json')}"
        for folder in folders
        for path in sorted((root / "wire/samples" / folder).glob("*.expected.json"))
    ]


@cache
def response(name):
    """(status, headers, body) of a sample; of an exchange of several, the last one."""
    folder = shared("wire", "samples")
    path = folder / f"{name}.http"
    if not path.exists():
        path = max(folder.glob(f"{name}.[0-9].http"))
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), tuple(tuple(line.split(": ", 1)) for line in lines), body


@cache
def expected(name):
    return json.loads((shared("wire", "samples") / f"{name}.expected.json").read_text("utf-8"))


def pieces(body, size):
    return [body[at : at + size] for at in range(0, len(body), size)]


def read(transport, name, cuts=None, *, how=Ending.COMPLETE, server=SERVER):
    status, headers, body = response(name)
    return read_bytes(
        transport, [body] if cuts is None else cuts, status, headers, how=how, server=server
    )


def read_bytes(transport, cuts, status=200, headers=(), *, how=Ending.COMPLETE, server=SERVER):
    reader = transport.reader(server, status, headers)
    events = [event for cut in cuts for event in reader.feed(cut)]
    events += reader.end(how)
    return reader.outcome, events


def said(events, kind):
    return "".join(event.text for event in events if event.kind is kind)


def check_events(outcome, events):
    """The deltas concatenate to the final reply, and a reply ends once."""
    response = outcome.response
    ends = [e for e in events if e.kind in (EventKind.FINISH, EventKind.FAILURE)]
    if response is None:
        assert [end.failure for end in ends] == [outcome.failure]
        return
    assert said(events, EventKind.TEXT) == (response.content or "")
    assert said(events, EventKind.REASONING) == (response.reasoning or "")
    assert [end.finish for end in ends] == ([response.finish_reason] if ends else [])
    for number, call in enumerate(response.tool_calls or ()):
        if outcome.dropped:
            break
        streamed = [
            e.text for e in events if e.kind is EventKind.TOOL_ARGUMENTS and e.call == number
        ]
        raw = (call.provider_data or {}).get("raw_arguments", call.arguments)
        assert "".join(streamed) in (raw, "") or call.arguments == "{}"
