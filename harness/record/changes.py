"""What a new recording of the same question has that the old one had not, in words.

Compared is what a server promises, never what a model said: statuses, headers, event types, the
fields of each event and their types, the usage, how it ended. Texts, ids, times, and how many
events there are, differ with every run and are no change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.cassette import Cassette
from harness.errors import FramingError, WireError
from harness.model import Exchange
from harness.record import headers as tables
from harness.record.places import frames
from harness.wire import eventstream
from harness.wire.coding import decode_body
from harness.wire.jsontext import values
from harness.wire.sse import split

_USAGE = re.compile(r"usage|tokens|timings", re.IGNORECASE)
_VOLATILE = frozenset({"content-length", "date", "connection", "keep-alive", "age"})
_NAMED = frozenset({"metadata", "properties", "input", "arguments"})  # the asker's own keys below


@dataclass(slots=True)
class _Shape:
    """What one answer is made of: fields by event type, and the JSON types of each field."""

    fields: dict[str, dict[str, set[str]]] = field(default_factory=dict)

    def add(self, event: str, data: bytes) -> None:
        known = self.fields.setdefault(event, {})
        for value in values(data):
            if value.path and not _NAMED.intersection(value.path[:-1]):
                kind = value.kind
                if kind == "literal":
                    kind = "null" if data[value.start : value.end] == b"null" else "boolean"
                known.setdefault(_spelled(value.path), set()).add(kind)


def _spelled(path: Iterable[str | int]) -> str:
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def changes(old: Cassette, new: Cassette) -> list[str]:
    """Sentences; none if the server is unchanged."""
    found: list[str] = []
    if len(old.exchanges) != len(new.exchanges):
        found.append(f"{len(new.exchanges)} exchanges, were {len(old.exchanges)}")
    pairs = zip(old.exchanges, new.exchanges, strict=False)
    for number, (was, now) in enumerate(pairs):
        lead = f"exchange {number}: " if len(new.exchanges) > 1 else ""
        found += [lead + text for text in _changes(was, now)]
    return list(dict.fromkeys(found))


def _changes(was: Exchange, now: Exchange) -> Iterator[str]:
    if (was.request.method, _path(was)) != (now.request.method, _path(now)):
        yield f"asks {now.request.method} {_path(now)}, was {was.request.method} {_path(was)}"
    if was.status != now.status:
        yield f"status {now.status}, was {was.status}"
        return
    if was.ending != now.ending:
        yield f"ends {now.ending.value}, was {was.ending.value}"
    yield from _headers(was, now)
    before, after = _shape(was), _shape(now)
    yield from _named("event type", before.fields.keys(), after.fields.keys())
    for event in after.fields.keys() & before.fields.keys():
        yield from _fields(event, before.fields[event], after.fields[event])


def _path(exchange: Exchange) -> str:
    return exchange.request.url.partition("?")[0].partition("://")[2].partition("/")[2]


def _headers(was: Exchange, now: Exchange) -> Iterator[str]:
    def names(exchange: Exchange) -> set[str]:
        low = {name.lower() for name, _ in exchange.headers} - _VOLATILE
        return {name for name in low if tables.kept(name, tables.RESPONSE)}

    yield from _named("header", names(was), names(now))
    kinds = (was.header("content-type"), now.header("content-type"))
    if None not in kinds and kinds[0] != kinds[1]:
        yield f"content-type {kinds[1]}, was {kinds[0]}"


def _named(what: str, was: Iterable[str], now: Iterable[str]) -> Iterator[str]:
    before, after = set(was), set(now)
    for name in sorted(after - before):
        yield f"new {what} {name}" if name else f"a {what} without a name"
    for name in sorted(before - after):
        yield f"{what} {name} is gone"


def _fields(event: str, was: dict[str, set[str]], now: dict[str, set[str]]) -> Iterator[str]:
    within = f" in {event}" if event else ""
    for name in _outermost(now.keys() - was.keys()):
        yield f"new field {name}{within}"
    for name in _outermost(was.keys() - now.keys()):
        lost = "usage is lost: " if _USAGE.search(name) else ""
        yield f"{lost}field {name}{within} is gone"
    for name in sorted(now.keys() & was.keys()):
        if not now[name] & was[name]:
            yield f"field {name}{within} is {_or(now[name])}, was {_or(was[name])}"


def _outermost(names: Iterable[str]) -> list[str]:
    """Not `usage.total_tokens` too where all of `usage` is new."""
    chosen: list[str] = []
    for name in sorted(names):
        if not any(name.startswith((f"{outer}.", f"{outer}[")) for outer in chosen):
            chosen.append(name)
    return chosen


def _or(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


def _shape(exchange: Exchange) -> _Shape:
    shape = _Shape()
    for event, data in _events(exchange):
        shape.add(event, data)
    return shape


def _events(exchange: Exchange) -> Iterator[tuple[str, bytes]]:
    """(type, payload) of each event; one without a type for an answer that is no stream."""
    try:
        body = decode_body(exchange.headers, exchange.body, partial=True)
    except WireError:
        return
    if frames(exchange.headers, body):
        yield from _framed(body)
    elif "event-stream" in (exchange.header("content-type") or ""):
        for event in split(body):
            yield _type(event.event, event.raw), event.raw
    else:
        for line in body.splitlines() if body[:1] == b"{" and b"}\n{" in body else [body]:
            yield _type("message", line), line


def _framed(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        for frame in eventstream.EventStreamDecoder().feed(body):
            yield (
                str(frame.headers.get(":event-type") or frame.headers.get(":exception-type")),
                (frame.payload),
            )
    except (FramingError, WireError):
        return


def _type(name: str, data: bytes) -> str:
    """The event's own name; where it has none, what its data says of its kind."""
    if data.strip() == b"[DONE]":
        return "[DONE]"
    if name not in ("", "message"):
        return name
    for key in ("type", "object"):
        for value in values(data):
            if value.path == (key,) and value.kind == "string":
                return data[value.start : value.end].decode("utf-8", "replace")
    return ""
