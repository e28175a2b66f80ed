"""The generated pages of docs/ say what the code says."""

import importlib.util
from pathlib import Path

import pytest

from harness.data import builtin
from harness.engine.build import ALWAYS
from harness.faults import FAULTS
from harness.invariants import INVARIANTS

DOCS = Path(__file__).resolve().parent.parent / "docs"


def generator():
    spec = importlib.util.spec_from_file_location("generate_tables", DOCS / "generate_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["faults.md", "invariants.md", "scenarios.md"])
def test_a_generated_page_is_up_to_date(name):
    """`python docs/generate_tables.py` changes nothing."""
    assert (DOCS / name).read_text("utf-8") == generator().PAGES[name]()


def test_every_generated_page_is_compared():
    """A page that is added to the generator is added here."""
    assert set(generator().PAGES) == {"faults.md", "invariants.md", "scenarios.md"}


def test_the_page_of_scenarios_has_each_with_what_it_cites():
    """Under its family, with the wires that it is drawn on."""
    page = (DOCS / "scenarios.md").read_text("utf-8")
    for path in builtin("scenarios").glob("*.yaml"):
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{path.stem}` |"))
        assert all(cell.strip() for cell in line.strip("|").split("|"))
    assert "## stream_death" in page


def test_every_invariant_is_asked_and_every_fault_is_applied():
    """What no built-in scenario uses proves nothing of anybody."""
    used_by = generator().used_by
    unasked = {name for name in INVARIANTS.names() if not used_by(name)}
    assert unasked <= set(ALWAYS)
    assert [name for name in FAULTS.names() if not used_by(name)] == []
