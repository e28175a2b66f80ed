"""The order of the site's pages. A page that stands in no section is shown under "More", so that a
new page needs no second edit; a section's page that is not there is left out."""

# ruff: noqa: INP001  no package: a hook of mkdocs

from __future__ import annotations

from pathlib import Path
from typing import Any

SECTIONS = {
    "Begin": ["index.md", "tutorial.md"],
    "How to": [
        "test_my_client.md",
        "other_languages.md",
        "add_things.md",
        "add_a_provider.md",
        "record_in_five_minutes.md",
        "recording.md",
        "move_from_vcrpy.md",
        "ci.md",
    ],
    "Reference": [
        "cli.md",
        "scenario.md",
        "scenarios.md",
        "python.md",
        "invariants.md",
        "faults.md",
        "places.md",
        "providers.md",
        "cassettes.md",
        "target-protocol.md",
        "doors.md",
        "doors_clients.md",
        "replay.md",
        "wire.md",
        "behaviour.md",
    ],
    "Explanation": [
        "why_invariants.md",
        "why_pieces.md",
        "fair_verdicts.md",
        "four_families.md",
        "architecture.md",
        "dependencies.md",
    ],
}


def navigation(docs: Path) -> list[dict[str, list[str]]]:
    there = [str(page.relative_to(docs)) for page in sorted(docs.rglob("*.md"))]
    listed = {page for pages in SECTIONS.values() for page in pages}
    sections = {name: [p for p in pages if p in there] for name, pages in SECTIONS.items()}
    sections["More"] = [page for page in there if page not in listed]
    return [{name: pages} for name, pages in sections.items() if pages]


def on_config(config: Any) -> Any:
    config.nav = navigation(Path(config.docs_dir))
    return config
