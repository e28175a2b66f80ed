"""The page about the backends is what their files say."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def generator():
    name = "generate_providers"
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current():
    """docs/providers.md is what `python docs/generate_providers.py` writes."""
    assert (DOCS / "providers.md").read_text("utf-8") == generator().page()


def test_the_seventeen_quirks_have_a_home():
    """Each stands in a file that there is, and names a row."""
    quirks = generator().QUIRKS
    assert len({quirk for quirk, _, _ in quirks}) == 17
    room = DOCS.parent / "harness" / "providers"
    assert [file for _, file, _ in quirks if not (room / file).is_file()] == []
