"""A verdict as a JSON document, in the shape of `schemas/verdict.schema.json`: what every report,
and every process that runs cases for another, speaks.

What leaves the engine here is read by people and kept by CI. So no secret of the case stands in a
document, none of the environment, and nothing of a key's shape; and of a request's headers only
those on the list show their value: a client under test may well have sent a real key.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import builtin
from harness.engine.ids import asked_as, seen_from
from harness.engine.masks import document_masked, exchange_masked
from harness.model import Case, Exchange, Piece, Regions, Verdict
from harness.plain import plain

Document = dict[str, Any]

_SHOWN_NAMES = """
    accept accept-encoding accept-language anthropic-beta anthropic-version cache-control
    connection content-encoding content-length content-type expect host http-referer openai-
    beta originator transfer-encoding user-agent version x-amz-content-sha256 x-amz-date
    x-amz-target x-request-id x-should-retry x-title
"""
_SHOWN = frozenset(_SHOWN_NAMES.split())
_LONG_QUERY_VALUE = re.compile(r"([?&][^=&]*=)[^&]{16,}")  # it may be a key
_SHOWN_PREFIXES = ("x-stainless-", "x-amzn-bedrock-")


@dataclass(frozen=True, slots=True)
class Terms:
    """Who was judged, and how: what a command that shows a case again has to repeat."""

    target: str = ""  # by a name, or by the command of its adapter
    command: bool = False
    door: str = ""  # where it was chosen
    folders: Sequence[Path] = ()  # in which `harness run` looks for an id, where it is typed here
    root: Path | None = None  # of the project, if it is not the folder that we are in


UNTOLD = Terms()  # a command then asks the target of whoever types it


def document_of(verdict: Verdict, terms: Terms = UNTOLD, *, trace: bool = True) -> Document:
    case = verdict.case
    facts = case.facts
    document = {
        "case": case.id,
        "scenario": case.scenario,
        "provider": case.provider,
        "transport": case.transport,
        "wire": case.wire,
        "fault": case.fault,
        "target": terms.target,
        "file": _file(case, terms.root or Path.cwd()),
        "family": facts.get("family", ""),
        "title": facts.get("title", ""),
        "why": plain(facts.get("why", ())),
        "verdict": verdict.kind.value,
        "reason": verdict.reason,
        "known": verdict.known,
        "seconds": round(verdict.seconds, 4),
        "violations": plain(verdict.violations),
        "replay": _replay(case, terms),
        "trace": _trace(verdict) if trace and verdict.trace else None,
    }
    return document_masked(document, _secrets(verdict))


def _secrets(verdict: Verdict) -> tuple[str, ...]:
    return tuple(verdict.case.facts.get("secrets", ()))


def _file(case: Case, root: Path) -> str:
    """The scenario's, as seen from the project; a shipped one is called as in our repository."""
    path = case.facts.get("path")
    if path is None or Path(path).resolve().parent == builtin("scenarios").resolve():
        return f"scenarios/{Path(path).name if path else f'{case.scenario}.yaml'}"
    return seen_from(root, Path(path))


def _replay(case: Case, terms: Terms) -> str:
    """The command that runs it again, typed in the folder that we are in."""
    path = case.facts.get("path")
    scenario = asked_as(Path(path), terms.folders) if path else case.scenario
    words = ["harness", "run", f"{scenario}{case.id.removeprefix(case.scenario)}"]
    if terms.target:
        words += ["--target-cmd" if terms.command else "--target", terms.target]
    if terms.door:
        words += ["--door", terms.door]
    return shlex.join(words)


def _trace(verdict: Verdict) -> Document:
    trace = verdict.trace
    assert trace is not None
    pairs = zip(trace.case.tape, trace.case.regions, strict=True)
    return {
        "asks": [plain(turn.ask) for turn in trace.case.turns],
        "meanings": [plain(turn.meaning) for turn in trace.case.turns],
        "tape": [_exchange(exchange, regions) for exchange, regions in pairs],
        "sent": [_sent(plain(sent), _secrets(verdict)) for sent in trace.sent],
        "reports": plain(trace.reports),
        "unplayed": list(trace.unplayed),
        "waits": list(trace.waits),
    }


def _sent(sent: Document, secrets: Iterable[str]) -> Document:
    headers = [[name, _header(name, value, secrets)] for name, value in sent["headers"]]
    return sent | {"headers": headers, "url": _LONG_QUERY_VALUE.sub(r"\1...", sent["url"])}


def _header(name: str, value: str, secrets: Iterable[str]) -> str:
    """A value that is not shown still says which of the case's secrets it carried."""
    lower = name.lower()
    if lower in _SHOWN or lower.startswith(_SHOWN_PREFIXES):
        return value
    scheme, space, rest = value.partition(" ")
    carried = [f"<secret {number}>" for number, one in enumerate(secrets) if one and one in value]
    said = ", ".join(carried) or f"({len(rest if space else value)} characters)"
    return f"{scheme} {said}" if space and lower == "authorization" else said


def _exchange(played: Exchange, anatomy: Regions | None) -> Document:
    exchange, regions = exchange_masked(played, anatomy)
    return {
        "method": exchange.request.method,
        "url": exchange.request.url,
        "status": exchange.status,
        "headers": plain(exchange.headers),
        "ending": exchange.ending.value,
        "connected": exchange.connected,
        "head_delay": exchange.head_delay,
        "pieces": [_piece(piece) for piece in exchange.pieces],
        "regions": [
            [span.kind.value, span.start, span.end, span.call, span.text] for span in regions.spans
        ]
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
