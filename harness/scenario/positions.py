"""YAML with the place of every value and key, from one parse. This file knows no scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.errors import FileError, HarnessError, Where

Path_ = tuple[str | int, ...]

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
        loader = _LOADER(text)
        node = loader.get_single_node()
        value = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
        what = error.problem or error.context or "is no YAML"
        raise FileError(what, where=where, hint="YAML indents with spaces") from error
    except yaml.YAMLError as error:
        raise FileError(f"is no YAML: {error}", where=Where(file)) from error
    values: dict[Path_, Where] = {}
    keys: dict[Path_, Where] = {}
    duplicates = tuple(_walk(node, (), file, values, keys)) if node is not None else ()
    return Document(value, file, values, keys, duplicates)


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
