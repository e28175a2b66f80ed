"""What leaves the engine, without secrets: those of the case, and those of this process.

A secret may stand in one text, or in parts: cut over the pieces of a body, or over the deltas of
a stream, where it is whole only for whoever puts them together, as a reader of a report does.
Every mask has as many bytes as what it hides, so that offsets into bodies still hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.model import Exchange, Piece, Regions
from harness.secrets import masked, masked_bytes

_OURS = frozenset({"case", "scenario", "provider", "transport", "wire", "fault", "verdict"})


def exchange_masked(exchange: Exchange, regions: Regions | None) -> tuple[Exchange, Regions | None]:
    """The body as one, then what its regions say together."""
    body = exchange.body
    clean = masked_bytes(body)
    spans = list(regions.spans) if regions else []
    made = bytearray(clean)
    for group in _groups(spans, lambda span: (span.kind, span.call)):
        parts = [spans[index].text for index in group]
        for index, text in zip(group, _joined(parts), strict=True):
            span = spans[index]
            if text != span.text:
                spans[index] = span._replace(text=text)
                data = text.encode("utf-8", "surrogatepass")
                size = span.end - span.start
                made[span.start : span.end] = data if len(data) == size else b"*" * size
    if bytes(made) == body:
        return exchange, regions
    pieces, at = [], 0
    for data, delay in exchange.pieces:
        pieces.append(Piece(bytes(made[at : at + len(data)]), delay))
        at += len(data)
    told = replace(regions, spans=tuple(spans)) if regions else None
    return replace(exchange, pieces=tuple(pieces)), told


def document_masked(document: dict[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """Each text, and what the target reported in fragments. What a case is called is ours."""
    for report in (document["trace"] or {}).get("reports", ()):
        events = [event for event in report["events"] if event.get("text")]
        for group in _groups(events, lambda event: (event["kind"], event.get("call"))):
            told = _joined([events[index]["text"] for index in group])
            for index, text in zip(group, told, strict=True):
                events[index]["text"] = text
    masks = [
        (secret, f"<secret {number}>".ljust(len(secret), "*")[: len(secret)])
        for number, secret in enumerate(secrets)
        if secret
    ]
    masks.sort(key=lambda mask: -len(mask[0]))
    whole = "\0".join(_strings(document))
    ours = any(secret in whole for secret, _ in masks)
    clean = masked(whole) is whole
    if clean and not ours:
        return document

    def mask(text: str) -> str:
        for secret, mask in masks:
            text = text.replace(secret, mask)
        return text if clean else masked(text)

    return {key: value if key in _OURS else _walk(value, mask) for key, value in document.items()}


def _strings(value: Any) -> Iterator[str]:
    """Every text of a document. Most have no secret in any: that is seen by one look at all."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _walk(value: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {key: _walk(item, mask) for key, item in value.items()}
    return [_walk(item, mask) for item in value] if isinstance(value, list) else value


def _groups(items: Sequence[Any], key: Callable[[Any], Any]) -> Iterable[list[int]]:
    """The places of the items of each key, in order."""
    found: dict[Any, list[int]] = {}
    for index, item in enumerate(items):
        found.setdefault(key(item), []).append(index)
    return found.values()


def _joined(parts: Sequence[str]) -> list[str]:
    """The parts of one text, masked as one."""
    data = [part.encode("utf-8", "surrogatepass") for part in parts]
    whole = b"".join(data)
    clean = masked_bytes(whole)
    if clean is whole:
        return list(parts)
    told, at = [], 0
    for part in data:
        told.append(clean[at : at + len(part)].decode("utf-8", "surrogatepass"))
        at += len(part)
    return told
