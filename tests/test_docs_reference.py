"""The reference pages say what the code says, and leave no option out."""

import argparse
import importlib.util
import re
import sys
import tomllib

import pytest
import yaml
from docs_blocks import CHECKOUT, DOCS
from test_house import FLOORS

from harness.cli import COMMANDS, parser
from harness.data import builtin
from harness.dialects import PROFILES
from harness.engine import cells, read_scenario
from harness.reports import REPORTS
from harness.schemas import names, schema
from harness.settings import KEYS


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = script("generate_reference")


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="argparse words differ by version")
@pytest.mark.parametrize("name", sorted(GENERATOR.PAGES), ids=range(len(GENERATOR.PAGES)))
def test_a_reference_page_is_up_to_date(name):
    """`python docs/generate_reference.py` changes nothing."""
    assert (DOCS / name).read_text("utf-8") == GENERATOR.PAGES[name]()


def commands(made, words=()):
    yield words, made
    for action in made._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, chosen in action.choices.items():
                yield from commands(chosen, (*words, name))


def test_no_command_and_no_option_is_undocumented():
    """Each stands in the page under its own heading, with a sentence."""
    page = (DOCS / "cli.md").read_text("utf-8")
    head = re.compile(r"^##+ `harness ([\w ]+)`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
    sections = dict(head.findall(page))
    seen = 0
    for name in COMMANDS:
        chosen = GENERATOR._subparsers(parser(name))[name]
        for words, made in commands(chosen, (name,)):
            section = sections[" ".join(words)]
            for action in made._actions:
                if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
                    continue
                for option in action.option_strings:
                    seen += 1
                    assert re.search(rf"`[^`]*{option}\b[^`]*`: \S", section), (words, option)
    assert seen > 30


def test_every_setting_report_and_plugin_option_is_documented():
    """What `[tool.harness]` takes, what `--report` takes, what pytest is given."""
    page = (DOCS / "cli.md").read_text("utf-8")
    for name in (*KEYS, *REPORTS.names()):
        assert f"- `{name}`: " in page
    for option in ("--provider", "--target", "--harness-door", "--harness-report"):
        assert f"- `{option}" in page


def nodes(node, path=""):
    yield path, node
    for key, inner in node.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{key}")
    if isinstance(node.get("items"), dict):
        yield from nodes(node["items"], f"{path}[]")
    for name, inner in node.get("$defs", {}).items():
        yield from nodes(inner, f"#{name}")


@pytest.mark.parametrize("name", ["scenario", "verdict"])
def test_every_key_of_the_schema_has_a_description(name):
    """An editor shows it beside the key."""
    told = [(path, node) for path, node in nodes(schema(name)) if path.count(".")]
    assert len(told) > 30
    bare = [
        p for p, n in told if not ({"description", "$ref", "const"} & set(n)) and p[-2:] != "[]"
    ]
    assert bare == []


def test_every_free_key_of_a_scenario_has_an_example():
    """Where a value is neither named nor described elsewhere, the schema shows one."""
    free = [
        path
        for path, node in nodes(schema("scenario"))
        if node.get("type") in {"string", "integer", "number"}
        and not ({"examples", "enum", "const", "default"} & set(node))
        and "." in path
    ]
    assert free == []


def test_every_key_and_name_of_a_scenario_stands_in_the_page():
    """Also those of a choice between shapes, such as a line of `says`, and every dialect."""
    page = (DOCS / "scenario.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    shapes = {
        name: [shape for shape in node.get("oneOf", ()) if shape.get("properties")]
        for name, node in schema("scenario")["$defs"].items()
    }
    assert len(shapes["say"]) == 7
    assert len(shapes["step"]) == 6
    for name, several in shapes.items():
        for key in (key for shape in several for key in shape["properties"]):
            assert f"| `{key}`" in sections[name], (name, key)
    for name in PROFILES:
        assert f"| `{name}` |" in page


def test_every_shipped_schema_is_named_in_the_docs():
    """`harness schema NAME` is told where its documents are."""
    pages = "".join(page.read_text("utf-8") for page in DOCS.glob("*.md"))
    for name in set(names()) - {"trace"}:
        assert f"harness schema {name}" in pages or f"{name}.schema.json" in pages


def test_every_page_is_in_the_sites_navigation():
    """Also one that nobody has put into a section."""
    told = [
        page for section in script("site").navigation(DOCS) for p in section.values() for page in p
    ]
    assert sorted(told) == sorted(str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md"))


def test_every_page_is_found_from_the_readme():
    """By links alone, as where the code is hosted: a site's navigation is not there."""
    found, left = set(), [CHECKOUT / "README.md"]
    while left:
        page = left.pop()
        if page not in found:
            found.add(page)
            text = page.read_text("utf-8")
            links = re.findall(r"\]\(([^)\s#:]+\.md)(?:#[^)\s]*)?\)", text)
            left += [(page.parent / link).resolve() for link in links]
    assert set(DOCS.rglob("*.md")) - found == set()


def test_every_name_of_the_python_page_is_told():
    """Each with a sentence, or with its fields; only an error's kind may speak for itself."""
    page = (DOCS / "python.md").read_text("utf-8")
    bare = re.findall(r"^- `(\w+)`$", page, re.MULTILINE)
    assert set(bare) <= {"CassetteError", "FramingError", "ChecksumError", "CodingError"}


def test_the_four_families_are_on_the_wires_that_the_table_says():
    """Each scenario that the page names is there, and drawn on exactly those wires."""
    page = (DOCS / "four_families.md").read_text("utf-8")
    told = re.findall(r"`(\w+)` \(([a-z, ]+)\)", page)
    assert len(told) >= 6
    for name, wires in told:
        scenario = read_scenario(builtin("scenarios") / f"{name}.yaml")
        drawn = {cell.transport.wire for cell in cells(scenario)}
        every = {"chat", "messages", "responses", "converse", "jwt"}
        assert drawn == (every if wires == "all wires" else set(wires.split(", "))), name
    for name in re.findall(r"`([a-z]+_[a-z_]+)`", page.partition("| family | its scenarios")[2]):
        assert (builtin("scenarios") / f"{name}.yaml").is_file(), name


def test_the_pre_commit_hooks_are_commands_that_exist():
    """Each entry is one of ours with options that it has, and the guide names the same hooks."""
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    for hook in hooks:
        program, *words = hook["entry"].split()
        assert program == "harness"
        parser().parse_args([*words, "some/file.yaml"])
        assert re.match(hook["files"], hook["files"].strip("^").split("/")[0] + "/one.yaml")
        assert f"id: {hook['id']}" in (DOCS / "ci.md").read_text("utf-8")
    assert len(hooks) == 2


def test_every_dependency_is_explained():
    """Each package that is installed with ours, and each extra, has its row."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (DOCS / "dependencies.md").read_text("utf-8")
    for dependency in project["dependencies"]:
        name = re.match(r"[\w-]+", dependency)[0]
        assert f"| `{name}` |" in page
    rows = re.findall(r"^\| (`[^|]+) \|", page.partition("## Extras")[2], re.MULTILINE)
    assert set(project["optional-dependencies"]) <= set(re.findall(r"`([\w-]+)`", " ".join(rows)))


def test_the_floors_of_the_page_are_those_that_are_held():
    """Every room stands in the row of its floor."""
    page = (DOCS / "architecture.md").read_text("utf-8")
    told = re.findall(r"^\| \d \| ([^|]+) \|", page, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", rooms)) for rooms in told] == FLOORS
