"""YAML with the place of every value and key, from one parse. This file knows no scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.errors import FileError, HarnessError, Where

Path_ = tuple[str | int, ...]

_DEEPEST = 100  # whoever walks it recurses, and PyYAML in C ends the process at some depth
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its value, and where each path of it stands. A key's own place is under
    (*path, key) in `keys`; a value's in `values`."""

    value: Any
    file: Path
    values: Mapping[Path_, Where] = field(default_factory=dict)
    keys: Mapping[Path_, Where] = field(default_factory=dict)
    duplicates: tuple[HarnessError, ...] = ()

    def where(self, path: Sequence[str | int]) -> Where:
        """The place of a value, or of the nearest thing around it."""
        at = tuple(path)
        while at and at not in self.values:
            at = at[:-1]
        return self.values.get(at, Where(self.file))

    def where_key(self, path: Sequence[str | int]) -> Where:
        return self.keys.get(tuple(path)) or self.where(path)


def parse(file: Path) -> Document:
    """The document in `file`; a FileError where YAML itself cannot read it."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})", where=Where(file)) from error
    except UnicodeDecodeError as error:
        raise FileError("is not UTF-8", where=Where(file), found=f"byte {error.start}") from error
    try:
        _refuse_depth(text, file)
        loader = _LOADER(text)
        node = loader.get_single_node()
        _refuse_aliases(node, file, set())
        value = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
        raise FileError(f"is no YAML: {_problem(error, text)}", where=where) from error
    except yaml.YAMLError as error:
        raise FileError(f"is no YAML: {error}", where=Where(file)) from error
    except ValueError as error:  # a date that is none, a number of thousands of digits
        raise FileError(f"holds a value that cannot be read: {error}", where=Where(file)) from error
    values: dict[Path_, Where] = {}
    keys: dict[Path_, Where] = {}
    duplicates = tuple(_walk(node, (), file, values, keys)) if node is not None else ()
    return Document(value, file, values, keys, duplicates)


def _refuse_depth(text: str, file: Path) -> None:
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise FileError(f"is nested deeper than {_DEEPEST}", where=_where(event, file))


def _refuse_aliases(node: Any, file: Path, seen: set[int]) -> None:
    """A few lines of aliases can mean a file of gigabytes, or one that holds itself."""
    if node is None:
        return
    if id(node) in seen:
        what = "an anchor is used again by an alias"
        raise FileError(what, where=_where(node, file), hint="Write it out, each time")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        inner = [one for pair in node.value for one in pair]
    else:
        inner = node.value if isinstance(node, yaml.SequenceNode) else []
    for one in inner:
        _refuse_aliases(one, file, seen)


def _problem(error: yaml.MarkedYAMLError, text: str) -> str:
    """What the parser says, in its words, and what it was in the middle of."""
    what = error.problem or error.context or "it cannot be read"
    mark = error.problem_mark
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""  # YAML knows other line ends
    if mark and line[mark.column : mark.column + 1] == "\t":
        return "here is a tab, and YAML indents with spaces"
    if error.problem and error.context and error.context_mark:
        began = f"line {error.context_mark.line + 1}, column {error.context_mark.column + 1}"
        return f"{what} {error.context} that began at {began}"
    return what


def _walk(
    node: Any, path: Path_, file: Path, values: dict[Path_, Where], keys: dict[Path_, Where]
) -> Iterator[HarnessError]:
    values[path] = _where(node, file)
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            inner = (*path, key.value)
            if inner in keys:
                first = keys[inner]
                yield HarnessError(
                    f"key {key.value!r} stands twice",
                    where=_where(key, file),
                    hint=f"The first is on line {first.line}; keep one",
                )
            keys[inner] = _where(key, file)
            yield from _walk(child, inner, file, values, keys)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _walk(child, (*path, index), file, values, keys)


def _where(node: Any, file: Path) -> Where:
    return Where(file, node.start_mark.line + 1, node.start_mark.column + 1)
