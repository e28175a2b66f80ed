"""YAML straight from the parser's events to plain data: safe, and faster than the C loader.

PyYAML's C loader builds a tree of nodes, constructs the data from that in Python, and recurses
without a limit: a file of brackets ends the process. Here one loop with its own stack does it: no
recursion, bounded depth, no Python objects but the harmless ones that recorders wrote (text,
tuples, BytesIO and iterators as bodies). Dates stay text: a cassette's data is JSON's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

Path = tuple[str | int, ...]
Plain = dict[str, Any]

_DEEPEST = 100
_MOST_VALUES = 10_000_000  # aliases written out: a bomb of a few hundred bytes has many more
_YAML, _PYTHON = "tag:yaml.org,2002:", "tag:yaml.org,2002:python/"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_IMPLICIT = yaml.SafeLoader.yaml_implicit_resolvers
_construct: Any = yaml.constructor.SafeConstructor()
_NO_KEY = object()
_MERGE = object()


def _construct_by(method: str) -> Any:
    construct = getattr(_construct, method)
    return lambda text: construct(yaml.ScalarNode("", text))


_SCALARS: dict[str, Any] = {
    f"{_YAML}null": lambda _: None,
    f"{_YAML}bool": _construct_by("construct_yaml_bool"),
    f"{_YAML}int": _construct_by("construct_yaml_int"),
    f"{_YAML}float": _construct_by("construct_yaml_float"),
    f"{_YAML}binary": _construct_by("construct_yaml_binary"),
    f"{_YAML}merge": lambda _: _MERGE,
    **dict.fromkeys(
        ("!", f"{_YAML}str", f"{_YAML}timestamp", f"{_YAML}value"),
        lambda text: text,
    ),
}
_SCALARS |= {f"{_PYTHON}{name}": lambda text: text for name in ("str", "unicode")}
_SCALARS |= dict.fromkeys(("!binary", f"{_PYTHON}bytes"), _SCALARS[f"{_YAML}binary"])


def _file(data: Any) -> bytes:
    """`_io.BytesIO` as a recorder pickled it: its content is the first item of its state."""
    state = data.get("state") or (b"",)
    return _joined(list(state)[:1])


def _iterator(data: Any) -> bytes:
    """`iter` of a list of parts, as a recorder pickled a streamed body."""
    args: Any = data.get("args") or ([],)
    return _joined(args[0])


def _word(data: Any) -> str:
    """aiohttp's header names, a kind of `str` of their own, as they were pickled."""
    args: Any = data.get("args") if isinstance(data, dict) else data
    if not isinstance(args, list) or not all(isinstance(text, str) for text in args):
        raise ValueError("a pickled header name that is no text")
    return "".join(args[:1])


def _joined(parts: Any) -> bytes:
    if not isinstance(parts, list) or not all(isinstance(part, str | bytes) for part in parts):
        raise ValueError("a pickled body of parts that are neither text nor bytes")
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


_COLLECTIONS: dict[str, Any] = {
    "!": lambda data: data,
    f"{_YAML}map": lambda data: data,
    f"{_YAML}seq": lambda data: data,
    f"{_PYTHON}tuple": lambda data: data,
    f"{_PYTHON}object/new:_io.BytesIO": _file,
    f"{_PYTHON}object/apply:builtins.iter": _iterator,
    f"{_PYTHON}object/apply:__builtin__.iter": _iterator,
    f"{_PYTHON}object/apply:multidict._multidict.istr": _word,
    f"{_PYTHON}object/new:multidict._multidict.istr": _word,
}


def load(text: bytes) -> Any:
    """The one document of the text. Raises yaml.YAMLError, with a mark."""
    parser = _LOADER(text)
    try:
        return _Builder(parser.get_event).build()
    finally:
        parser.dispose()


