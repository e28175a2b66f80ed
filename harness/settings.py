"""`[tool.harness]` of a project's pyproject.toml: the only file of a user's read unasked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import builtin
from harness.errors import UsageError, Where

KEYS = {
    "target": "the system under test, as a name or package.module:make",
    "scenarios": "folders of scenarios; 'builtin' for the shipped ones",
    "known_failures": "a YAML list of {case, reason, link}",
    "strict": "true: a SHOULD that does not hold is a failure too",
}

_KINDS: dict[str, type] = {"target": str, "scenarios": list, "known_failures": str, "strict": bool}
_SPOKEN = {str: "a text", list: "a list of folders", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class Settings:
    root: Path
    target: str | None = None
    scenarios: tuple[str, ...] = ()
    known_failures: Path | None = None
    strict: bool = False

    @property
    def folders(self) -> tuple[Path, ...]:
        """The listed folders, in order; `builtin` is the shipped one."""
        return tuple(
            builtin("scenarios") if name == "builtin" else self.root / name
            for name in self.scenarios
        )


def read_settings(root: Path) -> Settings:
    file = root / "pyproject.toml"
    if not file.is_file():
        return Settings(root)
    try:
        whole = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"is no TOML: {error}", where=Where(file)) from error
    tools = whole.get("tool")
    table = tools.get("harness", {}) if isinstance(tools, dict) else {}
    _check(table, file)
    known_failures = table.get("known_failures")
    return Settings(
        root,
        table.get("target"),
        tuple(table.get("scenarios", ())),
        root / known_failures if known_failures else None,
        table.get("strict", False),
    )


def is_asked_for(folder: Path) -> bool:
    """Whether the project around a folder has a `[tool.harness]`, as far as one look can tell."""
    files = (parent / "pyproject.toml" for parent in (folder, *folder.parents))
    nearest = next((file for file in files if file.is_file()), None)
    return nearest is not None and "[tool.harness]" in nearest.read_text("utf-8", "replace")


def _check(table: Any, file: Path) -> None:
    if not isinstance(table, dict):
        raise UsageError("[tool.harness] is no table", where=Where(file), found=repr(table))
    for key, value in table.items():
        if key not in KEYS:
            known = "; ".join(f"{name}: {says}" for name, says in KEYS.items())
            raise UsageError(f"[tool.harness] has no {key!r}", where=Where(file), hint=known)
        kind = _KINDS[key]
        inside = value if isinstance(value, list) else []
        if type(value) is not kind or not all(isinstance(name, str) for name in inside):
            raise UsageError(
                f"[tool.harness] {key} must be {_SPOKEN[kind]}",
                where=Where(file),
                found=repr(value),
                hint=f"{key}: {KEYS[key]}",
            )
    for name in table.get("scenarios", ()):
        if name != "builtin" and not (file.parent / name).is_dir():
            raise UsageError(f"[tool.harness] scenarios: {name!r} is no folder", where=Where(file))
