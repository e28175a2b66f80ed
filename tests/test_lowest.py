"""The oldest versions that are allowed are the ones that `tox -e lowest` tests."""

import configparser
import importlib.metadata
import os
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WATCHED = {"httpx", "httpx2"}


def allowed():
    """{name: lower bound} of the watched libraries, as pyproject.toml has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    found = [re.match(r"([\w.-]+)>=([\d.]+)\Z", text) for texts in lists for text in texts]
    return {match[1]: match[2] for match in found if match and match[1] in WATCHED}


def pinned():
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini", "utf-8")
    return dict(line.split("==") for line in tox["testenv:lowest"]["deps"].split())


def test_the_lowest_versions_are_the_tested_ones():
    """A bound that is raised in one place is raised in the other."""
    assert allowed().keys() == pinned().keys() == WATCHED
    for name, version in pinned().items():
        assert f"{version}.".startswith(f"{allowed()[name]}."), name


def test_the_lowest_versions_are_installed_where_they_are_tested():
    """An environment that quietly resolved to newer ones would test nothing."""
    if os.environ.get("TOX_ENV_NAME") != "lowest":
        return
    assert {name: importlib.metadata.version(name) for name in WATCHED} == pinned()
