"""How a room finds what is in it: one module a thing, by folder, and entry points of others.

The rule of this file: it knows no particular room. A room's `__init__` makes one `Room`.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import pkgutil
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Generic, TypeVar

from harness.errors import UsageError, Where

T = TypeVar("T")

_FEW = 20  # names that a message may list


class Room(Generic[T]):
    """The things of one kind: module `harness.<package>.<name>` holds one, under `attribute`.

    Nothing is imported before it is asked for by name. `group` is the entry point group by which
    other distributions add theirs: name -> "module:attribute".
    """

    def __init__(
        self, package: str, attribute: str, *, kind: str, group: str | None = None
    ) -> None:
        self.package, self.attribute, self.kind, self.group = package, attribute, kind, group
        self._loaded: dict[str, T] = {}

    def names(self) -> list[str]:
        path = importlib.import_module(self.package).__path__
        own = {module.name for module in pkgutil.iter_modules(path) if module.name[0] != "_"}
        return sorted(own | {entry.name for entry in self._entries()})

    def get(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __iter__(self) -> Iterator[T]:
        return (self.get(name) for name in self.names())

    def _entries(self) -> tuple[importlib.metadata.EntryPoint, ...]:
        return () if self.group is None else _entries_of(self.group)

    def _load(self, name: str) -> T:
        for entry in self._entries():
            if entry.name == name:
                loaded: T = entry.load()
                return loaded
        if name not in self.names():
            raise self.unknown(name)
        module = importlib.import_module(f"{self.package}.{name}")
        if not hasattr(module, self.attribute):
            raise UsageError(
                f"{module.__name__} has no {self.attribute}",
                where=Where(module.__file__),
                hint=f"A {self.kind} stands in its module as {self.attribute}",
            )
        found: T = getattr(module, self.attribute)
        return found

    def unknown(self, name: str) -> UsageError:
        folder = self.package.replace(".", "/")
        names = self.names()
        close = difflib.get_close_matches(name, names, n=1)
        few = f"Known: {', '.join(names)}. " if len(names) <= _FEW else ""
        guess = f"Did you mean {close[0]!r}? " if close else few
        outside = f", or name yours in the entry point group {self.group}" if self.group else ""
        return UsageError(
            f"no {self.kind} {name!r} in {folder}/",
            hint=f"{guess}To add one, write {folder}/{name}.py{outside}",
        )


@cache
def _entries_of(group: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    """What is installed does not change while we run, and each look at it reads every one of the
    installed distributions."""
    return tuple(importlib.metadata.entry_points(group=group))


def module_of(function: object) -> ModuleType:
    """The module that a found thing stands in: its docstring and constants are its record."""
    return sys.modules[str(getattr(function, "__module__"))]  # noqa: B009
