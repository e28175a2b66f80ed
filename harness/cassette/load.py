"""A cassette file in, exchanges out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.model import Ending, Exchange, Headers, Piece, Request


@dataclass(frozen=True, slots=True)
class Cassette:
    exchanges: tuple[Exchange, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)


def load(path: Path) -> Cassette:
    raw = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    extras = raw.get("metadata", {}).get("harness", {})
    return Cassette(tuple(map(_exchange, raw["interactions"])), extras.get("provenance", {}))


def _exchange(raw: dict[str, Any]) -> Exchange:
    request, response = raw["request"], raw["response"]
    body = response["body"]["string"].encode()
    events = [event + b"\n\n" for event in body.split(b"\n\n") if event]
    return Exchange(
        Request(
            request["method"],
            request["uri"],
            _headers(request["headers"]),
            request["body"].encode(),
        ),
        response["status"]["code"],
        response["status"]["message"],
        _headers(response["headers"]),
        tuple(map(Piece, events)),
        Ending(response.get("harness", {}).get("ending", "complete")),
    )


def _headers(raw: dict[str, list[str]]) -> Headers:
    return tuple((name, value) for name, values in raw.items() for value in values)
