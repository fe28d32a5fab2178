"""Write down what a wrong answer computes: the formulas that mistakes put in place."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, symbols
from gradcalc.algebra.names import gradient_parts
from gradcalc.grading.lines import Lines
from gradcalc.grading.mistake import Slip, rewritten, shown_line, tidy

MOST_PARTS = 24
"""Parts of a formula above which it is not worth writing whole."""


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
