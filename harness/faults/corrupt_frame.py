"""A bit of one binary frame is turned over: in its prelude's checksum, its own, or its payload."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import need
from harness.model import Exchange, Framing, Piece, Regions
from harness.wire.eventstream import EventStreamDecoder

WIRES = frozenset({"converse"})


def apply(
    exchange: Exchange, regions: Regions, *, part: str = "crc", frame: int | None = None
) -> Exchange:
    """Of the frame in the middle, if none is given; the pieces stay as they are."""
    need(regions, Framing.EVENTSTREAM)
    frames = EventStreamDecoder().feed(exchange.body)
    if not frames or (frame is not None and not -len(frames) <= frame < len(frames)):
        raise NotApplicable(f"there is no frame {frame}", found=f"{len(frames)} frames")
    chosen = frames[len(frames) // 2 if frame is None else frame]
    spans = {"crc": chosen.crc_span, "prelude": chosen.prelude_span, "payload": chosen.payload_span}
    if part not in spans:
        raise UsageError(f"{part!r} is no part of a frame", hint=f"Parts: {', '.join(spans)}")
    return replace(exchange, pieces=_flipped(exchange.pieces, spans[part].end - 1))


def _flipped(pieces: tuple[Piece, ...], offset: int) -> tuple[Piece, ...]:
    changed: list[Piece] = []
    for piece in pieces:
        if 0 <= offset < len(piece.data):
            data = bytearray(piece.data)
            data[offset] ^= 1
            changed.append(Piece(bytes(data), piece.delay))
        else:
            changed.append(piece)
        offset -= len(piece.data)
    return tuple(changed)
