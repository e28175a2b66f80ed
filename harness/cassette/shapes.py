"""Plain data to typed parts, each refused with its path where it is something else."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.cassette.events import Path, Plain
from harness.cassette.fault import Bad
from harness.model import Headers

_DEEPEST = 120


def brief(value: Any) -> str:
    """A value for a message: bounded, however large it is."""
    return reprlib.repr(value)


def mapping(value: Any, path: Path) -> Plain:
    """Absent is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Bad(path, "is no mapping", type(value).__name__)
    return value


def required(value: Any, path: Path) -> Plain:
    if value is None:
        raise Bad(path, "is missing")
    return mapping(value, path)


def string(value: Any, path: Path) -> str:
    if not isinstance(value, str):
        raise Bad(path, "is no text", type(value).__name__)
    return value


def data(value: Any, path: Path) -> bytes:
    """A body, as text, bytes, or a list of either."""
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise Bad(path, "is no UTF-8 text", str(error)) from error
    if isinstance(value, list) and all(isinstance(part, str | bytes) for part in value):
        return b"".join(data(part, path) for part in value)
    raise Bad(path, "is neither text nor bytes", type(value).__name__)


def only(raw: Mapping[str, Any], known: Iterable[str], path: Path) -> None:
    """Our own extras have no unknown key: a misspelt one would be silently without effect."""
    unknown = [key for key in raw if key not in known]
    if unknown:
        hint = f"Known are {', '.join(sorted(known))}"
        raise Bad((*path, unknown[0]), "is unknown", brief(unknown[0]), hint)


def rest(raw: Plain, known: Iterable[str], path: Path) -> Plain:
    """What others have put beside the keys that we know."""
    if raw.keys() <= set(known):
        return {}
    return kept({key: value for key, value in raw.items() if key not in known}, path)


def kept(value: Plain, path: Path) -> Plain:
    """Data that is carried along unread. JSON may nest deeper than we could write it again."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below += item.values()
            elif isinstance(item, list):
                below += item
        if not below:
            return value
        level = below
    raise Bad(path, f"is nested deeper than {_DEEPEST}")


def names(value: Any, path: Path) -> list[str]:
    if not isinstance(value, list):
        raise Bad(path, "is no list", type(value).__name__)
    return [string(item, (*path, number)) for number, item in enumerate(value)]


def headers(value: Any, path: Path, order: Sequence[str] = ()) -> Headers:
    """A mapping of one value or a list of them, text or bytes; or a list of pairs.

    A mapping cannot say how repeated names interleave: `order` lists the names then. A re-save by
    another tool may have dropped values; an order that no longer fits is left aside.
    """
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(_pair(item, (*path, number)) for number, item in enumerate(value))
    found = tuple(
        (_header_text(name, path), text)
        for name, values in mapping(value, path).items()
        for text in _values(values, (*path, name))
    )
    return _ordered(found, order) if order else found


def _ordered(found: Headers, order: Sequence[str]) -> Headers:
    if sorted(order) != sorted(name for name, _ in found):
        return found
    values: dict[str, list[str]] = {}
    for name, text in reversed(found):
        values.setdefault(name, []).append(text)
    return tuple((name, values[name].pop()) for name in order)


def _pair(item: Any, path: Path) -> tuple[str, str]:
    if not isinstance(item, list) or len(item) != 2:
        raise Bad(path, "is no pair of a name and a value", type(item).__name__)
    return _header_text(item[0], path), _header_text(item[1], path)


def _values(value: Any, path: Path) -> list[str]:
    if isinstance(value, list):
        return [_header_text(item, path) for item in value]
    return [_header_text(value, path)]


def _header_text(value: Any, path: Path) -> str:
    """Bytes that are no UTF-8 are Latin-1, as HTTP once had it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise Bad(path, "is no header value", type(value).__name__)
