"""How many cells were drawn, passed, failed, errored and untestable: never in one counter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

KINDS = ("passed", "failed", "errored", "untestable")


def count(documents: Iterable[dict[str, Any]]) -> dict[str, int]:
    """A known failure is counted as known, beside the four kinds, and not as failed."""
    counts = dict.fromkeys(("drawn", *KINDS, "known", "warned"), 0)
    for document in documents:
        counts["drawn"] += 1
        kind = (
            "known"
            if document["known"] and document["verdict"] == "failed"
            else document["verdict"]
        )
        counts[kind] += 1
        if document["verdict"] == "passed" and document["violations"]:
            counts["warned"] += 1
    return counts


def is_red(document: dict[str, Any]) -> bool:
    """An error, a failure that is not known, or a known one that passes now."""
    return document["verdict"] in {"errored", "passed" if document["known"] else "failed"}


def by_family(documents: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, int]]:
    """(family, wire) -> counts, in order of name."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for document in documents:
        groups.setdefault((document["family"], document["wire"]), []).append(document)
    return {key: count(groups[key]) for key in sorted(groups)}
