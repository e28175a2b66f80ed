"""The stream stops before, inside or after a region, and the connection ends in the given way."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Ending, Exchange, Piece, Regions


def apply(exchange: Exchange, regions: Regions, *, inside: str, at: float, ending: str) -> Exchange:
    spans = regions.of(inside)
    wanted = len(regions.text(inside)) * at
    seen = 0.0
    where = spans[-1].end
    for span in spans:
        if seen + len(span.text) > wanted:
            where = span.start + int(wanted - seen)
            break
        seen += len(span.text)
    return replace(exchange, pieces=_first(exchange.pieces, where), ending=Ending(ending))


def _first(pieces: tuple[Piece, ...], count: int) -> tuple[Piece, ...]:
    kept: list[Piece] = []
    for piece in pieces:
        if count <= 0:
            break
        kept.append(Piece(piece.data[:count], piece.delay))
        count -= len(piece.data)
    return tuple(kept)
