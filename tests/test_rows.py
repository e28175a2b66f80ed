"""The table of behaviours: whole, and true to the names that it gives."""

import ast
import importlib
import importlib.util
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from shared_data import shared

import harness
from harness.data import builtin
from harness.scenario import load

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = Path(harness.__file__).resolve().parent
DOCS = CHECKOUT / "docs"
STATUSES = {"implemented", "profile", "out_of_scope"}
# How many rows the catalogue has in each section: A01, A02 ... without a gap.
SECTIONS = {"A": 9, "B": 5, "C": 33, "D": 32, "E": 23, "F": 36, "G": 35, "H": 15, "I": 9}
SECTIONS |= {"J": 38, "K": 6, "L": 9, "M": 16, "N": 18, "O": 8, "P": 1}
CATALOGUE = [
    f"{letter}{number:02}" for letter, most in SECTIONS.items() for number in range(1, most + 1)
]


def generator():
    spec = importlib.util.spec_from_file_location("generate_rows", DOCS / "generate_rows.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()
ROWS = GENERATOR.load()
listed = GENERATOR.listed


def every(rows=ROWS):
    return pytest.mark.parametrize("row", rows, ids=lambda row: str(row["row"]))


def test_every_row_stands_there_once():
    """None is missing, none is told twice, and none is invented."""
    counted = Counter(row["row"] for row in ROWS)
    assert [row for row, count in counted.items() if count > 1] == []
    assert sorted(counted) == sorted(CATALOGUE)


def test_the_catalogue_is_the_catalogue():
    """The committed list is that of the shared pages, where they are."""
    lines = shared("behaviour.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(CATALOGUE)


@every()
def test_a_row_is_well_formed(row):
    """A known status; out of scope says why, and everything else says where and what proves it."""
    assert row.keys() <= {"row", "status", "where", "proof", "note"}
    assert row["status"] in STATUSES
    if row["status"] == "out_of_scope":
        assert len(str(row.get("note") or "")) > 15, "out of scope needs a reason"
    else:
        assert listed(row.get("where")), "it does not say where"
        assert listed(row.get("proof")), "it does not say what proves it"


@every()
def test_a_place_exists(row):
    """A file, a folder, `module:attribute`, or a scenario's id."""
    for where in listed(row.get("where")):
        assert is_place(where), f"{where} is nowhere"


@every()
def test_a_proof_exists(row):
    """A test function, a file that has tests, or a scenario that names the row."""
    for proof in listed(row.get("proof")):
        path, _, name = proof.partition("::")
        if path.startswith("scenarios/"):
            assert row["row"] in rows_of(path), f"{path} does not name {row['row']}"
            continue
        assert path.startswith("tests/"), proof
        tests = names_in(path)
        assert tests, f"{path} has no tests"
        assert not name or name.partition("[")[0] in tests, f"{proof} is no test"


def test_scenarios_name_rows_that_exist():
    """A row that a scenario shows is in the catalogue."""
    for path in sorted(builtin("scenarios").glob("*.yaml")):
        assert set(load(path).rows) <= set(CATALOGUE), path.name


def test_the_page_is_current():
    """docs/behaviour.md is what `python docs/generate_rows.py` writes."""
    assert (DOCS / "behaviour.md").read_text("utf-8") == GENERATOR.page()


def test_the_checks_can_fail():
    """What is not there is not found."""
    assert not is_place("harness/nowhere.py")
    assert not is_place("harness.model:Nobody")
    assert not is_place("no_such_scenario")
    assert "test_nothing" not in names_in("tests/test_rows.py")
    assert rows_of("scenarios/no_such_scenario.yaml") == ()


def is_place(where):
    if re.fullmatch(r"harness(\.\w+)*:\w+(\.\w+)*", where):
        module, _, attribute = where.partition(":")
        found = importlib.import_module(module)
        for step in attribute.split("."):
            found = getattr(found, step, None)
        return found is not None
    root = PACKAGE.parent if where.split("/")[0] == "harness" else CHECKOUT
    return (root / where).exists() or (builtin("scenarios") / f"{where}.yaml").is_file()


@cache
def names_in(path):
    """The names of a file's tests, read and not run; of a class too, as Class::name."""
    file = CHECKOUT / path
    if not file.is_file():
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, kinds) and node.name.startswith("test_"):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inner = [n.name for n in node.body if isinstance(n, kinds)]
            found |= {f"{node.name}::{name}" for name in inner if name.startswith("test_")}
    return frozenset(found)


@cache
def rows_of(path):
    file = builtin("scenarios") / Path(path).name
    if not file.is_file():
        return ()
    return load(file).rows
