"""Writes docs/strangers.md from the JSON reports of runs against official clients:

harness run --target openai_sdk --jobs 2 --report json:openai.json
python docs/generate_strangers.py openai.json anthropic.json boto3.json
"""

# ruff: noqa: INP001  no package: a script beside the page that it writes

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from harness.engine.known import shipped_known

PAGE = Path(__file__).with_name("strangers.md")
HEAD = """<!-- Written by docs/generate_strangers.py from reports of runs: change it there. -->
# Official clients under the suite

The conformance cells, run over the loopback door against the latest official clients, whole and
streamed. A cell is red only where a specification, the client's own contract or plain loss of data
says so. Each failed cell was looked at against its wire, and stands below with its reason; a cell
that starts to pass breaks the run. *Warned* cells passed and broke a SHOULD.

"""
COLUMNS = ("drawn", "passed", "warned", "failed", "errored", "untestable")
TARGETS = {
    "openai_sdk": ("chat", "responses"),
    "anthropic_sdk": ("messages",),
    "boto3_sdk": ("converse",),
}


def page(documents: list[dict[str, Any]]) -> str:
    return HEAD + "\n".join(
        _target(target, [one for one in documents if one["wire"] in wires])
        for target, wires in TARGETS.items()
    )


def _target(target: str, documents: list[dict[str, Any]]) -> str:
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in documents:
        words = ["drawn", one["verdict"]]
        words += ["warned"] if one["verdict"] == "passed" and one["violations"] else []
        counts[one["family"], one["wire"]].update(words)
        counts["**all**", ""].update(words)
    lines = [f"## {target}\n", f"| family | wire | {' | '.join(COLUMNS)} |"]
    lines.append("| --- | --- |" + " --: |" * len(COLUMNS))
    for (family, wire), count in sorted(counts.items()):
        lines.append(f"| {family} | {wire} | {' | '.join(str(count[c]) for c in COLUMNS)} |")
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in shipped_known(target):
        reasons[entry.reason, entry.link].append(entry.case)
    lines.append("\nKnown failures:\n")
    for (reason, link), cases in sorted(reasons.items()):
        lines.append(f"- {reason} ([source]({link})): {', '.join(f'`{c}`' for c in cases)}")
    return "\n".join(lines) + "\n"


def main(files: list[str]) -> None:
    documents: list[dict[str, Any]] = []
    for file in files:
        found = json.loads(Path(file).read_text("utf-8"))
        documents += found if isinstance(found, list) else found["verdicts"]
    PAGE.write_text(page(documents), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
