"""Everything that is wrong with a cassette, at once, each with its line; and what is good to know.

A fault is what makes the file untrue, dangerous or unreadable. A note is what somebody who plays or
reviews it should know: that stock vcrpy plays a damaged ending as a clean one, that it is large.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from harness.cassette.dialects import UNVERSIONED, VCRPY, origin, to_stock
from harness.cassette.events import Path, Plain
from harness.cassette.fault import Bad, Fault, told
from harness.cassette.framing import contradiction
from harness.cassette.interaction import exchanged
from harness.cassette.read import HARNESS, cassette
from harness.cassette.source import Marks, parse, spelled
from harness.cassette.suspicion import suspicions
from harness.cassette.value import Cassette, Note
from harness.errors import CassetteError, Where, WireError
from harness.model import Ending, Exchange
from harness.wire.coding import decode_body

LARGE = 64 * 1024
UNREADABLE = "unreadable"  # no cassette at all: nothing else of it can be judged
BROKEN, SCHEMA = "broken", "schema"  # a part of one: `load` refuses the file for it
_WANTED = {
    "recorded": ("from", "at"),
    "authored": ("from",),
    "synthesized": ("by",),
    "derived": ("from", "by"),
}
_Finding = tuple[Path, str, str, str]


def lint(path: str | FilePath) -> list[Fault]:
    """In the order of the lines. OSError where the file cannot be opened."""
    return lint_bytes(FilePath(path).read_bytes(), str(path))


def lint_bytes(data: bytes, name: str | None = None) -> list[Fault]:
    try:
        document = parse(data, name)
        stock, dialect = to_stock(document)
    except CassetteError as error:
        return [Fault(error.where or Where(name), UNREADABLE, told(error))]
    except Bad as bad:
        refused = bad.error(Marks(data, name))
        return [Fault(refused.where or Where(name), UNREADABLE, told(refused))]
    marks = Marks(data, name)
    found = list(_findings(stock, dialect))
    if len(data) > LARGE:
        text = f"{len(data)} bytes: over {LARGE}, hard to review"
        found.append(((), "large", text, "note"))
    faults = {
        Fault(marks.find(origin(at, dialect)), code, text, level) for at, code, text, level in found
    }
    return sorted(faults, key=lambda fault: (fault.where.line or 0, fault.code, fault.message))


def _findings(stock: Plain, dialect: str) -> Iterator[_Finding]:
    metadata = stock.get("metadata")
    ours = isinstance(metadata, dict) and "harness" in metadata
    if dialect != VCRPY:
        text = f"is no vcrpy format 1 ({dialect}): `harness cassette import` makes it so"
        yield (), "dialect", text, "note"
    unread: list[Path] = []
    for at, what in _schema_faults(stock, dialect):
        unread.append(at)
        yield (
            at,
            SCHEMA,
            f"{spelled(at)}{what}" if what[0] == ":" else f"{spelled(at)} {what}",
            "fault",
        )
    yield from _file_findings(stock, dialect, unread, ours=ours or _was_ours(stock))
    for number, item in enumerate(stock["interactions"]):
        at = ("interactions", number)
        try:
            exchange, note = exchanged(item, at, ours=ours)
        except Bad as bad:
            if bad.path not in unread:
                yield _broken(bad, dialect)
            continue
        yield from _exchange_findings(exchange, note, at, ours=ours)


def _broken(bad: Bad, dialect: str) -> _Finding:
    """In the words of `load`: what is wrong is named as the document itself names it."""
    at, bad.path = bad.path, origin(bad.path, dialect)
    return at, BROKEN, told(bad.error()), "fault"


def _schema_faults(stock: Plain, dialect: str) -> Iterator[tuple[Path, str]]:
    """Of a vcrpy file; a dialect has its own shape."""
    if dialect not in {VCRPY, UNVERSIONED}:
        return
    from harness.schemas import validator  # noqa: PLC0415  jsonschema is slow to import

    for error in validator("cassette").iter_errors(stock):
        at: Path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for key in error.instance.keys() - known.keys():
                yield (*at, key), f"is unknown; known are {', '.join(sorted(known))}"
        elif error.validator == "type":  # a value of the wrong type may be anything, a secret too
            yield at, f"is no {error.validator_value}, found {type(error.instance).__name__}"
        else:
            yield at, f": {error.message[:300]}"


def _was_ours(stock: Plain) -> bool:
    """A recorder that dropped `metadata` left what stands in the exchanges."""
    answers = (item.get("response") for item in stock["interactions"] if isinstance(item, dict))
    return any(isinstance(answer, dict) and "harness" in answer for answer in answers)


def _file_findings(
    stock: Plain, dialect: str, unread: list[Path], *, ours: bool
) -> Iterator[_Finding]:
    try:
        whole = cassette({**stock, "interactions": []})
    except Bad as bad:
        if bad.path not in unread and bad.path[-1:] != ("unanswered",):
            yield _broken(bad, dialect)
        return
    yield from _provenance_findings(whole, ours=ours)
    for number in range(len(whole.unanswered)):
        text = "stock vcrpy does not know this exchange: it never plays it"
        yield (*HARNESS, "unanswered", number), "unanswered", text, "note"


def _provenance_findings(whole: Cassette, *, ours: bool) -> Iterator[_Finding]:
    """Somebody else's recorder has no place for it: that is no fault of the file."""
    provenance: Any = whole.provenance
    at: Path = (*HARNESS, "provenance")
    if not provenance and ours:
        text = "does not say where it comes from: metadata.harness.provenance is missing"
        yield at, "provenance", text, "fault"
    elif not provenance:
        text = "does not say where it comes from: `harness cassette import` makes a file that does"
        yield at, "provenance", text, "note"
    for key in _WANTED.get(provenance.get("kind"), ()):
        if key not in provenance:
            text = f"provenance of kind {provenance['kind']} lacks `{key}`"
            yield at, "provenance", text, "fault"


def _exchange_findings(
    exchange: Exchange, note: Note, path: Path, *, ours: bool
) -> Iterator[_Finding]:
    at = (*path, "response")
    if exchange.ending is not Ending.COMPLETE:
        text = f"stock vcrpy plays this {exchange.ending.value} as a complete answer"
        yield (*at, "harness", "ending"), "plays-clean", text, "note"
    if ours and exchange.ending is Ending.COMPLETE:
        for name, text in contradiction(exchange):
            yield (*at, "headers", name), "framing", text, "fault"
    for name, values in note.repaired.items() if not ours else ():
        said, body = ", ".join(values), len(exchange.body)
        text = f"{name} says {said}, the body has {body} bytes: put right in loading"
        yield (*at, "headers", name), "framing", text, "note"
    if note.decoded and not ours:
        text = f"content-encoding says {note.decoded}, the body is plain: put right in loading"
        yield (*at, "headers", "content-encoding"), "framing", text, "note"
    for part, place, text in suspicions(exchange, readable(exchange)):
        inside = (place,) if place in {"uri", "body"} else ("headers", place)
        yield (*path, part, *inside), "credential", text, "fault"


def readable(exchange: Exchange) -> bytes:
    """The body without its content codings; as it is, where they cannot be removed."""
    try:
        return decode_body(exchange.headers, exchange.body, partial=True)
    except WireError:
        return exchange.body
