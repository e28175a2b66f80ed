"""Cache markers stand where the provider's policy puts them, four at most; elsewhere, none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.invariants._json import value_of, within
from harness.invariants._path import find
from harness.invariants._wire import requests_on
from harness.model import CachePolicy, Level, Request, Trace

LEVEL = Level.MUST
WHY = (
    "https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching: up to 4 "
    "breakpoints; other servers refuse the field; hermes-agent K01, K03, K04."
)


MARKERS = ("cache_control", "cachePoint")


def check(
    trace: Trace,
    turn: int,
    value: Sequence[str] = (),
    *,
    enabled: bool | None = None,
    at_most: int = 4,
) -> Iterator[str]:
    """`value`: paths under which a marker must stand; `enabled` overrides facts.cache_policy."""
    policy = trace.case.facts.get("cache_policy") or CachePolicy()
    wanted = enabled if enabled is not None else policy.enabled or bool(value)
    for sent in requests_on(trace, turn):
        count = len(_markers(value_of(sent.request.body)))
        if not wanted and count:
            yield f"the policy sets no cache markers, and the request has {count}"
        elif wanted and not count:
            yield "the policy sets cache markers, and the request has none"
        elif count > at_most:
            yield f"the request has {count} cache markers, and {at_most} are allowed"
        yield from _missing(sent.request, value)


def _missing(request: Request, paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if not any(_markers(found) for found in find(request, path)):
            yield f"there is no cache marker under {path}"


def _markers(body: Any) -> list[Any]:
    """Tool schemas may hold a property of that name; a marker is an object that has a type."""
    return [
        marker
        for value in within(body)
        if isinstance(value, dict)
        for name in MARKERS
        if isinstance(marker := value.get(name), dict) and isinstance(marker.get("type"), str)
    ]
