"""The computational graph: named lines, one operation each, and the lines that people see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, rebuild, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.operations.inference import explain, resolve, shape_finder
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.errors import ProblemError, Span, suggestion

LONGEST = 60
"""Parts of a formula above which a hidden value that is read twice gets a name."""


@dataclass(frozen=True)
class Line:
    """One equation `name = formula` as it was read."""

    name: str
    expr: Expr
    span: Span | None = None


@dataclass(frozen=True)
class Node:
    """One line of a graph; `hidden` where the file gave the value no name."""

    name: str
    expr: Expr
    shape: Shape
    span: Span | None = None
    hidden: bool = False

    @property
    def operands(self) -> tuple[str, ...]:
        """Return the names that the line reads, each once."""
        args = self.expr.args if isinstance(self.expr, Apply) else (self.expr,)
        return tuple(dict.fromkeys(arg.name for arg in args if isinstance(arg, Symbol)))


@dataclass(frozen=True)
class Graph:
    """Named inputs and lines, operands before the lines that read them."""

    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    output: str | None = None

    @property
    def shapes(self) -> dict[str, Shape]:
        """Return the own shape of every name."""
        return {**self.inputs, **{node.name: node.shape for node in self.nodes}}

    def node(self, name: str) -> Node | None:
        """Return the line that defines a name, or None for an input."""
        return next((node for node in self.nodes if node.name == name), None)


def build(
    lines: Iterable[Line],
    inputs: Mapping[str, Shape],
    table: Table,
    origin: Callable[[str], str | None] | None = None,
    missing: Callable[[str], str | None] | None = None,
) -> Graph:
    """Return the graph of the equations, each operation a line of its own.

    `origin` says in words where a name comes from, `missing` why a name may not be
    there, both for the hint of an error.
    Raises ProblemError where a name is unknown or shapes do not fit.
    """
    return _Builder(inputs, table, origin or _silent, missing or _silent).graph(lines)


def _silent(_: str) -> str | None:
    return None


def widens(expr: Apply) -> bool:
    """Tell whether an `expand` puts an axis back that a sum without keepdims left out."""
    keep = expr.attr("keepdims")
    kept = isinstance(keep, Number) and keep.value == 1
    return expr.attr("axis") is not None and not kept


class _Builder:
    def __init__(
        self,
        inputs: Mapping[str, Shape],
        table: Table,
        origin: Callable[[str], str | None],
        missing: Callable[[str], str | None],
    ) -> None:
        self.inputs = dict(inputs)
        self.shapes: dict[str, Shape] = dict(inputs)
        self.table = table
        self.origin = origin
        self.missing = missing
        self.shape_of = shape_finder(self.shapes, table)
        self.nodes: list[Node] = []
        self.hidden: dict[Expr, str] = {}

    def graph(self, lines: Iterable[Line]) -> Graph:
        for line in lines:
            expr = resolve(line.expr, self.table, line.span)
            top = self.operation(self.lower(expr, line.span), line.span)
            self.put(Node(line.name, top, self.shape(top, line.span), line.span))
        return Graph(self.inputs, tuple(self.nodes), self.nodes[-1].name if self.nodes else None)

    def put(self, node: Node) -> None:
        self.nodes.append(node)
        self.shapes[node.name] = node.shape

    def lower(self, expr: Expr, span: Span | None) -> Expr:
        """Read a transposed vector by its rank: v @ w.T is outer, v.T @ w is dot."""

        def change(part: Expr) -> Expr:
            if isinstance(part, Symbol):
                self.known(part, span)
            if not isinstance(part, Apply):
                return part
            if part.op == "transpose" and isinstance(part.args[0], Number):
                return part.args[0]
            if part.op == "expand" and not widens(part):
                return part.args[0]
            if part.op != "matmul":
                return part
            left, right = part.args
            row = self.row_vector(right, span)
            if row is not None and len(self.shape(left, span)) == 1:
                return Apply("outer", (left, row), (), part.place)
            row = self.row_vector(left, span)
            if row is not None:
                op = "dot" if len(self.shape(right, span)) == 1 else "matmul"
                return Apply(op, (row, right), (), part.place)
            return part

        def plain(part: Expr) -> Expr:
            row = self.row_vector(part, span)
            return part if row is None else row

        return rebuild(rebuild(expr, change), plain)

    def row_vector(self, expr: Expr, span: Span | None) -> Expr | None:
        """Return the vector (or number) that `expr` is the transpose of, or None."""
        if isinstance(expr, Apply) and expr.op == "transpose":
            (inner,) = expr.args
            return inner if len(self.shape(inner, span)) < 2 else None
        return None

    def known(self, symbol: Symbol, span: Span | None) -> None:
        if symbol.name in self.shapes:
            return
        place = span.within(*symbol.place) if span and symbol.place else span
        raise ProblemError(
            f"{symbol.name} is not defined",
            place,
            hint=self.missing(symbol.name)
            or suggestion(
                symbol.name,
                [name for name in self.shapes if not name.startswith("_")],
                "define it in an earlier line, or under inputs, targets, weights or constants",
            ),
        )

    def operation(self, expr: Expr, span: Span | None) -> Expr:
        """Return one operation over names, its inner operations put on hidden lines."""
        if not isinstance(expr, Apply) or expr.op == "array":
            return expr
        args = tuple(self.leaf(arg, span) for arg in expr.args)
        return Apply(expr.op, args, expr.attrs, expr.place)

    def leaf(self, expr: Expr, span: Span | None) -> Expr:
        if not isinstance(expr, Apply) or expr.op == "array":
            return expr
        inner = self.operation(expr, span)
        name = self.hidden.get(inner)
        if name is None:
            name = self.hidden[inner] = f"_{len(self.hidden) + 1}"
            self.put(Node(name, inner, self.shape(inner, span), span, hidden=True))
        return Symbol(name, expr.place)

    def shape(self, expr: Expr, span: Span | None) -> Shape:
        try:
            return self.shape_of(expr)
        except ShapeError as error:
            culprit, error = self.culprit(expr, error)
            shapes = [self.shape_of(arg) for arg in culprit.args]
            shown = Apply(culprit.op, tuple(self.written(arg) for arg in culprit.args))
            message, label = explain(error, shown, shapes)
            place = span.within(*culprit.place) if span and culprit.place else span
            origins = [self.origin(name) for name in symbols(shown)]
            hint = error.hint or "; ".join(text for text in origins if text) or None
            raise ProblemError(message, place, label, hint) from None

    def culprit(self, expr: Expr, error: ShapeError) -> tuple[Apply, ShapeError]:
        """Return the innermost operation whose operands do not fit."""
        assert isinstance(expr, Apply)
        for arg in expr.args:
            try:
                self.shape_of(arg)
            except ShapeError as inner:
                return self.culprit(arg, inner)
        return expr, error

    def written(self, expr: Expr) -> Expr:
        """Return a formula as the file has it, hidden names written out."""
        back = {name: inner for inner, name in self.hidden.items()}

        def change(part: Expr) -> Expr:
            if isinstance(part, Symbol) and part.name in back:
                return self.written(back[part.name])
            return part

        return rebuild(expr, change)


@dataclass(frozen=True)
class Visible:
    """Named lines of both passes; `names` maps hidden names that were given a name."""

    forward: tuple[Node, ...]
    backward: tuple[Node, ...]
    shapes: Mapping[str, Shape]
    names: Mapping[str, str]


def _never(_: str, __: Number) -> bool:
    return False


def visible(
    forward: Graph,
    backward: Graph,
    table: Table,
    apart: Callable[[str, Number], bool] = _never,
) -> Visible:
    """Return the named lines of both passes with everything hidden written out.

    Forward formulas stay as the file has them; backward formulas come out simplified, a
    line that is a number put into those that read it. apart: whether what a line carries
    on may be another number than its formula's, given or rounded; it is read by its name.
    """
    shapes = {**forward.shapes, **backward.shapes}
    revealed: dict[str, str] = {}
    while True:
        lines = _inline(forward, backward, shapes, table, revealed, apart)
        if isinstance(lines, Visible):
            return lines
        revealed[lines] = _free_name(shapes, revealed)


def _free_name(shapes: Mapping[str, Shape], revealed: Mapping[str, str]) -> str:
    taken = {*shapes, *revealed.values()}
    return next(f"u{i}" for i in range(1, len(taken) + 2) if f"u{i}" not in taken)


def _inline(
    forward: Graph,
    backward: Graph,
    shapes: Mapping[str, Shape],
    table: Table,
    revealed: Mapping[str, str],
    apart: Callable[[str, Number], bool],
) -> Visible | str:
    """Return the visible lines, or the hidden name that has to be given one."""
    renamed = _renamed(backward, revealed)
    known = {**shapes, **{new: shapes[old] for old, new in renamed.items()}}
    shape_of = shape_finder(known, table)
    replace: dict[str, Expr] = {old: Symbol(new) for old, new in renamed.items()}
    lines: list[Node] = []
    for node in forward.nodes:
        expr = substitute(node.expr, replace)
        if node.hidden and node.name not in renamed:
            replace[node.name] = expr
        else:
            name = renamed.get(node.name, node.name)
            lines.append(Node(name, expr, node.shape, node.span))
    reads = Counter(name for node in backward.nodes for name in symbols(node.expr))
    derived: list[Node] = []
    for node in backward.nodes:
        expr = simplify(node.expr, shape_of, replace)
        if node.name in renamed:
            derived.append(Node(renamed[node.name], expr, node.shape, node.span))
        elif node.hidden:
            if expr.size > LONGEST and reads[node.name] > 1:
                parts = gradient_parts(node.name)
                if parts and parts[1] not in revealed and forward.node(parts[1]):
                    return parts[1]
            replace[node.name] = expr
        else:
            if isinstance(expr, Number) and not apart(node.name, expr):
                replace[node.name] = expr
            derived.append(Node(node.name, expr, node.shape, node.span))
    return Visible(tuple(lines), tuple(derived), known, renamed)


def _renamed(backward: Graph, revealed: Mapping[str, str]) -> dict[str, str]:
    names = dict(revealed)
    for node in backward.nodes:
        parts = gradient_parts(node.name)
        if parts and (parts[0] in revealed or parts[1] in revealed):
            of, by = (revealed.get(part, part) for part in parts)
            if not (of.startswith("_") or by.startswith("_")):
                names[node.name] = gradient_name(of, by)
    return names
