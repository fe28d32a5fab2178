"""How a part of a formula begins and ends when it is written, and what may stand beside it."""

from __future__ import annotations

from gradcalc.algebra.expr import Apply, Expr, Number, symbols
from gradcalc.algebra.syntax import LEVEL, format_number
from gradcalc.report.boxes import Box, round_brackets
from gradcalc.report.lettering import FRACTIONS


def guarded(box: Box) -> Box:
    """Return a box in brackets where it begins with a minus, to stand after an operator."""
    return round_brackets(box) if box.rows[box.base].lstrip()[:1] in ("−", "-") else box


def is_call(expr: Expr) -> bool:
    """Tell whether a factor is written as a function with its operands in brackets."""
    return (
        isinstance(expr, Apply)
        and expr.op not in LEVEL
        and expr.op not in ("array", "sum", "entry", "outer", "dot", "diag", "where", "abs", "norm")
        and expr.op not in ("pick", "part")
        and expr.op not in ("expand", "fill", "identity", "xdivy", "xlogy", "mean", "sqrt")
    )


def goes_last(expr: Expr) -> bool:
    """Tell whether a factor is a function of more than a name, as ln(1 − ŷ)."""
    return (
        is_call(expr)
        and isinstance(expr, Apply)
        and any(isinstance(arg, Apply) and arg.op not in ("array", "entry") for arg in expr.args)
    )


def plain_number(expr: Expr) -> bool:
    """Tell whether a number leads a product without brackets: 2, −0.5, ½."""
    if not isinstance(expr, Number):
        return False
    return "/" not in format_number(expr) or abs(expr.value) in FRACTIONS


def is_vector(expr: Expr) -> bool:
    """Tell whether a formula is a list of numbers written out."""
    return isinstance(expr, Apply) and expr.op == "array" and not is_array(expr.args[0])


def is_array(expr: Expr) -> bool:
    """Tell whether a formula is a list written out, of numbers or of rows."""
    return isinstance(expr, Apply) and expr.op == "array"


def only(expr: Expr) -> Number | None:
    """Return the one number that a formula is, in brackets or not."""
    while isinstance(expr, Apply) and expr.op == "array" and len(expr.args) == 1:
        expr = expr.args[0]
    return expr if isinstance(expr, Number) else None


def literal(expr: Expr) -> bool:
    """Tell whether a factor begins with a digit or a sign when it is written."""
    if isinstance(expr, Apply) and expr.op in ("mul", "div", "pow"):
        return literal(expr.args[0])
    return isinstance(expr, Number)


def calls(expr: Expr) -> bool:
    """Tell whether a factor over numbers alone begins with the name of a function."""
    return (
        isinstance(expr, Apply)
        and expr.op not in LEVEL
        and expr.op not in ("array", "sum", "sqrt", "entry", "xdivy")
        and not symbols(expr)
    )
