"""A foreign cassette made stock: what it was, and that it was changed, stands in its provenance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cassette.read import read
from harness.cassette.value import Cassette

BY = "harness cassette import"


def import_(path: str | Path) -> Cassette:
    """As `load`, ready to be saved as a vcrpy file. A provenance that it already has is kept."""
    cassette, dialect = read(Path(path).read_bytes(), str(path))
    if cassette.provenance:
        return cassette
    derived = {"kind": "derived", "from": Path(path).as_posix(), "by": BY, "dialect": dialect}
    return replace(cassette, provenance=derived)
