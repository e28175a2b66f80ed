"""A file's bytes to plain data: gzip, JSON or YAML, and where in the text each thing stands.

Safe and fast: the C loader, no Python objects but the harmless ones that recorders wrote (text,
tuples, BytesIO and iterators as bodies), bounded depth and size. Dates stay text: a cassette's data
is JSON's.
"""

from __future__ import annotations

import zlib
from typing import Any

import yaml

from harness.errors import CassetteError, Where

Path = tuple[str | int, ...]

_DEEPEST = 200
_LARGEST = 512 * 1024 * 1024
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SAFE_LOADER):  # type: ignore[misc]
    """The C loader's own composer recurses without a limit: a file of brackets would end the
    process. The resolver's hooks are called once a node, so depth is counted there."""

    _depth = 0

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise yaml.YAMLError(f"nested deeper than {_DEEPEST}")

    def ascend_resolver(self) -> None:
        self._depth -= 1


def _binary(loader: Any, node: Any) -> bytes:
    value: bytes = loader.construct_yaml_binary(node)
    return value


def _text(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _sequence(loader: Any, node: Any) -> Any:
    return loader.construct_sequence(node, deep=True)


def _file(loader: Any, node: Any) -> bytes:
    """`_io.BytesIO` as a recorder pickled it: its content is the first item of its state."""
    state = loader.construct_mapping(node, deep=True).get("state") or (b"",)
    return _joined([state[0]])


def _iterator(loader: Any, node: Any) -> bytes:
    """`iter` of a list of parts, as a recorder pickled a streamed body."""
    args: Any = loader.construct_mapping(node, deep=True).get("args") or ([],)
    return _joined(args[0])


def _joined(parts: Any) -> bytes:
    if isinstance(parts, str | bytes):
        parts = [parts]
    if not isinstance(parts, list | tuple) or not all(isinstance(p, str | bytes) for p in parts):
        raise yaml.YAMLError("a body of parts that are neither text nor bytes")
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


_PYTHON = "tag:yaml.org,2002:python/"
for _tag, _constructor in {
    "!binary": _binary,
    f"{_PYTHON}bytes": _binary,
    f"{_PYTHON}str": _text,
    f"{_PYTHON}unicode": _text,
    f"{_PYTHON}tuple": _sequence,
    f"{_PYTHON}object/new:_io.BytesIO": _file,
    f"{_PYTHON}object/apply:builtins.iter": _iterator,
    f"{_PYTHON}object/apply:__builtin__.iter": _iterator,
    "tag:yaml.org,2002:timestamp": _text,
}.items():
    _Loader.add_constructor(_tag, _constructor)


def parse(data: bytes, name: str | None = None) -> Any:
    """The one document of a file, whatever it is written in."""
    text = unpacked(data, name)
    if text.lstrip()[:1] in (b"{", b"["):
        found = _json(text)
        if found is not _NOT_JSON:
            return found
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise _unreadable(error, name) from error
    except (ValueError, RecursionError) as error:  # an impossible !!int, !!float or !!binary
        raise CassetteError(
            f"cannot be read as YAML: {error}", where=Where(name), hint=_HINT
        ) from error


_HINT = "A cassette is YAML or JSON, as vcrpy writes it"
_NOT_JSON = object()


def _json(text: bytes) -> Any:
    import orjson  # noqa: PLC0415  most cassettes are YAML

    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _NOT_JSON  # a YAML flow mapping looks like this too


def _unreadable(error: yaml.YAMLError, name: str | None) -> CassetteError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = Where(name, mark.line + 1, mark.column + 1) if mark else Where(name)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return CassetteError(f"cannot be read as YAML: {problem}", where=where, hint=_HINT)


def unpacked(data: bytes, name: str | None = None) -> bytes:
    """Without the gzip around it, if there is one."""
    if data[:2] != b"\x1f\x8b":
        return data
    unzip = zlib.decompressobj(31)
    try:
        text = unzip.decompress(data, _LARGEST)
    except zlib.error as error:
        raise CassetteError("is damaged gzip", where=Where(name), found=str(error)) from error
    if not unzip.eof:
        what = "unpacks to too much" if unzip.unconsumed_tail else "is gzip cut short"
        raise CassetteError(what, where=Where(name), found=f"{len(text)} bytes so far")
    return text


class Marks:
    """Where things stand in a text. Made only once there is something to complain about."""

    def __init__(self, data: bytes, name: str | None = None) -> None:
        self._name = name
        try:
            self._root: Any = yaml.compose(unpacked(data, name), Loader=_Loader)
        except (yaml.YAMLError, CassetteError):
            self._root = None  # JSON that is no YAML: no lines

    def find(self, path: Path) -> Where:
        """The place of the deepest part of the path that is really there."""
        node = self._root
        if node is None:
            return Where(self._name)
        mark = node.start_mark
        for step in path:
            entry = _child(node, step)
            if entry is None:
                break
            mark, node = entry[0].start_mark, entry[1]
        return Where(self._name, mark.line + 1, mark.column + 1)

    def line(self, path: Path) -> int | None:
        return self.find(path).line


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
