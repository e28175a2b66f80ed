"""A cassette file in, a Cassette out: vcrpy's own files, ours, and every dialect of `dialects`."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from harness.cassette.dialects import VCRPY, origin, to_stock
from harness.cassette.events import Path, Plain
from harness.cassette.fault import Bad
from harness.cassette.interaction import exchanged, unanswered
from harness.cassette.shapes import brief, kept, mapping, only, required, rest, string
from harness.cassette.source import Marks, parse
from harness.cassette.value import FORMAT, KINDS, Cassette, Note
from harness.model import Exchange

HARNESS: Path = ("metadata", "harness")


def load(path: str | FilePath) -> Cassette:
    """Raises CassetteError, with file and line; OSError where the file cannot be opened."""
    return loads(FilePath(path).read_bytes(), str(path))


def loads(data: bytes, name: str | None = None) -> Cassette:
    return read(data, name)[0]


def read(data: bytes, name: str | None = None) -> tuple[Cassette, str]:
    """The cassette, and the dialect it was in."""
    document = parse(data, name)
    dialect = VCRPY
    try:
        stock, dialect = to_stock(document)
        return cassette(stock), dialect
    except Bad as bad:
        bad.path = origin(bad.path, dialect)
        raise bad.error(Marks(data, name)) from None


def cassette(stock: Plain) -> Cassette:
    metadata = mapping(stock.get("metadata"), ("metadata",))
    ours = "harness" in metadata
    extras = mapping(metadata.get("harness"), HARNESS)
    if ours:
        _check_format(extras)
    pairs = [
        exchanged(item, ("interactions", number), ours=ours)
        for number, item in enumerate(stock["interactions"])
    ]
    if "unanswered" in extras:
        pairs = _merged(pairs, extras["unanswered"])
    return Cassette(
        tuple(exchange for exchange, _ in pairs),
        _provenance(extras["provenance"]) if "provenance" in extras else {},
        tuple(note for _, note in pairs),
        rest(stock, {"interactions", "metadata", "version"}, ()),
        rest(metadata, {"harness"}, ("metadata",)),
    )


def _check_format(extras: Plain) -> None:
    only(extras, {"format", "provenance", "unanswered"}, HARNESS)
    if extras.get("format") != FORMAT:
        hint = f"This harness reads {FORMAT}"
        raise Bad((*HARNESS, "format"), "is unknown", brief(extras.get("format")), hint)


def _provenance(raw: Any) -> Plain:
    path: Path = (*HARNESS, "provenance")
    provenance = kept(required(raw, path), path)
    if provenance.get("kind") not in KINDS:
        hint = f"Known are {', '.join(KINDS)}"
        raise Bad((*path, "kind"), "is unknown", brief(provenance.get("kind")), hint)
    for key in ("from", "at", "by"):
        if key in provenance and not string(provenance[key], (*path, key)):
            raise Bad((*path, key), "is empty")
    return provenance


def _merged(pairs: list[tuple[Exchange, Note]], raw: Any) -> list[tuple[Exchange, Note]]:
    """Each exchange that got no answer, at its place among the others; without one, at the end."""
    path: Path = (*HARNESS, "unanswered")
    if not isinstance(raw, list):
        raise Bad(path, "is no list", type(raw).__name__)
    found = [unanswered(item, (*path, number)) for number, item in enumerate(raw)]
    merged = list(pairs)
    last = -1
    for place, pair in sorted(
        ((place, pair) for place, pair in found if place is not None), key=lambda item: item[0]
    ):
        if place == last or place > len(merged):
            raise Bad(path, "has an `at` that is taken twice or beyond the end", str(place))
        merged.insert(place, pair)
        last = place
    return merged + [pair for place, pair in found if place is None]
