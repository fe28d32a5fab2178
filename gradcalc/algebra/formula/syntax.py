"""Write formulas as text, and read them back (`parser`), from one precedence table."""

from __future__ import annotations

import re

from gradcalc.algebra.formula.expr import (
    ATOM,
    COMPARE,
    LEVEL,
    MINUS,
    POSTFIX,
    PRODUCT,
    SIGN,
    Apply,
    Expr,
    Number,
    Symbol,
)
from gradcalc.algebra.formula.parser import parse

_GLUED = re.compile(r"(?<!\w)d\w+/d\w")  # dx/dy would be read as one name

__all__ = [
    "LEVEL",
    "MINUS",
    "POSTFIX",
    "PRODUCT",
    "SIGN",
    "format",
    "format_number",
    "level",
    "parse",
]


def format_number(value: Number) -> str:
    """Return a number as it was written, else as an integer or a fraction."""
    if value.text is not None:
        return value.text
    return str(value.value)


def level(expr: Expr) -> int:
    """Return how tightly a formula binds when it is written."""
    if isinstance(expr, Number):
        text = format_number(expr)
        return MINUS if text.startswith("-") else PRODUCT if "/" in text else ATOM
    if isinstance(expr, Apply):
        return LEVEL.get(expr.op, ATOM)
    return ATOM


def format(expr: Expr) -> str:
    """Return the formula as text, such that `parse(format(e)) == e`."""
    if isinstance(expr, Number):
        return format_number(expr)
    if isinstance(expr, Symbol):
        return expr.name
    write = _WRITERS.get(expr.op, _write_call)
    return write(expr)


def needs_brackets(child: Expr, parent: str, first: bool) -> bool:
    """Tell whether an operand of an infix operation has to stand in brackets."""
    floor, own = LEVEL[parent], level(child)
    if parent == "pow":
        return own < POSTFIX
    if own == floor and first:
        chained = parent in ("add", "mul") and isinstance(child, Apply) and child.op == parent
        return chained or floor == COMPARE
    return own <= floor


def _write_child(child: Expr, parent: str, first: bool) -> str:
    text = format(child)
    return f"({text})" if needs_brackets(child, parent, first) else text


def _write_infix(expr: Apply) -> str:
    sign = SIGN[expr.op]
    gap = "" if expr.op in ("mul", "div", "pow") else " "
    if any(isinstance(arg, Symbol) and "/" in arg.name for arg in expr.args) and sign in "*/":
        gap = " "
    pieces = [_write_child(arg, expr.op, i == 0) for i, arg in enumerate(expr.args)]
    if expr.op == "div" and _GLUED.search(f"{pieces[0]}/{pieces[1]}"):
        gap = " "
    if expr.op == "div" and all(_whole_literal(arg) for arg in expr.args):
        pieces[0] = f"({pieces[0]})"
    return f"{gap}{sign}{gap}".join(pieces)


def _whole_literal(expr: Expr) -> bool:
    return isinstance(expr, Number) and format_number(expr).isdigit()


def _write_sum(expr: Apply) -> str:
    text = _write_child(expr.args[0], "add", True)
    for term in expr.args[1:]:
        if isinstance(term, Apply) and term.op == "neg":
            text += " - " + _write_negated(term.args[0])
        elif isinstance(term, Number) and format_number(term).startswith("-"):
            text += " - " + format_number(term)[1:]
        else:
            text += " + " + _write_child(term, "add", False)
    return text


def _write_negated(operand: Expr) -> str:
    text = format(operand)
    return f"({text})" if level(operand) <= MINUS or isinstance(operand, Number) else text


def _write_neg(expr: Apply) -> str:
    return "-" + _write_negated(expr.args[0])


def _write_transpose(expr: Apply) -> str:
    (operand,) = expr.args
    text = format(operand)
    bracketed = level(operand) < POSTFIX or isinstance(operand, Number)
    return (f"({text})" if bracketed else text) + ".T"


def _write_entry(expr: Apply) -> str:
    base, *indices = expr.args
    text = format(base)
    inner = ",".join(format(index) for index in indices)
    return (f"({text})" if level(base) < POSTFIX else text) + f"[{inner}]"


def _write_slice(expr: Apply) -> str:
    return ":".join(format(end) for end in expr.args)


def _write_array(expr: Apply) -> str:
    return "[" + ", ".join(format(item) for item in expr.args) + "]"


def _write_call(expr: Apply) -> str:
    pieces = [format(arg) for arg in expr.args]
    pieces += [f"{name}={format(value)}" for name, value in expr.attrs]
    return f"{expr.op}({', '.join(pieces)})"


_WRITERS = {op: _write_infix for op in SIGN if op != "add"} | {
    "add": _write_sum,
    "neg": _write_neg,
    "transpose": _write_transpose,
    "entry": _write_entry,
    "slice": _write_slice,
    "array": _write_array,
}
