"""Writes docs/behaviour.md from docs/rows/*.yaml: `python docs/generate_rows.py`.

A test compares what this makes with what stands in docs/, and every name in it with what there is.
"""

# ruff: noqa: INP001  no package: a script beside the page that it writes

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "behaviour.md"
NOTE = "<!-- Written by docs/generate_rows.py from docs/rows: change it there. -->\n"

SECTIONS = {
    "A": "Types and the transports' contract",
    "B": "Finish reasons",
    "C": "Chat Completions: streams and replies",
    "D": "Streams that fail: retries, partial replies",
    "E": "Tool calls: arguments, names, pairing",
    "F": "Responses",
    "G": "Messages",
    "H": "Converse",
    "I": "Gemini",
    "J": "What is particular to one backend",
    "K": "Prompt caching",
    "L": "Think tags and Unicode",
    "M": "Errors",
    "N": "Credentials",
    "O": "The gateway",
    "P": "Serving",
}
HEAD = """# Behaviours

Every row of the behaviour catalogue, by its id: whether we do it, where, and what proves it.
Scenarios name the rows that they show. *profile*: a legitimate dialect of some server, off unless a
provider or a scenario names it. *out_of_scope*: what an agent or a server does, or what is not
shipped, and why.

"""


def load(folder: Path = DOCS / "rows") -> list[dict[str, Any]]:
    """Every row of every file, in the order of their ids."""
    found = [
        row for path in folder.glob("*.yaml") for row in yaml.safe_load(path.read_text("utf-8"))
    ]
    return sorted(found, key=lambda row: str(row["row"]))


def listed(value: Any) -> list[str]:
    """A place or a proof may be one or several; nothing is none."""
    if not value:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def page() -> str:
    rows = load()
    counted = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counted.items()))
    parts = [NOTE, HEAD, f"{len(rows)} rows: {told}.\n"]
    for letter, title in SECTIONS.items():
        chosen = [row for row in rows if row["row"].startswith(letter)]
        parts.append(f"\n## {letter}. {title}\n\n| row | status | where | proof | note |\n")
        parts.append("|---|---|---|---|---|\n")
        parts += [_line(row) for row in chosen]
    return "".join(parts)


def _line(row: dict[str, Any]) -> str:
    where = "<br>".join(f"`{item}`" for item in listed(row.get("where")))
    proof = "<br>".join(f"`{_short(item)}`" for item in listed(row.get("proof")))
    note = str(row.get("note") or "").replace("|", "\\|").replace("\n", " ")
    return f"| {row['row']} | {row['status']} | {where} | {proof} | {note} |\n"


def _short(proof: str) -> str:
    return proof.removeprefix("tests/")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
