"""Writes the reference pages that are read off the code: `python docs/generate_reference.py`.

A test compares what this makes with what stands in docs/. To add a page, write a function that
returns it and put it into PAGES.
"""

# ruff: noqa: INP001  no package: a script beside the pages that it writes

from __future__ import annotations

import argparse
import dataclasses
import enum
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.cli import COMMANDS, parser
from harness.dialects import PROFILES
from harness.engine.fair import OF_THE_TARGET
from harness.providers import PROVIDERS
from harness.reports import REPORTS
from harness.scenario.tools import STOCK_TOOLS
from harness.schemas import schema
from harness.settings import KEYS

DOCS = Path(__file__).resolve().parent
VALUES = {  # what has no docstring of its own
    "Headers": "Pairs of name and value, in order.",
    "Json": "Anything that JSON can say.",
    "JsonObject": "A mapping of names to JSON.",
    "KIND_OF_STATUS": "Which `FailureKind` an HTTP status means.",
    "NO_CACHE": "The `CachePolicy` of no markers at all.",
    "NO_DATA": "The empty `provider_data`.",
    "PROVIDERS": "The room of all providers: `names()`, `get(name)`, and iteration.",
    "Script": "Lines of `Say`.",
}
SEE = {  # where the names are told that a part of a scenario may hold
    "fault": "Every fault and its arguments: [faults](faults.md); the places: [places](places.md).",
    "expectation": "Every invariant and its arguments: [invariants](invariants.md).",
}
NOTE = "<!-- Written by docs/generate_reference.py from the code: change it there. -->\n"

PUBLIC = {  # what outsiders may import, and from where
    "harness.model": "The nouns: what was asked, what was on the wire, what it means.",
    "harness.contracts": "The verbs: what a reader, credential, fault, invariant or target offers.",
    "harness.client": "The reference client.",
    "harness.cassette": "Reading and writing cassettes.",
    "harness.engine": "Cells, cases and verdicts.",
    "harness.providers": "Who answers.",
    "harness.record": "The tape machine: [recording](recording.md).",
    "harness.replay.player": "What plays a tape: [the two doors](doors.md).",
    "harness.replay.inprocess": "The door for httpx and httpx2.",
    "harness.replay.loopback": "The door for everyone else.",
    "harness.replay.capture": "What passes through a transport, as exchanges.",
    "harness.replay.clock": "The clock of a player.",
    "harness.errors": "Every exception.",
}


def cli() -> str:
    lines = [f"{NOTE}# The command line\n"]
    lines.append(
        "Progress goes to stderr, stdout is the answer. Exit codes: 0 good; 1 a MUST did not hold, "
        "or lint found a fault; 2 usage, or nothing was selected, or a file could not be read; "
        "3 something errored, so that nothing is known.\n"
    )
    lines.append("`harness --version` says what is installed; `-h` helps with every command.\n")
    for name in COMMANDS:
        lines += _command(_chosen(parser(name), name))
    lines.append("## pytest\n")
    lines.append(
        "The plugin is installed with the package. Until `[tool.harness]` stands in "
        "`pyproject.toml` it collects nothing, and has neither `--provider` nor `--target`; the "
        "fixture `harness_tape` is there always. `-m conformance` selects its cases.\n"
    )
    lines += [f"- `{option}`: {told}" for option, told in _plugin_options()]
    lines.append("\n## `[tool.harness]`\n")
    lines += [f"- `{key}`: {told}" for key, told in KEYS.items()]
    lines.append("\n## Report formats\n")
    lines += [f"- `{name}`: {_first_line(name)}" for name in REPORTS.names()]
    lines.append("\n`FORMAT:PATH`; the path `-` is stdout, so `github:-` prints annotations.")
    return "\n".join(lines) + "\n"


def _first_line(report: str) -> str:
    return _paragraph(importlib.import_module(f"harness.reports.{report}").__doc__)


def _chosen(made: argparse.ArgumentParser, name: str) -> argparse.ArgumentParser:
    return _subparsers(made)[name]


