"""The body comes compressed, piece by piece; or says that it does, and does not.

`how` is honest, cut (the compressed body lacks its end), or mislabelled (plain bytes under the
header).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from harness.errors import UsageError
from harness.faults._edit import measured
from harness.model import Ending, Exchange, Piece, Regions

WIRES = None
_GZIP = 31  # zlib's window bits for a gzip wrapper


def apply(exchange: Exchange, regions: Regions, *, how: str = "honest") -> Exchange:
    if how not in {"honest", "cut", "mislabelled"}:
        raise UsageError(f"{how!r} is no way to compress", hint="honest, cut or mislabelled")
    pieces = exchange.pieces if how == "mislabelled" else tuple(_packed(exchange.pieces))
    if how == "cut":
        pieces = pieces[:-1]
    plain = tuple(pair for pair in exchange.headers if pair[0].lower() != "content-encoding")
    headers = measured(plain, pieces)
    ending = Ending.EOF if how == "cut" else exchange.ending
    return replace(
        exchange, headers=(*headers, ("content-encoding", "gzip")), pieces=pieces, ending=ending
    )


def _packed(pieces: tuple[Piece, ...]) -> Iterator[Piece]:
    """Flushed after each piece, as servers do that stream."""
    packer = zlib.compressobj(wbits=_GZIP)
    for piece in pieces:
        data = packer.compress(piece.data) + packer.flush(zlib.Z_SYNC_FLUSH)
        yield Piece(data, piece.delay)
    yield Piece(packer.flush())
