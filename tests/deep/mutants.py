"""Small faults in a source text: each a span of it, and what stands there instead.

The rule of this file: a mutant is a change of text that still parses, so that it can be shown as
one line of a diff, named again after the code around it has moved, and applied to a module before
it is imported. Words for people (strings with spaces) are left alone: no case may depend on them.
mutmut and cosmic-ray are not used because both change the files of the checkout and run a test
command a mutant, where here a case costs milliseconds and one process tries them in memory.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

WORD = re.compile(r"[A-Za-z_./\[\]:-][A-Za-z0-9_./\[\]:-]*")
COMPARED = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
COUNTED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*", ast.Mod: "*"}
COUNTED |= {ast.LShift: ">>", ast.RShift: "<<", ast.BitAnd: "|", ast.BitOr: "&", ast.BitXor: "&"}
BARE = ast.Name | ast.Attribute | ast.Call | ast.Subscript  # a condition that compares nothing
SHOWN = 100  # the characters of a line that is shown whole
AROUND = 30  # those beside the change of a longer one
TEXTUAL = ast.JoinedStr | ast.Tuple | ast.List | ast.Dict


@dataclass(frozen=True, slots=True)
class Mutant:
    """`was` and `now` are the lines, or what differs of long ones; `function` is empty for what
    runs at the import."""

    file: str
    function: str
    line: int
    last: int
    kind: str
    was: str
    now: str
    start: int
    stop: int
    text: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names it after lines have moved."""
        return self.file, self.function, self.was, self.now

    def applied(self, source: str) -> str:
        raw = source.encode()
        text = (raw[: self.start] + self.text.encode() + raw[self.stop :]).decode()
        ast.parse(text)  # what does not parse is no mutant, but a fault of this file
        return text

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.kind})\n    - {self.was}\n    + {self.now}"


