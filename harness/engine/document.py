"""A verdict as a JSON document, in the shape of `schemas/verdict.schema.json`: what every report,
and every process that runs cases for another, speaks."""

from __future__ import annotations

from typing import Any

from harness.model import Exchange, Piece, Regions, Verdict
from harness.plain import plain

Document = dict[str, Any]


def document_of(verdict: Verdict, *, trace: bool = True) -> Document:
    case = verdict.case
    facts = case.facts
    return {
        "case": case.id,
        "scenario": case.scenario,
        "provider": case.provider,
        "transport": case.transport,
        "wire": case.wire,
        "fault": case.fault,
        "family": facts.get("family", ""),
        "title": facts.get("title", ""),
        "why": plain(facts.get("why", ())),
        "verdict": verdict.kind.value,
        "reason": verdict.reason,
        "known": verdict.known,
        "seconds": round(verdict.seconds, 4),
        "violations": plain(verdict.violations),
        "replay": replay_command(verdict),
        "trace": _trace(verdict) if trace and verdict.trace else None,
    }


def replay_command(verdict: Verdict) -> str:
    return f"harness run '{verdict.case.id}'"


def _trace(verdict: Verdict) -> Document:
    trace = verdict.trace
    assert trace is not None
    pairs = zip(trace.case.tape, trace.case.regions, strict=True)
    return {
        "asks": [plain(turn.ask) for turn in trace.case.turns],
        "tape": [_exchange(exchange, regions) for exchange, regions in pairs],
        "sent": plain(trace.sent),
        "reports": plain(trace.reports),
        "unplayed": list(trace.unplayed),
        "waits": list(trace.waits),
    }


def _exchange(exchange: Exchange, regions: Regions | None) -> Document:
    return {
        "method": exchange.request.method,
        "url": exchange.request.url,
        "status": exchange.status,
        "headers": plain(exchange.headers),
        "ending": exchange.ending.value,
        "connected": exchange.connected,
        "head_delay": exchange.head_delay,
        "pieces": [_piece(piece) for piece in exchange.pieces],
        "regions": [[span.kind.value, span.start, span.end, span.call] for span in regions.spans]
        if regions
        else [],
        "units": [list(span) for span in regions.units] if regions else [],
    }


def _piece(piece: Piece) -> list[Any]:
    """[seconds, bytes, text]; bytes that are no UTF-8 are shown as they are in Latin-1."""
    try:
        text = piece.data.decode()
    except UnicodeDecodeError:
        text = piece.data.decode("latin-1")
    return [round(piece.delay, 6), len(piece.data), text]
