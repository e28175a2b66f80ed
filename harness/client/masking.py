"""A credential's values taken out of what a server said of it: the rest of the words stay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.model import Failure

MASK = "[secret]"
SHORTEST = 4  # what is shorter stands in ordinary words too


def masked(failure: Failure, secrets: Iterable[str]) -> Failure:
    # The longest first: one secret may be a part of another.
    known = sorted((one for one in secrets if len(one) >= SHORTEST), key=len, reverse=True)
    if not known:
        return failure
    data = failure.provider_data
    return replace(
        failure,
        message=_without(failure.message, known),
        type=_without(failure.type, known),
        provider_data=data if data is None else _without(data, known),
    )


def _without(value: Any, known: list[str]) -> Any:
    if isinstance(value, str):
        for secret in known:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {_without(key, known): _without(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without(item, known) for item in value)
    return value
