"""A formula with numbers in it, moved to where they stand, and one stage further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, rebuild, symbols
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.rewriting.entries import TooLongError, entry, has_entries, indices
from gradcalc.report.mathematics.names import figures, literal
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node

MOVED = (
    *("transpose", "flip", "spread", "unpool", "flatten", "reshape"),
    *("pick", "part", "place", "concat", "stack", "one_hot"),
)

SMALL_VECTOR = 4
MOST_TERMS = 8


def written_out(expr: Expr, table: Table) -> Expr:
    """Return a formula over numbers with each list that is only moved written as it then is."""
    shape_of = shape_finder({}, table)

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or part.op not in MOVED or not all(map(_plain, part.args)):
            return part
        if part.op == "transpose" and len(shape_of(part)) < 2:
            return part
        return _array(part, shape_of(part), ())

    def _array(part: Expr, shape: Shape, index: tuple[int, ...]) -> Expr:
        if not shape:
            return entry(part, index, _no_names, shape_of, table)
        rows = (_array(part, shape[1:], (*index, *at)) for at in indices(shape[:1]))
        return Apply("array", tuple(rows))

    return rebuild(expr, change)


def _plain(expr: Expr) -> bool:
    """Tell whether a formula is a number or a list of numbers."""
    if isinstance(expr, Apply):
        return expr.op == "array" and all(map(_plain, expr.args))
    return isinstance(expr, Number)


def _no_names(name: str, index: tuple[int, ...]) -> Expr:
    raise KeyError(name)


def substituted(view: View, node: Node, formula: Expr) -> tuple[Expr | None, Expr | None]:
    """Return the formula with numbers in it, and that one stage further."""
    plain = view.numbers(formula)
    try:
        return _substituted(view, node, formula, plain)
    except TooLongError:
        return plain, None


def _substituted(
    view: View, node: Node, formula: Expr, plain: Expr | None
) -> tuple[Expr | None, Expr | None]:
    if (
        plain is None
        or not symbols(formula)
        or (isinstance(formula, Apply) and (formula.op == "diag" or formula.op.endswith("'")))
    ):
        return None, None
    if (
        isinstance(formula, Apply)
        and formula.op in ("sum", "expand", "fill", "identity")
        and (size(view.shape_of(formula.args[0])) == 1)
        and isinstance(formula.args[0], Symbol)
    ):
        return None, None
    count = size(node.shape) or 0
    if _scalar_work(view, formula, count):
        named = view.entry(formula, (0,) * len(node.shape), numbers=False)
        if named.size <= 12 * MOST_TERMS:
            shown = view.entry(formula, (0,) * len(node.shape), numbers=True)
            return shown, _terms(view, named)
        return plain, None
    inner = _inner_size(view, formula)
    if inner and len(node.shape) == 1 and 2 <= inner <= SMALL_VECTOR and count <= SMALL_VECTOR:
        rows = [view.entry(formula, index, numbers=True) for index in indices(node.shape)]
        return written_out(plain, view.problem.table), Apply("array", tuple(rows))
    if (
        len(node.shape) == 1
        and count <= SMALL_VECTOR
        and not product_of_names(formula)
        and (_elementwise(view, formula))
    ):
        rows = [view.entry(formula, index, numbers=True) for index in indices(node.shape)]
        return Apply("array", tuple(rows)), None
    if "where" in _ops(formula):
        return None, None
    return written_out(plain, view.problem.table), None


def _scalar_work(view: View, formula: Expr, count: int) -> bool:
    """Tell whether a line of one entry is worked out as a sum of numbers."""
    if count != 1 or not has_entries(formula, view.problem.table):
        return False
    ops = _ops(formula)
    return not ops & {"outer", "transpose"} and not (
        ops & {"matmul"} and not _is_row(view, formula)
    )


def _is_row(view: View, formula: Expr) -> bool:
    inner = _inner_size(view, formula)
    return inner is not None and inner > 1


def _ops(formula: Expr) -> set[str]:
    if not isinstance(formula, Apply):
        return set()
    return {formula.op}.union(*(_ops(arg) for arg in formula.args))


def _inner_size(view: View, formula: Expr) -> int | None:
    """Return the number of terms of the sums in a matrix product, None without one."""
    find = shape_finder(view.shapes, view.problem.table)
    if isinstance(formula, Apply):
        if formula.op in ("matmul", "dot"):
            return size(find(formula.args[0])[-1:])
        for arg in formula.args:
            inner = _inner_size(view, arg)
            if inner:
                return inner
    return None


def _elementwise(view: View, formula: Expr) -> bool:
    table = view.problem.table
    return all(op != "array" and table[op].is_elementwise for op in _ops(formula))


def product_of_names(formula: Expr) -> bool:
    """Tell whether a formula multiplies names and nothing else."""
    return (
        isinstance(formula, Apply)
        and formula.op == "mul"
        and all(isinstance(arg, Symbol) for arg in formula.args)
    )


def _terms(view: View, named: Expr) -> Expr | None:
    """Return a worked sum with each of its terms computed: 0.01 + 0 + 0.36."""
    changed = False

    def visit(part: Expr) -> Expr:
        nonlocal changed
        if not isinstance(part, Apply):
            return _number(view, part)
        if part.op == "add" and sum(map(_has_parts, part.args)) > 1:
            changed = True
            return Apply("add", tuple(_number(view, term) for term in part.args))
        if part.op in ("mul", "div", "neg", "sqrt"):
            return Apply(part.op, tuple(visit(arg) for arg in part.args))
        return _number(view, part)

    shown = visit(named)
    return shown if changed and shown.size < 3 * MOST_TERMS else None


def _has_parts(term: Expr) -> bool:
    """Tell whether there is something to work out in a term of a sum."""
    inner = term.args[0] if isinstance(term, Apply) and term.op == "neg" else term
    return isinstance(inner, Apply) and inner.op != "entry"


def _number(view: View, expr: Expr) -> Expr:
    if isinstance(expr, Number):
        return expr
    if isinstance(expr, Apply) and expr.op == "entry" and isinstance(expr.args[0], Symbol):
        index = tuple(int(p.value) - 1 for p in expr.args[1:] if isinstance(p, Number))
        return view.leaf_number(expr.args[0].name, index)
    value = view.scalar(expr)
    return expr if value is None else literal((), figures(np.asarray(value), view.decimals))