class _Place(ast.NodeVisitor):
    """Walks one module and collects the changes of each node, with the function around it."""

    def __init__(self, source: str) -> None:
        self.raw = source.encode()
        lines = self.raw.splitlines(keepends=True)
        self.starts = [0, *itertools.accumulate(map(len, lines))]
        self.found: list[tuple[ast.AST, str, str, str]] = []  # node, its text now, kind, function
        self._names: list[str] = []
        self._inside = 0

    def bounds(self, node: ast.AST) -> tuple[int, int]:
        """The bytes from which to which a node stands."""
        begin, end = self.starts[node.lineno - 1], self.starts[node.end_lineno - 1]
        return begin + node.col_offset, end + node.end_col_offset

    # What is not walked into ----------------------------------------------------------------

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A sentence for a person; and its parts have no place of their own before 3.12."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """It narrows a type."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """An annotation."""

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        self._body(node.body)
        self._names.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None:
                self.visit(default)
        self._names.append(node.name)
        self._inside += 1
        self._body(node.body)
        self._inside -= 1
        self._names.pop()

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.visit(statement)

    # What is changed ------------------------------------------------------------------------

    def _change(self, node: ast.AST, text: str, kind: str) -> None:
        self.found.append((node, text, kind, ".".join(self._names) if self._inside else ""))

    def _text(self, node: ast.expr) -> str:
        """As it is written, in the brackets that it may have lost: they are no part of a node."""
        start, stop = self.bounds(node)
        text = self.raw[start:stop].decode()
        return text if isinstance(node, ast.Constant | ast.Starred | BARE) else f"({text})"

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [self._text(side) for side in (node.left, *node.comparators)]
        for index, operator in enumerate(node.ops):
            signs = [_sign(op) for op in node.ops]
            signs[index] = COMPARED[type(operator)]
            rest = "".join(f" {sign} {side}" for sign, side in zip(signs, sides[1:], strict=True))
            self._change(node, sides[0] + rest, "comparison")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = " or " if isinstance(node.op, ast.And) else " and "
        parts = [self._text(value) for value in node.values]
        self._change(node, f"({word.join(parts)})", "and/or")
        for value in node.values:
            if isinstance(value, BARE):
                self._change(value, f"(not {self._text(value)})", "negated")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._change(node, self._text(node.operand), "not removed")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        sides = node.left, node.right
        textual = any(
            isinstance(side, TEXTUAL)
            or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
            for side in sides
        )
        if type(node.op) in COUNTED and not textual:
            left, right = (self._text(side) for side in sides)
            self._change(node, f"({left} {COUNTED[type(node.op)]} {right})", "arithmetic")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._change(node, str(not value), "constant")
        elif isinstance(value, int | float):
            self._change(node, repr(value + 1), "constant")
        elif isinstance(value, str) and WORD.fullmatch(value):
            self._change(node, repr(value + "x"), "word")
        elif isinstance(value, bytes) and value:
            self._change(node, repr(bytes([value[0] ^ 1]) + value[1:]), "word")

    def visit_Slice(self, node: ast.Slice) -> None:
        for bound in (node.lower, node.upper):
            if bound is not None and not isinstance(bound, ast.Constant):
                self._change(bound, f"{self._text(bound)} + 1", "slice")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        entries = [
            f"{self._text(key)}: {self._text(value)}" if key else f"**{self._text(value)}"
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        self._without_one(node, entries, "{%s}")
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        if len(node.elts) > 1:
            self._without_one(node, [self._text(entry) for entry in node.elts], "{%s}")
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        """Only where it is a table of constants: elsewhere its length is part of a shape."""
        if len(node.elts) > 1 and all(isinstance(entry, ast.Constant) for entry in node.elts):
            self._without_one(node, [self._text(entry) for entry in node.elts], "(%s,)")
        self.generic_visit(node)

    def _without_one(self, node: ast.AST, entries: list[str], shape: str) -> None:
        for index in range(len(entries)):
            kept = ", ".join(entries[:index] + entries[index + 1 :])
            self._change(node, shape % kept, "entry dropped")

    def visit_If(self, node: ast.If) -> None:
        self._condition(node)

    def visit_While(self, node: ast.While) -> None:
        self._condition(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node)

    def _condition(self, node: ast.If | ast.While | ast.IfExp) -> None:
        if isinstance(node.test, BARE):
            self._change(node.test, f"(not {self._text(node.test)})", "negated")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        empty = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not empty:
            self._change(node, "return None", "return None")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Yield | ast.YieldFrom):
            self._removed(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A name that is never set is a fault that any test would see: only what is kept in an
        object is left unset."""
        if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            self._removed(node)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._removed(node)
        self.generic_visit(node)

    def _removed(self, node: ast.stmt) -> None:
        self._change(node, "pass", "removed")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._removed(node)

    def visit_Break(self, node: ast.Break) -> None:
        self._removed(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._removed(node)


def _sign(operator: ast.cmpop) -> str:
    """The operator as it is written: the opposite of its opposite, or looked up by its kind."""
    signs = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
    signs |= {ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}
    return signs[type(operator)]


def _shown(was: str, now: str) -> tuple[str, str]:
    """Two lines, each without what is far from where they differ."""
    was, now = " ".join(was.split()), " ".join(now.split())
    if len(was) <= SHOWN:
        return was, now
    head = _common(was, now)
    tail = _common(was[head:][::-1], now[head:][::-1])
    first, last = max(0, head - AROUND), max(0, tail - AROUND)
    return was[first : len(was) - last], now[first : len(now) - last]


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its text; each changed text once."""
    place = _Place(source)
    place.visit(ast.parse(source))
    raw, starts = place.raw, place.starts
    seen = set()
    for node, text, kind, function in place.found:
        start, stop = place.bounds(node)
        if (start, stop, text) in seen:
            continue
        seen.add((start, stop, text))
        before = raw[starts[node.lineno - 1] : start].decode()
        after = raw[stop : starts[node.end_lineno]].decode()
        was, now = _shown(f"{before}{raw[start:stop].decode()}{after}", f"{before}{text}{after}")
        lines = node.lineno, node.end_lineno
        yield Mutant(file, function, *lines, kind, was, now, start, stop, text)
