"""The summary that one reads at a glance, without colour: for logs and pipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.engine.story import named
from harness.reports._count import KINDS, by_family, count, is_red
from harness.reports._reason import short


def render(documents: Sequence[dict[str, Any]]) -> str:
    return "\n".join(_lines(documents)) + "\n"


def _lines(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    kinds = ("drawn", *KINDS, "known")
    rows: list[tuple[str, ...]] = [("family", "wire", *kinds)]
    rows += [
        (family, wire, *(str(row[kind]) for kind in kinds))
        for (family, wire), row in by_family(documents).items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        left = (cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True))
        right = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        yield "  ".join((*left, *right)).rstrip()
    for document in sorted(documents, key=lambda d: str(d["case"])):
        if is_red(document):
            yield f"{document['verdict'].upper()} {document['case']}"
            for violation in document["violations"]:
                yield f"  {named(violation)}: {violation['sentence']}"
            for line in short(document["reason"]):
                yield f"  {line}"
    counts = count(documents)
    yield ", ".join(f"{counts[kind]} {kind}" for kind in (*KINDS, "known", "warned"))
