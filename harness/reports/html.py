"""One file that needs nothing else: the matrix, and behind each cell its story.

The rule of this file: whatever came over a wire goes into the page as JSON data, never as markup;
the scripts of `_html/` put it there as text. Stories are parsed one at a time, when asked for.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

from harness.engine.alignment import story_of
from harness.reports._count import KINDS, count
from harness.reports._field import field_of

Json = dict[str, Any]

_SCRIPTS = ("dom.js", "matrix.js", "waterfall.js", "story.js", "page.js")


def render(documents: Sequence[Json]) -> str:
    """The cases in the order in which they were given: scenario by scenario."""
    page = string.Template(_asset("page.html"))
    counts = count(documents)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in ("drawn", *KINDS, "known", "warned"))
    return page.substitute(
        counts=told,
        style=_asset("style.css"),
        script="\n".join(map(_asset, _SCRIPTS)),
        index=_json(_index(documents, counts)),
        stories="\n".join(_stories(documents)),
    )


def _asset(name: str) -> str:
    return resources.files("harness.reports").joinpath("_html", name).read_text("utf-8")


def _index(documents: Sequence[Json], counts: dict[str, int]) -> Json:
    """What the matrix and its filters need; each word that comes often stands once."""
    scenarios: dict[str, Json] = {}
    columns: dict[tuple[str, str, str], int] = {}
    cases = []
    for document in documents:
        name = document["scenario"]
        told = scenarios.setdefault(
            name, {"at": len(scenarios), "id": name, "title": "", "family": ""}
        )
        for key in ("title", "family"):  # a case that could not be built knows neither
            told[key] = told[key] or document[key]
        column = (document["provider"], document["wire"], document.get("target", ""))
        broken = dict.fromkeys(violation["invariant"] for violation in document["violations"])
        cases.append(
            [
                told["at"],
                columns.setdefault(column, len(columns)),
                document["fault"],
                _verdict(document),
                document["seconds"],
                list(broken),
            ]
        )
    return {
        "counts": counts,
        "scenarios": list(scenarios.values()),
        "columns": [list(column) for column in columns],
        "cases": cases,
    }


def _verdict(document: Json) -> str:
    if document["known"] and document["verdict"] == "failed":
        return "known"
    if document["known"] and document["verdict"] == "passed":
        return "stale"  # red: its entry is to be taken out
    warned = document["verdict"] == "passed" and document["violations"]
    return "warned" if warned else str(document["verdict"])


def _stories(documents: Sequence[Json]) -> Iterator[str]:
    for number, document in enumerate(documents):
        told = {key: document[key] for key in ("case", "why", "reason", "known", "replay")}
        told["violations"] = [
            violation | {"field": field_of(violation["invariant"], violation["sentence"])}
            for violation in document["violations"]
        ]
        data = _json(told | {"trace": story_of(document)})
        yield f'<script type="application/json" id="story-{number}">{data}</script>'


def _json(value: Any) -> str:
    """JSON that no HTML parser can take for markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
