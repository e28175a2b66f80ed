"""The documented example of adding a backend, executed: one file of a stranger's package."""

import re
import sys

import pytest
from backend_requests import body, refused
from block_asks import user

from harness import registry
from harness.data import builtin
from harness.engine import cells, read_scenario, run_cell
from harness.model import VerdictKind
from harness.providers import PROVIDERS, resolve
from harness.targets.reference import Reference

PAGE = builtin("scenarios").parent / "docs" / "add_a_provider.md"
NAME, MODULE = "upstage", "upstage_harness"
METADATA = "Metadata-Version: 2.1\nName: upstage-harness\nVersion: 1.0\n"


def blocks(language):
    """The page's code blocks of one language."""
    if not PAGE.is_file():
        pytest.skip("the documentation is not part of this installation")
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A distribution on the path, made of the page's blocks and of nothing else."""
    (tmp_path / f"{MODULE}.py").write_text(blocks("python")[0], "utf-8")
    group, entry = re.fullmatch(
        r'\[project\.entry-points\."(.+)"\]\n(\w+ = ".+")\n', blocks("toml")[0]
    ).groups()
    info = tmp_path / "upstage_harness-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA, "utf-8")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entry.replace(chr(34), '')}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry._entries_of.cache_clear()  # what is installed has changed
    yield
    registry._entries_of.cache_clear()
    PROVIDERS._loaded.pop(NAME, None)
    sys.modules.pop(MODULE, None)


@pytest.mark.usefixtures("installed")
def test_a_stranger_is_found_by_name_alias_and_url():
    """The entry point alone makes it one of the room."""
    assert NAME in PROVIDERS.names()
    assert resolve("solar/solar-pro3", environ={}).provider.name == NAME
    key = resolve("https://api.upstage.ai", environ={"UPSTAGE_API_KEY": "not-a-key"})
    assert (key.provider.base_url, key.key) == ("https://api.upstage.ai/v1", "not-a-key")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("model", "reasoning", "sent"),
    [
        (None, None, "medium"),
        (None, {"effort": "max"}, "high"),
        (None, {"effort": "minimal"}, None),
        (None, {"enabled": False}, None),
        ("solar-mini", {"effort": "high"}, None),
    ],
)
def test_the_examples_quirk_works(model, reasoning, sent):
    """J35: a default effort, clamped, left out where it is off or unknown to the model."""
    backend = PROVIDERS.get(NAME)
    assert (
        body(backend, user("x"), model=model, reasoning=reasoning).get("reasoning_effort") == sent
    )
    assert refused(backend, {"messages": [user("x")], "model": "m"}) is None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["tool_result_round_trip", "request_shape", "text_is_text"])
def test_the_scenarios_of_everybody_run_on_it(name):
    """Those that spread over all backends include it, and the reference passes."""
    scenario = read_scenario(builtin("scenarios") / f"{name}.yaml")
    chosen = list(cells(scenario, frozenset({NAME})))
    assert scenario.spread == "providers"
    assert chosen
    for cell in chosen:
        assert run_cell(cell, Reference()).kind is VerdictKind.PASSED


def test_without_its_package_it_is_unknown():
    """What is not installed is not there: the room holds nothing over."""
    assert NAME not in PROVIDERS.names()


def test_the_page_names_the_pairs_that_k_confuses():
    """The one documented exception is the one that the house allows."""
    from test_backends_files import INSIDE_ANOTHER  # noqa: PLC0415

    blocks("python")
    for inner, outer in INSIDE_ANOTHER:
        assert f"`{inner}` is part of `{outer}`" in PAGE.read_text("utf-8")