def _subparsers(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in made._actions:  # noqa: SLF001  argparse tells it nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}


def _command(made: argparse.ArgumentParser, level: int = 2) -> Iterator[str]:
    yield f"{'#' * level} `{made.prog}`\n"
    if made.description:
        text = _paragraph(made.description)
        yield f"{text}\n"
    own = _subparsers(made)
    yield from (_option(a) for a in made._actions if _told(a))  # noqa: SLF001
    yield ""
    for chosen in own.values():
        yield from _command(chosen, level + 1)


def _told(action: argparse.Action) -> bool:
    hidden = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001
    return not hidden


def _option(action: argparse.Action) -> str:
    value = action.metavar or (
        f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    )
    if isinstance(value, tuple):
        value = " ".join(value)
    if not action.option_strings:
        name = f"`{value or action.dest}{'...' if action.nargs in {'+', '*'} else ''}`"
    else:
        shown = value or ("" if action.nargs == 0 else action.dest.upper())
        name = "`" + ", ".join(action.option_strings) + (f" {shown}`" if shown else "`")
    told = (action.help or "") % {**vars(action), "prog": "harness"}
    more = " May be given more than once." if isinstance(action, argparse._AppendAction) else ""  # noqa: SLF001
    return f"- {name}: {told}{'.' if more else ''}{more}"


def _plugin_options() -> Iterator[tuple[str, str]]:
    """As the plugin declares them: a group that writes down what it is given."""

    class Group:
        told: list[tuple[str, str]] = []  # noqa: RUF012

        def getgroup(self, *_: str) -> Group:
            return self

        def addoption(self, *names: str, **words: Any) -> None:
            value = words.get("metavar") or "{" + ",".join(words.get("choices", ())) + "}"
            flag = words.get("action") in {"store_true", "store_false"}
            self.told.append((f"{names[0]}{'' if flag else ' ' + value}", words["help"]))

        def addini(self, *_: Any, **__: Any) -> None:
            """The plugin has none; if it gets one, it is told here."""

    group = Group()
    importlib.import_module("harness.plugin").pytest_addoption(group)
    yield from group.told


def scenario() -> str:
    whole = schema("scenario")
    lines = [f"{NOTE}# The scenario file\n", f"{whole['description']}\n"]
    lines.append(
        "`harness schema scenario > scenario.schema.json`, and a first line "
        "`# yaml-language-server: $schema=scenario.schema.json`, give completion and checks in an "
        "editor. `harness lint` says every fault with its line and column.\n"
    )
    lines += _keys(whole)
    for name, definition in whole["$defs"].items():
        lines.append(f"\n## `{name}`\n")
        told = (definition.get("description", ""), SEE.get(name, ""))
        lines.append(f"{' '.join(filter(None, told))}\n")
        lines += _keys(definition)
    lines += _names_of_a_scenario()
    return "\n".join(lines) + "\n"


def _names_of_a_scenario() -> Iterator[str]:
    """What stands in a scenario by name, beside faults and invariants."""
    yield "\n## Stock tools\n\nWhat `ask.tools` may name.\n"
    for name, tool in STOCK_TOOLS.items():
        yield f"- `{name}`: {tool['function']['description']}"
    both = ", ".join(f"`{one}`" for one in sorted({can for who in PROVIDERS for can in who.can}))
    alone = ", ".join(f"`{one}`" for one in sorted(OF_THE_TARGET))
    yield "\n## Capabilities\n\nWhat `needs` may name.\n"
    yield f"- Of the provider, and of each target that does not list `no_<what>`: {both}"
    yield f"- Of the target, which must list it among its features: {alone}"
    yield "\n## Dialects\n\nWhat `profiles` and `unless` may name.\n"
    yield "| profile | what it allows | evidence |"
    yield "|---|---|---|"
    for name, profile in PROFILES.items():
        yield _cells(f"`{name}`", profile.allows, profile.evidence)


def _keys(node: dict[str, Any]) -> Iterator[str]:
    shapes = [one for one in node.get("oneOf", ()) if "$ref" not in one]
    if not node.get("properties") and not any(one.get("properties") for one in shapes):
        kind = _kind(node)
        if kind:
            yield f"{kind}\n"
        return
    yield "| key | what it is | what it says | for example |"
    yield "|---|---|---|---|"
    if not shapes:
        yield from _rows(node)
    for shape in shapes:
        yield _row("", _kind(shape), f"**{shape['description']}**", shape.get("examples", ()))
        yield from _rows(shape)


def _rows(node: dict[str, Any]) -> Iterator[str]:
    required = node.get("required", ())
    for key, told in node.get("properties", {}).items():
        yield _key_row(key, told, needed=key in required)
        inner = told.get("properties") or told.get("items", {}).get("properties") or {}
        for name, item in inner.items():
            yield _key_row(f"{key}.{name}", item, needed=False)


def _key_row(key: str, told: dict[str, Any], *, needed: bool) -> str:
    says = told.get("description", "")
    if "default" in told:
        says += f" Default: `{json.dumps(told['default'])}`."
    if "const" in told:
        says += f" Always `{told['const']}`."
    named = f"`{key}`{' (needed)' if needed else ''}"
    return _row(named, _kind(told), says, told.get("examples", ()))


def _row(name: str, kind: str, says: str, examples: Iterable[Any]) -> str:
    shown = ", ".join(f"`{json.dumps(one, ensure_ascii=False)}`" for one in examples)
    return _cells(name, kind, says, shown)


def _cells(name: str, *told: str) -> str:
    """A row; outside of code a `<` would begin a tag."""
    cells = [name, *(one if one[:1] == "`" else one.replace("<", "&lt;") for one in told)]
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _kind(told: dict[str, Any]) -> str:
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in told:
        return ", ".join(f"`{json.dumps(one)}`" for one in told["enum"])
    for several in ("oneOf", "anyOf"):
        if several in told:
            return " or ".join(filter(None, dict.fromkeys(map(_kind, told[several]))))
    kind = told.get("type", "")
    if kind == "array":
        inner = _kind(told.get("items", {})) if isinstance(told.get("items"), dict) else ""
        return f"list of {inner}" if inner else "list"
    return " or ".join(kind) if isinstance(kind, list) else {"object": "mapping"}.get(kind, kind)


def python() -> str:
    lines = [f"{NOTE}# The Python API\n"]
    lines.append("What stands here is stable; everything else may move.\n")
    for name, told in PUBLIC.items():
        lines.append(f"## `{name}`\n\n{told}\n")
        module = importlib.import_module(name)
        tree = dict(re.findall(r"(\w+) {2,}(\S.*)", module.__doc__ or ""))  # of the errors
        for key in _names(module):
            line = _member(key, getattr(module, key))
            lines.append(f"{line}: {tree[key]}" if key in tree and ": " not in line else line)
        lines.append("")
    return "\n".join(lines)


def _names(module: Any) -> list[str]:
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    own = vars(module).items()
    own = [(k, v) for k, v in own if inspect.isclass(v) or inspect.isroutine(v)]
    return [k for k, v in own if k[0] != "_" and v.__module__ == module.__name__]


def _member(name: str, thing: Any) -> str:
    if name in VALUES:
        return f"- `{name}`: {VALUES[name]}"
    text = _paragraph(thing.__doc__ if inspect.isclass(thing) or inspect.isroutine(thing) else "")
    if text.startswith(f"{name}("):
        text = ""  # a dataclass that says nothing of itself
    if inspect.isclass(thing) and issubclass(thing, enum.Enum):
        text += " One of " + ", ".join(f"`{one.value}`" for one in thing) + "."
    elif dataclasses.is_dataclass(thing):
        text += " Fields: " + ", ".join(f"`{one.name}`" for one in dataclasses.fields(thing)) + "."
    elif inspect.isclass(thing) and hasattr(thing, "_fields"):
        text = " Fields: " + ", ".join(f"`{one}`" for one in thing._fields) + "."
    elif inspect.isroutine(thing):
        words = ", ".join(inspect.signature(thing).parameters)
        return f"- `{name}({words})`: {text}".rstrip(": ")
    return f"- `{name}`: {text.strip()}".rstrip(": ")


def _paragraph(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").strip().partition("\n\n")[0])


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "scenario.md": scenario,
    "python.md": python,
}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
