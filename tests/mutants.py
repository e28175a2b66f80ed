"""Mutants of our own readers: each one change to one file, by its syntax tree.

A mutant is named by its file, the function around it, what is changed and the text that it is
changed in, so that its name outlives a moved line.
"""

import ast
import copy
from dataclasses import dataclass
from pathlib import Path

PLACES = (
    "transports/*/reader.py",
    "transports/*/calls.py",
    "transports/*/meaning.py",
    "transports/*/events.py",
    "transports/_block_reader.py",
    "transports/_blocks.py",
    "transports/_strand.py",
    "transports/_fragments.py",
    "transports/_think.py",
    "transports/_arguments.py",
    "transports/_whole.py",
    "transports/_chain.py",
    "wire/sse.py",
    "wire/eventstream.py",
    "wire/jsontext.py",
    "wire/pending.py",
    "wire/document.py",
)

COMPARISONS = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """`path` is inside the package, `number` counts the changes that are possible in the file."""

    path: str
    number: int
    line: int
    where: str
    change: str
    text: str

    @property
    def name(self):
        return f"{self.path} {self.where}: {self.change} in `{self.text}`"


def files(package):
    return sorted({file for place in PLACES for file in Path(package).glob(place)})


def mutants(package, file):
    """Every possible change of one file, in order."""
    tree = ast.parse(file.read_text("utf-8"))
    path = file.relative_to(package).as_posix()
    for number, (node, where, change, _) in enumerate(_changes(tree)):
        text = " ".join(ast.unparse(node).split())
        yield Mutant(path, number, node.lineno, where, change, text[:80])


def source_of(package, mutant):
    """The whole file with the one change made."""
    tree = ast.parse((Path(package) / mutant.path).read_text("utf-8"))
    for number, (*_, apply) in enumerate(_changes(tree)):
        if number == mutant.number:
            apply()
            return ast.unparse(ast.fix_missing_locations(tree))
    raise AssertionError(mutant)


def _changes(tree):
    """(node, function around it, what is changed, how to change it in place)."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not _writes(function):
            for node in _own(function):
                for change, apply in _of(node):
                    yield node, function.name, change, apply


def _writes(function):
    """Encoders and stand-alone questions of the same files: no reply is read by them."""
    return function.name.startswith(("encode", "_encode", "cache_stats"))


def _own(function):
    """The nodes of a function's body, without its docstring and inner functions."""
    waiting = [s for s in function.body if not _is_docstring(s)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.AnnAssign):
            continue
        if hasattr(node, "lineno"):
            yield node
        waiting = [*ast.iter_child_nodes(node), *waiting]


def _is_docstring(statement):
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _of(node):
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        other = COMPARISONS[type(node.ops[0])]
        yield f"{type(node.ops[0]).__name__} to {other.__name__}", _set(node.ops, 0, other())
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"to {other.__name__}", lambda: setattr(node, "op", other())
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition to its contrary", lambda: setattr(node, "test", _not(node.test))
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield "return None", lambda: setattr(node, "value", ast.Constant(None))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"to {not node.value}", lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} to {node.value + 1}", lambda: setattr(node, "value", node.value + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        other = ast.Sub if isinstance(node.op, ast.Add) else ast.Add
        yield f"to {other.__name__}", lambda: setattr(node, "op", other())
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield "left out", lambda: _become_pass(node)


def _set(target, index, value):
    return lambda: target.__setitem__(index, value)


def _not(test):
    return ast.UnaryOp(ast.Not(), copy.deepcopy(test))


def _is_none(node):
    return isinstance(node, ast.Constant) and node.value is None


def _become_pass(node):
    replaced = ast.Expr(ast.Constant(None))
    node.__class__ = replaced.__class__
    node.__dict__.clear()
    node.__dict__.update(replaced.__dict__ | {"lineno": 1, "col_offset": 0})
