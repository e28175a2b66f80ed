"""What the tests of Messages and Converse share: samples, cuts, and one reply as plain data."""

import json
import os

from hypothesis import strategies as st
from shared_data import find, shared

from harness.model import Ending, Exchange, OutcomeKind, Piece, Request


class Sample:
    """One recorded answer, and what an official SDK made of it."""

    def __init__(self, file):
        self.name = file.name.removesuffix(".expected.json")
        said = json.loads(file.read_text("utf-8"))
        self.canonical, self.error = said.get("canonical"), said["error"]
        head, _, self.body = file.with_name(f"{self.name}.http").read_bytes().partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = tuple(tuple(line.split(": ", 1)) for line in lines[1:])

    def exchange(self):
        request = Request("POST", "http://127.0.0.1/")
        return Exchange(request, self.status, "", self.headers, (Piece(self.body),))


def samples(protocol):
    if find() is None and not os.environ.get("HARNESS_SHARED"):
        return []  # the tests of samples are then skipped, one by one
    folder = shared("wire", "samples", protocol)
    return [Sample(file) for file in sorted(folder.glob("*.expected.json"))]


def read(reader, pieces, how=Ending.COMPLETE):
    """Every event, and the reader at its end."""
    events = [event for piece in pieces for event in reader.feed(piece)]
    return events + reader.end(how), reader


def deltas(events):
    """What the events add up to, however they were cut."""
    said = {}
    for event in events:
        if event.kind in ("text", "reasoning"):
            said[event.kind] = said.get(event.kind, "") + event.text
        elif event.kind in ("tool_name", "tool_arguments"):
            key = (event.kind, event.call)
            said[key] = said.get(key, "") + event.text
        elif event.kind in ("finish", "failure", "usage", "warning"):
            value = event.finish or event.failure or event.usage or event.text
            said.setdefault(event.kind, []).append(value)
    return said


def plain(outcome):
    """An outcome in the words of a sample's canonical form."""
    response = outcome.response
    if response is None:
        return None
    usage = response.usage
    return {
        "finish": response.finish_reason,
        "finish_raw": response.data("raw_finish_reason"),
        "text": response.content or "",
        "reasoning": response.reasoning or "",
        "tool_calls": [(c.id, c.name, c.arguments) for c in response.tool_calls or ()],
        "usage": usage and {name: getattr(usage, name) for name in usage.__slots__},
        "reasoning_blocks": response.reasoning_details or [],
    }


def wanted(canonical):
    """A finished call that said nothing has the arguments `{}`."""
    calls = [(c["id"], c["name"], c["arguments"] or "{}") for c in canonical["tool_calls"]]
    kept = ("finish", "finish_raw", "text", "reasoning", "usage", "reasoning_blocks")
    return {name: canonical[name] for name in kept} | {"tool_calls": calls}


def cuts(body):
    """Any way of cutting the body into pieces, empty ones too."""
    edges = st.lists(st.integers(0, len(body)), max_size=12).map(sorted)
    return edges.map(
        lambda at: [body[a:b] for a, b in zip([0, *at], [*at, len(body)], strict=True)]
    )


def any_json(*words):
    """Any value, with the wire's own words as keys."""
    scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=5)
        ),
        max_leaves=12,
    )


def judge_prefixes(reader, body, terminator, whole):
    """Ends a fork after every byte. `terminator` is where the reply may first be called whole."""
    for position in range(len(body) + 1):
        fork = reader.fork()
        fork.end(Ending.EOF)
        outcome = fork.outcome
        response = outcome.response
        if outcome.kind is OutcomeKind.COMPLETE:
            assert terminator is not None, f"complete after {position} bytes, without an end"
            assert position >= terminator, f"complete after {position} of {terminator} bytes"
            calls = (response.tool_calls, response.content)
            assert calls == (whole.response.tool_calls, whole.response.content)
        elif outcome.kind is OutcomeKind.INTERRUPTED:
            assert response.tool_calls is None
            assert response.finish_reason is None
        else:
            assert outcome.kind is OutcomeKind.ERROR
            assert outcome.failure.kind
        reader.feed(body[position : position + 1])
