"""The pytest door: every scenario a file node, every case an item."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.contracts import Target
from harness.engine import draw, run_case
from harness.model import Case, VerdictKind
from harness.scenario import load


@cache
def _settings(root: Path) -> dict[str, Any]:
    file = root / "pyproject.toml"
    table = tomllib.loads(file.read_text()) if file.is_file() else {}
    settings: dict[str, Any] = table.get("tool", {}).get("harness", {})
    return settings


@cache
def _target(name: str) -> Target:
    module, _, attribute = name.partition(":")
    made: Target = getattr(importlib.import_module(module), attribute)()
    return made


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "conformance: one cell of the conformance matrix")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    root = parent.config.rootpath
    folders = [root / folder for folder in _settings(root).get("scenarios", ())]
    if file_path.suffix == ".yaml" and file_path.parent in folders:
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class ScenarioFile(pytest.File):
    def collect(self) -> Iterator[CaseItem]:
        for case in draw(load(self.path)):
            yield CaseItem.from_parent(self, name=f"provider[{case.cell}]", case=case)


class CaseItem(pytest.Item):
    def __init__(self, *, case: Case, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case
        self.add_marker("conformance")

    def runtest(self) -> None:
        target = _target(_settings(self.config.rootpath)["target"])
        verdict = run_case(self.case, target)
        if verdict.kind is VerdictKind.FAILED:
            pytest.fail("\n".join(v.sentence for v in verdict.violations), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name
