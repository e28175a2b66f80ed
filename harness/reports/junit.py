"""JUnit XML as GitLab and Jenkins read it: a suite a scenario, a case a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from harness.reports._count import count

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(documents: Sequence[dict[str, Any]]) -> str:
    root = ET.Element("testsuites", name="provider-harness")
    scenarios: dict[str, list[dict[str, Any]]] = {}
    for document in sorted(documents, key=lambda d: str(d["case"])):
        scenarios.setdefault(document["scenario"], []).append(document)
    for name, cells in scenarios.items():
        counts = count(cells)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(counts["drawn"]),
            failures=str(counts["failed"]),
            errors=str(counts["errored"]),
            skipped=str(counts["untestable"] + counts["known"]),
            time=f"{sum(cell['seconds'] for cell in cells):.4f}",
        )
        for cell in cells:
            _case(suite, cell)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _case(suite: ET.Element, cell: dict[str, Any]) -> None:
    name = f"{cell['provider']}-{cell['wire']}-{cell['fault']}"
    case = ET.SubElement(
        suite,
        "testcase",
        classname=cell["scenario"],
        name=name,
        file=f"scenarios/{cell['scenario']}.yaml",
        time=f"{cell['seconds']:.4f}",
    )
    sentences = "\n".join(
        f"{v['level'].upper()} {v['invariant']}: {v['sentence']}" for v in cell["violations"]
    )
    if cell["verdict"] == "failed" and cell["known"]:
        ET.SubElement(case, "skipped", message=_clean(f"known failure: {cell['known']}"))
    elif cell["verdict"] == "failed":
        first = cell["violations"][0]["sentence"] if cell["violations"] else ""
        failure = ET.SubElement(case, "failure", message=_clean(first), type="violation")
        failure.text = _clean(f"{sentences}\nreplay it: {cell['replay']}")
    elif cell["verdict"] == "errored":
        ET.SubElement(case, "error", message="errored", type="adapter").text = _clean(
            cell["reason"]
        )
    elif cell["verdict"] == "untestable":
        ET.SubElement(case, "skipped", message=_clean(cell["reason"]))
    elif sentences:
        ET.SubElement(case, "system-out").text = _clean(sentences)


def _clean(text: str) -> str:
    """XML 1.0 has no control characters, and wires are full of them."""
    return _FORBIDDEN.sub("�", text)
