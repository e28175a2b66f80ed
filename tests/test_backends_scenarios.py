"""Every quirk of a backend is noticed on the wire: taken away, some scenario fails."""

from dataclasses import fields, replace

import pytest

from harness.data import builtin
from harness.engine import cells, read_scenario, run_cell
from harness.model import Provider, VerdictKind
from harness.providers import PROVIDERS
from harness.targets.reference import Reference

DECLARED = {field.name: field for field in fields(Provider)}
QUIRKS = ("adapt", "headers_for", "prepare_messages", "prepare_tools", "caching", "temperature")
QUIRKS += ("default_max_tokens", "max_tokens_field", "headers")
SCENARIOS = [read_scenario(path) for path in sorted(builtin("scenarios").glob("backend_*.yaml"))]
# Shown by other scenarios than these, or by the request's build alone.
ELSEWHERE = {
    ("nvidia", "prepare_tools"): "another family's models: tests/test_backends_quirks.py",
    ("openrouter", "prepare_tools"): "another family's models: tests/test_backends_quirks.py",
    ("nous", "prepare_tools"): "another family's models: tests/test_backends_quirks.py",
    ("openai", "adapt"): "an effort: tests/test_backends_wishes.py",
    ("ollama", "max_tokens_field"): "another family's models: tests/test_backends_wishes.py",
    ("nous", "default_max_tokens"): "another family's models: tests/test_backends_wishes.py",
}


def declared():
    """Each quirk that a backend's own way declares."""
    default = Provider(name="", transport="", base_url="", model="")
    for backend in PROVIDERS:
        for name in QUIRKS:
            if getattr(backend, name) != getattr(default, name):
                yield pytest.param(backend.name, name, id=f"{backend.name}_{name}")


def failures(name):
    """The scenarios that fail on a backend."""
    found = set()
    for scenario in SCENARIOS:
        for cell in cells(scenario, frozenset({name})):
            verdict = run_cell(cell, Reference())
            assert verdict.kind in {VerdictKind.PASSED, VerdictKind.FAILED}, verdict.reason
            if verdict.kind is VerdictKind.FAILED:
                found.add(scenario.id)
    return found


@pytest.mark.parametrize(("name", "quirk"), list(declared()))
def test_a_quirk_that_is_taken_away_is_noticed(name, quirk, monkeypatch):
    """A scenario fails without it, or it is written down what shows it instead."""
    default = Provider(name="", transport="", base_url="", model="")
    changed = replace(PROVIDERS.get(name), **{quirk: getattr(default, quirk)})
    monkeypatch.setitem(PROVIDERS._loaded, name, changed)
    noticed = failures(name)
    assert bool(noticed) is not ((name, quirk) in ELSEWHERE), noticed


@pytest.mark.parametrize(
    ("name", "profile"),
    [(p.name, profile) for p in PROVIDERS for profile in sorted(p.profiles) if "echo" in profile],
)
def test_state_that_does_not_go_back_is_noticed(name, profile, monkeypatch):
    """A backend that wants its state back fails a scenario when it gets none."""
    backend = PROVIDERS.get(name)
    changed = replace(backend, profiles=backend.profiles - {profile})
    monkeypatch.setitem(PROVIDERS._loaded, name, changed)
    unshown = {("openrouter", "echo_extra_content"), ("nous", "echo_extra_content")}
    assert bool(failures(name)) is not ((name, profile) in unshown)


def test_a_name_stands_in_an_id_only_where_it_is_meant():
    """A scenario whose id holds a backend's name runs on that backend alone."""
    for scenario in SCENARIOS:
        held = {name for name in PROVIDERS.names() if name in scenario.id}
        held -= {"openai"} if "openai_codex" in held else set()
        assert not held or held == set(scenario.providers), scenario.id
