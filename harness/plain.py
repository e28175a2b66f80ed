"""The nouns as plain JSON, in the shape of `schemas/trace.schema.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from harness.model import Event, Sent, Trace


def plain(value: Any) -> Any:
    """Any noun as what `json.dumps` takes. Bytes become text, undecodable ones as U+FFFD, and a
    float that is no number, of which JSON has none, becomes null."""
    if isinstance(value, Trace):
        return {
            "case": value.case.id,
            "sent": plain(value.sent),
            "reports": plain(value.reports),
            "unplayed": list(value.unplayed),
            "waits": list(value.waits),
        }
    if isinstance(value, Sent):
        rest = {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name != "request"}
        return plain(value.request) | rest
    if isinstance(value, Event):
        told = {k: plain(v) for k, v in value._asdict().items() if v != ""}
        return {k: v for k, v in told.items() if v is not None}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return _collection(value)


def _collection(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
