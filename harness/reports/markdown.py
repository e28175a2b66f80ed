"""For a pull request or a step summary: the counts, the matrix by family, and every red cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.engine.story import named
from harness.reports._count import KINDS, by_family, count, is_red
from harness.reports._reason import short


def render(documents: Sequence[dict[str, Any]]) -> str:
    return "\n".join(_lines(documents)) + "\n"


def _lines(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    counts = count(documents)
    yield "# Conformance"
    yield ""
    yield ", ".join(f"**{counts[kind]}** {kind}" for kind in (*KINDS, "known", "warned"))
    yield ""
    yield "| family | wire | drawn | passed | failed | errored | untestable | known |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for (family, wire), row in by_family(documents).items():
        cells = " | ".join(str(row[kind]) for kind in ("drawn", *KINDS, "known"))
        yield f"| {family} | {wire} | {cells} |"
    red = [d for d in documents if is_red(d) or d["verdict"] == "failed"]
    if red:
        yield ""
        yield "## What failed"
    for document in sorted(red, key=lambda d: str(d["case"])):
        yield ""
        known = f" (known: {document['known']})" if document["known"] else ""
        yield f"- `{document['case']}` {document['verdict']}{known}"
        for violation in document["violations"]:
            yield f"  - {named(violation)}: {_cell(violation['sentence'])}"
        for line in short(document["reason"]):
            yield f"  - {_cell(line)}"
        yield f"  - `{document['replay']}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
