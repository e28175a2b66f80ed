"""JUnit XML as GitLab and Jenkins read it: a suite a scenario, a case a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from harness.engine.story import named
from harness.reports._count import count, is_red

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(documents: Sequence[dict[str, Any]]) -> str:
    root = ET.Element("testsuites", {"name": "provider-harness", **_totals(documents)})
    scenarios: dict[str, list[dict[str, Any]]] = {}
    for document in sorted(documents, key=lambda d: str(d["case"])):
        scenarios.setdefault(document["scenario"], []).append(document)
    for name, cells in scenarios.items():
        suite = ET.SubElement(root, "testsuite", {"name": name, **_totals(cells, skipped=True)})
        for cell in cells:
            _case(suite, cell)
    _clean_all(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _totals(cells: Sequence[dict[str, Any]], *, skipped: bool = False) -> dict[str, str]:
    """What a viewer adds up by; the root has no `skipped` in the schemas that viewers check by."""
    counts = count(cells)
    totals = {
        "tests": str(counts["drawn"]),
        "failures": str(sum(is_red(cell) for cell in cells) - counts["errored"]),
        "errors": str(counts["errored"]),
        "time": f"{sum(cell['seconds'] for cell in cells):.4f}",
    }
    return totals | ({"skipped": str(counts["untestable"] + counts["known"])} if skipped else {})


def _case(suite: ET.Element, cell: dict[str, Any]) -> None:
    name = f"{cell['provider']}-{cell['wire']}-{cell['fault']}"
    case = ET.SubElement(
        suite,
        "testcase",
        classname=cell["scenario"],
        name=name,
        file=cell["file"],
        time=f"{cell['seconds']:.4f}",
    )
    graver_first = sorted(cell["violations"], key=lambda one: one["level"] != "must")
    sentences = "\n".join(f"{named(v)}: {v['sentence']}" for v in graver_first)
    if cell["verdict"] == "failed" and cell["known"]:
        ET.SubElement(case, "skipped", message=f"known failure: {cell['known']}")
    elif is_red(cell) and cell["verdict"] != "errored":
        first = cell["reason"] or graver_first[0]["sentence"]
        failure = ET.SubElement(case, "failure", message=first, type="violation")
        failure.text = f"{sentences}\nreplay it: {cell['replay']}".lstrip()
    elif cell["verdict"] == "errored":
        ET.SubElement(case, "error", message="errored", type="adapter").text = cell["reason"]
    elif cell["verdict"] == "untestable":
        ET.SubElement(case, "skipped", message=cell["reason"])
    elif sentences:
        ET.SubElement(case, "system-out").text = sentences


def _clean_all(root: ET.Element) -> None:
    """XML 1.0 has no control characters, and wires are full of them: in names and texts alike."""
    for element in root.iter():
        element.text = _clean(element.text) if element.text else None
        for name, value in element.items():
            element.set(name, _clean(value))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
