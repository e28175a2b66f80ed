"""What stands in the judged files and is no part of a client's reading.

The rule of this file: left out is what only others use, each for a reason that holds whatever the
suite does: a function that no reading enters (`test_mutation.py` reads every shipped tape and sees
that none of them is), and a table of the module that nothing else in the judged files names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# Why, and the functions (file: names). A name also stands for everything inside it.
UNREAD: dict[str, dict[str, tuple[str, ...]]] = {
    "forks serve tests that end a stream at each of its bytes; a client reads it once": {
        "transports/*": ("*.fork",),
        "transports/*/*": ("*.fork", "Call.copy"),
        "wire/document.py": ("DocumentDecoder.fork",),
        "wire/eventstream.py": ("EventStreamDecoder.fork",),
    },
    "a reply that somebody else's SDK has parsed: normalize_response, not reading": {
        "transports/_block_reader.py": ("BlockReader.read_whole",),
        "transports/chat_completions/body.py": ("read_whole",),
        "transports/gateway/reader.py": ("read_whole",),
    },
    "frames, events and documents are written by writers, faults and the recorder": {
        "wire/sse.py": ("encode",),
        "wire/eventstream.py": ("encode", "_encode_header", "_encode_value"),
        "wire/document.py": ("encode",),
        "wire/jsontext.py": ("dumps",),
    },
    "places of values inside a body serve faults and reports": {
        "wire/sse.py": ("split",),
        "wire/eventstream.py": (
            *("Frame.prelude_span", "Frame.headers_span"),
            *("Frame.payload_span", "Frame.crc_span"),
        ),
        "wire/jsontext.py": (
            *("values", "index", "_member", "_Open", "Value"),
            *("char_ends", "char_end", "decode"),
        ),
    },
    "what of an unfinished event is shown to people: a client only asks whether there was any": {
        "wire/sse.py": tuple(
            f"SsePending.{name}"
            for name in ("line", "raw", "data", "event", "span", "_finished", "__repr__")
        ),
        "wire/document.py": ("DocumentDecoder.end", "DocumentDecoder.json"),
    },
}


def left_out(package: Path, files: Iterable[Path]) -> dict[str, list[range]]:
    """By file, the lines of what no reading uses."""
    trees = {str(path.relative_to(package)): ast.parse(path.read_text("utf-8")) for path in files}
    found: dict[str, list[range]] = {
        file: [
            range(node.lineno, (node.end_lineno or 0) + 1)
            for name, node in functions(tree)
            if is_unread(file, name)
        ]
        for file, tree in trees.items()
    }
    while True:  # a table that only an unread table names is unread too
        named = set().union(*(_names(tree, found[file]) for file, tree in trees.items()))
        more = [
            (file, lines)
            for file, tree in trees.items()
            for name, lines in _tables(tree)
            if name not in named and lines not in found[file]
        ]
        if not more:
            return found
        for file, lines in more:
            found[file].append(lines)


def groundless(package: Path, files: Iterable[Path]) -> set[str]:
    """The names above that nothing bears any more."""
    named = {
        (str(path.relative_to(package)), name)
        for path in files
        for name, _ in functions(ast.parse(path.read_text("utf-8")))
    }
    return {
        f"{pattern}: {known}"
        for group in UNREAD.values()
        for pattern, names in group.items()
        for known in names
        if not any(Path(file).match(pattern) and _fits(name, known) for file, name in named)
    }


def is_unread(file: str, name: str) -> bool:
    parts = name.split(".")
    wanted = [".".join(parts[: end + 1]) for end in range(len(parts))]
    return any(
        Path(file).match(pattern) and any(_fits(one, known) for one in wanted)
        for group in UNREAD.values()
        for pattern, names in group.items()
        for known in names
    )


def _fits(name: str, known: str) -> bool:
    return re.fullmatch(re.escape(known).replace(r"\*", ".+"), name) is not None


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.stmt]]:
    """Every function and class by its full name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield within + node.name, node
            yield from functions(node, f"{within}{node.name}.")


def _tables(tree: ast.Module) -> Iterator[tuple[str, range]]:
    """The constants of a module, each with its lines."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        lines = range(node.lineno, (node.end_lineno or 0) + 1)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(targets[0], ast.Name):
            yield targets[0].id, lines


def _names(tree: ast.Module, unread: list[range]) -> set[str]:
    """Every name that is read on other lines than these."""
    return {
        name
        for node in ast.walk(tree)
        if not any(getattr(node, "lineno", 0) in lines for lines in unread)
        for name in (
            [node.id]
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else []
        )
    }
