"""Numbers moved to other places: transposed, turned, spread, cut, joined, as they then stand."""

from __future__ import annotations

from gradcalc.algebra.entries import entry, indices
from gradcalc.algebra.expr import Apply, Expr, Number, rebuild
from gradcalc.algebra.inference import shape_finder
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape

MOVED = (
    *("transpose", "flip", "spread", "unpool", "flatten", "reshape"),
    *("pick", "part", "place", "concat", "stack", "one_hot"),
)


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
