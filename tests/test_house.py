"""The two rules of the house, and its bars. Architecture that is not tested is a wish."""

import ast
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

import harness

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = Path(harness.__file__).resolve().parent

FLOORS = [
    {"model", "contracts", "errors"},
    {
        "wire",
        "registry",
        "data",
        "disk",
        "plain",
        "cassette",
        "scenario",
        "schemas",
        "dialects",
        "settings",
        "secrets",
    },
    {"credentials", "transports", "providers", "faults", "invariants"},
    {"client", "replay"},
    {"targets"},
    {"engine", "record"},
    {"plugin", "cli", "reports"},
]
COLLECTIONS = FLOORS[2] | {"client", "replay"} | {"engine", "record"}
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if "_builtin" not in path.relative_to(PACKAGE).parts
)


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path):
    """Every module of ours that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("harness"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness"):
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield whole if whole in MODULES else node.module


MODULES = {module_of(path) for path in FILES}


def safe_id(path):
    """The module's name without the word that `pytest -k` must not find here."""
    return module_of(path).replace("provider", "backend")


def room(module):
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", FILES, ids=safe_id)
def test_imports_point_down(path):
    """A file imports its own room or a floor below; rooms of one floor do not know each other."""
    here = room(module_of(path))
    if not here:
        return
    assert here in FLOOR_OF, f"{here} stands on no floor: add it to FLOORS"
    for target in map(room, imports_of(path)):
        if not target or target == here:
            continue
        low = FLOOR_OF[target] < FLOOR_OF[here]
        beside = FLOOR_OF[target] == FLOOR_OF[here] and not {here, target} <= COLLECTIONS
        assert low or beside, f"{here} (floor {FLOOR_OF[here]}) imports {target}"


def test_there_is_no_import_cycle():
    """Counting imports inside functions too."""
    graph = defaultdict(set)
    for path in FILES:
        graph[module_of(path)] |= set(imports_of(path)) - {module_of(path)}
    done, trail = set(), []

    def visit(module):
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module not in done:
            trail.append(module)
            for target in sorted(graph[module]):
                visit(target)
            trail.pop()
            done.add(module)

    for module in sorted(graph):
        visit(module)


@pytest.mark.parametrize("path", FILES, ids=safe_id)
def test_files_and_functions_stay_small(path):
    """Files <= 400 lines, functions <= 50."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 50, f"{node.name} has {lines} lines"


def test_a_broad_except_stands_in_one_place():
    """Only the engine may catch everything, to turn an adapter's crash into errored."""
    broad = re.compile(r"except (Base)?Exception\b|except\s*:")
    found = [module_of(path) for path in FILES for _ in broad.findall(path.read_text("utf-8"))]
    assert found == ["harness.engine.judge"]


def test_a_backends_name_stands_only_in_its_own_file():
    """A string literal that is exactly a backend's name, elsewhere, is a fact in the wrong room."""
    room_of_backends = PACKAGE / "providers"
    names = {path.stem for path in room_of_backends.glob("*.py")} - {"__init__"}
    names -= {path.name for path in (PACKAGE / "transports").iterdir()}  # gateway is both
    for path in FILES:
        if "_adapters" in path.parts:
            continue  # a script about a client that is called like the backend
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and node.value in names:
                own = path == room_of_backends / f"{node.value}.py"
                assert own, f"{module_of(path)}:{node.lineno} says {node.value!r}"


def test_k_selects_conformance_cases_only():
    """No test module, class, function or folder of ours contains the word."""
    word = "provider"
    for path in (CHECKOUT / "tests").rglob("*.py"):
        assert word not in str(path.relative_to(CHECKOUT)).lower()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                named = node.name.lower().startswith("test") and word in node.name.lower()
                assert not named, f"{path.name}: {node.name}"


def test_the_wheel_was_tested_where_it_must_be():
    """tox says so by an environment variable; then the package must not be the checkout's."""
    if os.environ.get("HARNESS_TEST_WHEEL") == "1":
        assert CHECKOUT / "harness" != PACKAGE
