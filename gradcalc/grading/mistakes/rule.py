"""What a mistake is: a rewrite of lines, with an id, its words, and the formula it puts there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    neg,
    number,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Shape, ShapeError
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.engine.autodiff import Edge
from gradcalc.engine.graph import Node
from gradcalc.grading.evaluation.lines import Lines

Change: TypeAlias = Callable[[Expr], Expr | None]
"""Rewrites a formula; None where there is nothing to rewrite."""

MOST_PARTS = 24
"""Parts of a formula above which it is not worth writing whole."""


@dataclass(frozen=True)
class Edit:
    """A rewrite of one line, or of one term of the sum that a gradient is.

    whole: rewrite the formula as people see it, hidden lines written into it.
    """

    line: str
    change: Change = field(compare=False)
    term: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class Slip:
    """One mistake at one place, or the same mistake at every place (`systematic`).

    at: the visible line where it is made; words: formulas that the rule's text names.
    """

    rule: str
    at: str
    edits: tuple[Edit, ...]
    words: Mapping[str, Expr] = field(default_factory=dict, compare=False)
    variant: str = ""
    systematic: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what tells this slip from all others that are not systematic."""
        return self.rule, self.at, self.variant


def instead(expr: Expr) -> Change:
    """Return the change that puts a formula in the place of any other."""
    return lambda _: expr


def times(factor: Expr) -> Change:
    """Return the change that multiplies a formula."""
    return lambda expr: mul(expr, factor)


Finder: TypeAlias = Callable[[Lines], Iterable[Slip]]


@dataclass(frozen=True)
class Rule:
    """One row of the library of mistakes.

    label: one or two words; student: one sentence; teacher: what is behind it; source:
    where it has been seen; convention: the key of `accept` under which it is right.
    In the texts {f} is the symbol of the activation, other braces are formulas.
    """

    id: str
    label: str
    student: str
    teacher: str
    source: str
    find: Finder = field(compare=False)
    convention: str | None = None
    everywhere: bool = True


def rewritten(lines: Lines, line: str, edits: Iterable[Edit]) -> Expr | None:
    """Return the formula of a line after several edits, or None where one does not apply."""
    node = lines.by_name[line]
    terms = lines.terms.get(line)
    parts: list[Expr] = [edge.contribution for edge in terms] if terms else [node.expr]
    edits = list(edits)
    for edit in edits:
        if not edit.whole:
            at = edit.term or 0
            changed = edit.change(parts[at])
            if changed is None:
                return None
            parts[at] = changed
    expr: Expr = add(*parts)
    for edit in edits:
        if edit.whole:
            if shape_of(lines, expr) is None:
                return None
            changed = edit.change(lines.written_out(line, {line: expr}))
            if changed is None:
                return None
            expr = changed
    return expr


def fits(lines: Lines, line: str, expr: Expr, *, leaf: bool = False) -> bool:
    """Tell whether a formula has the shape of a line, or stretches to it.

    leaf: another shape will do, since no line reads this one.
    """
    shape = shape_of(lines, expr)
    if shape is None:
        return False
    due = lines.by_name[line].shape
    return leaf or stretches(shape, due)


def shape_of(lines: Lines, expr: Expr) -> Shape | None:
    """Return the shape of a formula over the lines, or None where operands do not fit."""
    try:
        return shape_finder(lines.shapes, lines.problem.table)(expr)
    except ShapeError:
        return None


def stretches(shape: Shape, due: Shape) -> bool:
    """Tell whether a value of one shape can stand in every entry of another."""
    if len(shape) > len(due):
        return False
    tail = due[len(due) - len(shape) :]
    return all(own in (1, wanted) for own, wanted in zip(shape, tail, strict=True))


def is_leaf(lines: Lines, line: str) -> bool:
    """Tell whether no other line reads this one."""
    return not any(line in symbols(node.expr) for node in lines.nodes if node.name != line)


def row_of(lines: Lines, node: Node) -> Operation | None:
    """Return the row of the table that a line applies."""
    return lines.problem.table[node.expr.op] if isinstance(node.expr, Apply) else None


def forward_nodes(lines: Lines) -> Iterator[Node]:
    """Yield the lines of the forward pass."""
    count = len(lines.problem.forward.nodes)
    yield from lines.nodes[:count]


def gradient_of(lines: Lines, name: str) -> str:
    """Return the name of the gradient of a quantity."""
    return gradient_name(lines.problem.loss, name)


def term_of(lines: Lines, edge: Edge) -> tuple[str, int] | None:
    """Return the gradient line that a contribution stands in, and its place in the sum."""
    name = gradient_of(lines, edge.operand)
    terms = lines.terms.get(name, ())
    return (name, terms.index(edge)) if edge in terms else None


