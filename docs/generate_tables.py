"""Writes the tables of docs/ that are read off the code: `python docs/generate_tables.py`.

A test compares what this makes with what stands in docs/. To add a table, write a function that
returns its page and put it into PAGES.
"""

# ruff: noqa: INP001  no package: a script beside the pages that it writes

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

SHOWN = 2  # scenarios in a cell
_WORD = re.compile(r"(?m)(?<=[\s\[{,-])\w+(?=\s*[:,}\]]|\s*$)")  # a key or an item, not prose
DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))

from miniatures.every import MINIATURES  # noqa: E402

from harness.data import builtin  # noqa: E402
from harness.engine import cells, read_scenario  # noqa: E402
from harness.engine.build import ALWAYS  # noqa: E402
from harness.faults import FAULTS  # noqa: E402
from harness.invariants import INVARIANTS, _path  # noqa: E402
from harness.registry import module_of  # noqa: E402
from harness.scenario import Scenario  # noqa: E402
from harness.transports import TRANSPORTS  # noqa: E402

WHERE = "Where `inside`, `before` and `after` fall on each wire: [places.md](places.md)."
NOTE = "<!-- Written by docs/generate_tables.py from the code: change it there. -->\n"


def invariants() -> str:
    caught = defaultdict(list)
    for miniature in MINIATURES:
        caught[miniature.invariant].append(miniature.name.replace("_", " "))
    rows = []
    for name in INVARIANTS.names():
        check = INVARIANTS.get(name)
        module: Any = module_of(check)
        told = (
            f"`{name}`",
            module.LEVEL.upper(),
            _paragraph(module.__doc__),
            _arguments(check, skip=2),
            module.WHY,
            "; ".join(caught[name]),
            "every case" if name in ALWAYS else _some(used_by(name)),
        )
        rows.append(told)
    heads = (
        "invariant",
        "level",
        "what must hold",
        "arguments",
        "why",
        "miniatures it catches",
        "scenarios",
    )
    return (
        f"{NOTE}# Invariants\n\n"
        "What must hold of a trace: both what was sent and what the target reported. An argument "
        "that is no mapping is `value`: `{attempts: 2}`.\n\n"
        f"{_table(heads, rows)}\n## Paths\n\n{(_path.__doc__ or '').strip()}\n"
    )


def faults() -> str:
    rows = []
    for name in FAULTS.names():
        apply = FAULTS.get(name)
        module: Any = module_of(apply)
        wires = "all" if module.WIRES is None else ", ".join(sorted(module.WIRES))
        text = " ".join((module.__doc__ or "").split())
        used = _some(used_by(name))
        rows.append((f"`{name}`", text, _arguments(apply, skip=2), wires, used))
    heads = ("fault", "what it does", "arguments", "wires", "scenarios")
    return f"{NOTE}# Faults\n\n{WHERE}\n\n{_table(heads, rows)}"


def scenarios() -> str:
    families = defaultdict(list)
    for path in sorted(Path(builtin("scenarios")).glob("*.yaml")):
        scenario = read_scenario(path)
        families[scenario.family].append(scenario)
    count = sum(map(len, families.values()))
    page = (
        f"{NOTE}# Scenarios\n\nThe {count} that are shipped, by family. A row is a file of "
        "`scenarios/`: its id (`harness run ID`), what happens, the wires that it runs on, what it "
        "cites. `harness run --list` names every case that a selection draws. To write one: "
        "[add_things.md](add_things.md).\n"
    )
    heads = ("scenario", "what happens", "wires", "why")
    for family in sorted(families):
        page += f"\n## {family}\n\n{_table(heads, map(_row, families[family]))}"
    return page


def _row(scenario: Scenario) -> tuple[str, ...]:
    met = {cell.transport.wire for cell in cells(scenario)}
    wires = "all" if met == {transport.wire for transport in TRANSPORTS} else ", ".join(sorted(met))
    cited = [why[key] for why in scenario.why for key in ("bug", "doc", "spec") if key in why]
    told = ", ".join(f"<{one}>" if one.startswith("http") else one for one in cited)
    return f"`{scenario.id}`", scenario.title, wires, told


PAGES: dict[str, Callable[[], str]] = {
    "invariants.md": invariants,
    "faults.md": faults,
    "scenarios.md": scenarios,
}


def used_by(name: str) -> list[str]:
    """The built-in scenarios in which a fault or an invariant is named."""
    return sorted(scenario for scenario, words in _scenarios().items() if name in words)


@cache
def _scenarios() -> dict[str, set[str]]:
    paths = Path(builtin("scenarios")).glob("*.yaml")
    return {path.stem: set(_WORD.findall(path.read_text("utf-8"))) for path in paths}


def _some(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:SHOWN])
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().partition("\n\n")[0].split())


def _arguments(function: Callable[..., object], *, skip: int) -> str:
    given = list(inspect.signature(function).parameters.values())[skip:]
    told = []
    for parameter in given:
        if parameter.name == "seed":
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            told.append(f"{parameter.name}...")
        elif parameter.default in (parameter.empty, None, ()):
            told.append(parameter.name)
        else:
            default = parameter.default
            shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default
            told.append(f"{parameter.name} = {shown}")
    return ", ".join(f"`{one}`" for one in told)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |\n" for line in lines)


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
