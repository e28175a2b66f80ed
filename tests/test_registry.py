"""A room finds what stands in its folder and what others bring, and says what is not there."""

import sys
from importlib.metadata import EntryPoint

import pytest

from harness import registry
from harness.errors import UsageError
from harness.registry import Room, module_of


@pytest.fixture
def room(tmp_path, monkeypatch):
    folder = tmp_path / "a_room_for_tests"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("THING = ['one']\n")
    (folder / "empty.py").touch()
    (folder / "_shared.py").write_text("raise ImportError('a private module was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    made = Room("a_room_for_tests", "THING", kind="thing", group="things")
    brought = (EntryPoint("brought", "a_room_for_tests.one:THING", "things"),)
    monkeypatch.setattr(registry.importlib.metadata, "entry_points", lambda group: brought)
    yield made
    for name in [name for name in sys.modules if name.startswith("a_room_for_tests")]:
        del sys.modules[name]


def test_a_room_lists_its_files_and_what_others_bring(room):
    """Not what begins with an underscore; and listing imports none of them."""
    assert room.names() == ["brought", "empty", "one"]
    assert "a_room_for_tests.one" not in sys.modules
    assert room.get("one") == ["one"]
    assert room.get("brought") is room.get("one")


@pytest.mark.parametrize("name", ["onne", "_shared", "x.y", "", "os"])
def test_what_is_not_there_is_said(room, name):
    """With what was meant, if that can be guessed, and how to add it."""
    with pytest.raises(UsageError, match=f"no thing {name!r} in a_room_for_tests/") as raised:
        room.get(name)
    assert ("Did you mean 'one'?" in str(raised.value)) == (name == "onne")


def test_a_file_without_its_thing_is_said(room):
    """With the name that is looked for, and the file where it should stand."""
    with pytest.raises(UsageError, match=r"empty\.py: a_room_for_tests\.empty has no THING"):
        room.get("empty")


def test_the_module_of_a_thing_is_found():
    """Its docstring and constants are its record."""
    assert module_of(Room) is registry