def shown_line(lines: Lines, name: str) -> str:
    """Return the first visible line that a line is written into, itself if it is visible."""
    node = lines.by_name[name]
    if not node.hidden:
        return name
    for other in lines.nodes[lines.place[name] + 1 :]:
        if name in symbols(other.expr):
            return shown_line(lines, other.name)
    return name


def base(lines: Lines, name: str) -> str:
    """Return the quantity behind hidden transposes."""
    node = lines.by_name.get(name)
    if node is not None and node.hidden and isinstance(node.expr, Apply):
        (first, *rest) = node.expr.args
        if node.expr.op == "transpose" and isinstance(first, Symbol) and not rest:
            return base(lines, first.name)
    return name


def role(lines: Lines, name: str) -> str:
    """Return the role of a quantity of the file, or an empty text for a line."""
    data = lines.problem.data.get(base(lines, name))
    return data.role if data else ""


def tidy(lines: Lines, expr: Expr, put: Mapping[str, Expr] | None = None) -> Expr:
    """Return a formula in textbook form; put: what stands for names, stretched to their shape."""
    return simplify(expr, shape_finder(lines.shapes, lines.problem.table), put)


def negated(expr: Expr) -> Expr:
    """Return minus a formula, a difference in it the other way round where there is one."""
    turned = _turned(expr)
    return turned if turned is not None else neg(expr)


def _turned(expr: Expr) -> Expr | None:
    if not isinstance(expr, Apply):
        return None
    if expr.op == "neg":
        return expr.args[0]
    if expr.op == "add" and len(expr.args) == 2:
        first, second = expr.args
        if isinstance(second, Apply) and second.op == "neg":
            return add(second.args[0], neg(first))
        return None
    if expr.op == "div":
        top = _turned(expr.args[0])
        return None if top is None else Apply("div", (top, expr.args[1]))
    if expr.op == "mul":
        for at, factor in enumerate(expr.args):
            inner = _turned(factor)
            if inner is not None:
                return Apply("mul", (*expr.args[:at], inner, *expr.args[at + 1 :]))
    return None


def scaled(lines: Lines, expr: Expr, top: int, bottom: int = 1) -> Expr:
    """Return a formula times a fraction."""
    factor = number(top) if bottom == 1 else Apply("div", (number(top), number(bottom)))
    return tidy(lines, Apply("mul", (factor, expr)))


def put_in_place(lines: Lines, slips: Sequence[Slip]) -> dict[str, Expr]:
    """Return the formula of every line that mistakes rewrite, hidden lines included."""
    found: dict[str, Expr] = {}
    for name in dict.fromkeys(edit.line for slip in slips for edit in slip.edits):
        edits = [edit for slip in slips for edit in slip.edits if edit.line == name]
        expr = rewritten(lines, name, edits)
        if expr is not None:
            found[name] = expr
    return found


def computed_formula(lines: Lines, target: str, slips: Sequence[Slip] = ()) -> Expr | None:
    """Return the formula of a gradient over values of the forward pass.

    None where it is too long to be read as one formula.
    """
    other = put_in_place(lines, slips)
    expr = lines.written_out(target, other)
    alias = {
        name: new for name, new in other.items() if isinstance(new, Symbol) and _value(lines, name)
    }
    while True:
        inner = [name for name in symbols(expr) if gradient_parts(name) and name in lines.by_name]
        if not inner:
            break
        expr = tidy(lines, expr, {n: lines.written_out(n, other) for n in inner})
        if expr.size > MOST_PARTS:
            return None
    return _in_order(tidy(lines, expr, alias) if alias else expr)


def _in_order(expr: Expr) -> Expr:
    """Return a product as it is spoken: numbers, names, differences, then functions."""
    if not (isinstance(expr, Apply) and expr.op == "mul"):
        return expr

    def rank(factor: Expr) -> int:
        if isinstance(factor, Number | Symbol):
            return int(isinstance(factor, Symbol))
        return 2 if factor.op in ("add", "neg", "pow", "div", "mul") else 3

    return Apply("mul", tuple(sorted(expr.args, key=rank)), expr.attrs)


def _value(lines: Lines, name: str) -> bool:
    return gradient_parts(name) is None and not lines.by_name[name].hidden


def changed_lines(lines: Lines, slips: Sequence[Slip]) -> list[tuple[str, Expr]]:
    """Return the visible lines that mistakes change, with what stands in them then.

    A local derivative that has become a number is left out: the line that lacks it tells.
    """
    other = put_in_place(lines, slips)
    names = dict.fromkeys(shown_line(lines, name) for name in other)
    found = [(name, lines.written_out(name, other)) for name in names]
    return [(name, expr) for name, expr in found if symbols(expr)] or found
