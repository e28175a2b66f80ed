"""[tool.harness]: what stands there is used, and what makes no sense there is refused by name."""

import pytest

from harness.data import builtin
from harness.errors import UsageError
from harness.settings import KEYS, Settings, read_settings


def test_a_project_without_settings_has_the_defaults(tmp_path):
    """No file, no table, and a table of others are all the same."""
    assert read_settings(tmp_path) == Settings(tmp_path)
    for text in ("", "tool = 1", "[tool.other]\nharness = 1"):
        (tmp_path / "pyproject.toml").write_text(text)
        assert read_settings(tmp_path) == Settings(tmp_path)


def test_every_key_is_read(tmp_path):
    """Folders in their order, the shipped ones by their name; files relative to the project."""
    (tmp_path / "mine").mkdir()
    values = {
        "target": '"a.b:c"',
        "scenarios": '["mine", "builtin"]',
        "known_failures": '"known.yaml"',
        "strict": "true",
    }
    assert values.keys() == KEYS.keys()
    lines = [f"{key} = {value}" for key, value in values.items()]
    (tmp_path / "pyproject.toml").write_text("\n".join(["[tool.harness]", *lines]))
    found = read_settings(tmp_path)
    assert found.folders == (tmp_path / "mine", builtin("scenarios"))
    assert (found.target, found.strict) == ("a.b:c", True)
    assert found.known_failures == tmp_path / "known.yaml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[tool]\nharness = 1", "is no table, found 1"),
        (b"[tool]\nharness = 'x'", "is no table, found 'x'"),
        (b"[tool.harness]\nstrikt = true", "has no 'strikt'.*strict: true"),
        (b"[tool.harness]\nstrict = 'false'", "strict must be true or false, found 'false'"),
        (b"[tool.harness]\ntarget = 5", "target must be a text, found 5"),
        (b"[tool.harness]\nknown_failures = []", "known_failures must be a text"),
        (b"[tool.harness]\nscenarios = 'mine'", "scenarios must be a list of folders"),
        (b"[tool.harness]\nscenarios = [1]", "scenarios must be a list of folders"),
        (b"[tool.harness]\nscenarios = ['none']", "'none' is no folder"),
        (b"[tool.harness", "is no TOML"),
        (b"a = '\xff'", "is no TOML"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, text, says):
    """With the file, what was found, and what the key is for."""
    (tmp_path / "pyproject.toml").write_bytes(text)
    with pytest.raises(UsageError, match=says) as raised:
        read_settings(tmp_path)
    assert str(raised.value).startswith(str(tmp_path / "pyproject.toml"))