class _Builder:
    """`current` is the innermost open collection; `key` the one that waits for its value."""

    def __init__(self, get_event: Any) -> None:
        self._get = get_event
        self._stack: list[tuple[Any, Any, Any, int]] = []
        self._current: Any = None
        self._key: Any = _NO_KEY
        self._anchors: dict[str, tuple[Any, int]] = {}  # and how many values each stands for
        self._values = 0

    def build(self) -> Any:
        get, documents, root = self._get, 0, None
        while True:
            event = get()
            kind = type(event)
            if kind is ScalarEvent:
                value = self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, {} if kind is MappingStartEvent else [])
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = self._close(event)
            elif kind is AliasEvent:
                value = self._alias(event)
            elif kind is StreamEndEvent:
                return root
            else:
                documents += kind is DocumentStartEvent
                if documents > 1:
                    raise _fault("a second document in one file", event)
                continue
            if self._current is None:
                root = value
            else:
                self._put(value, event)

    def _open(self, event: Any, collection: Any) -> None:
        if len(self._stack) >= _DEEPEST:
            raise _fault(f"nested deeper than {_DEEPEST}", event)
        self._stack.append((self._current, self._key, event, self._values))
        self._current, self._key = collection, _NO_KEY

    def _close(self, event: Any) -> Any:
        value = self._current
        self._current, self._key, start, before = self._stack.pop()
        if start.tag is not None:
            value = _converted(_COLLECTIONS, start.tag, value, start)
        if start.anchor is not None:
            self._anchors[start.anchor] = value, self._values - before
        return value

    def _scalar(self, event: Any) -> Any:
        text = event.value
        tag = event.tag
        if event.implicit[0]:
            for implicit, rule in _IMPLICIT.get(text[:1], ()):
                if rule.match(text):
                    tag = implicit
                    break
            else:
                tag = None
        value = text if tag is None else _converted(_SCALARS, tag, text, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, 1
        return value

    def _alias(self, event: Any) -> Any:
        """Of what is whole: a collection that holds itself is none we can read."""
        if event.anchor not in self._anchors:
            raise _fault(f"an alias of nothing before it: *{event.anchor}", event)
        value, count = self._anchors[event.anchor]
        self._values += count
        if self._values > _MOST_VALUES:
            raise _fault(f"aliases that stand for more than {_MOST_VALUES} values", event)
        return value

    def _put(self, value: Any, event: Any) -> None:
        current = self._current
        self._values += 1
        if type(current) is list:
            current.append("<<" if value is _MERGE else value)
        elif self._key is _NO_KEY:
            if isinstance(value, dict | list):
                raise _fault("a key that is a collection", event)
            self._key = value
        elif self._key is _MERGE:
            self._key = _NO_KEY
            for merged in value if isinstance(value, list) else [value]:
                if not isinstance(merged, dict):
                    raise _fault("a merge of what is no mapping", event)
                for name, item in merged.items():
                    current.setdefault(name, item)
        else:
            current[self._key] = "<<" if value is _MERGE else value
            self._key = _NO_KEY


def _converted(table: dict[str, Any], tag: str, value: Any, event: Any) -> Any:
    convert = table.get(tag)
    if convert is None:
        raise _fault(f"the tag {tag} is not read here", event)
    try:
        return convert(value)
    except (ValueError, TypeError, LookupError, AttributeError, yaml.YAMLError) as error:
        raise _fault(f"no {tag.rsplit(':', 1)[-1]}: {error}", event) from error


def _fault(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def marks(text: bytes) -> Iterator[tuple[Path, int, int]]:
    """The path of everything in a text, with the line and column where its key or it begins."""
    parser = _LOADER(text)
    path: list[Any] = []  # of each open collection: the index, or the key under way, or _NO_KEY
    try:
        while not isinstance(event := parser.get_event(), StreamEndEvent):
            opens = isinstance(event, MappingStartEvent | SequenceStartEvent)
            if opens or isinstance(event, ScalarEvent | AliasEvent):
                step = _step(path, event)
                if step is not _VALUE:
                    yield tuple(path), event.start_mark.line + 1, event.start_mark.column + 1
                if step is _KEY:
                    continue
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                path.pop()
            if opens:
                path.append(_NO_KEY if isinstance(event, MappingStartEvent) else -1)
            elif path and not isinstance(path[-1], int):
                path[-1] = _NO_KEY
            if len(path) > _DEEPEST:
                return
    finally:
        parser.dispose()


_KEY, _ITEM, _VALUE = object(), object(), object()


def _step(path: list[Any], event: Any) -> object:
    """What begins with this event; the path then leads to it."""
    if path and path[-1] is _NO_KEY:
        path[-1] = getattr(event, "value", "")
        return _KEY
    if path and isinstance(path[-1], int):
        path[-1] += 1
        return _ITEM
    return _VALUE
