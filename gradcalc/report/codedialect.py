"""What a library of arrays is called like, and which functions a script has to define."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gradcalc.algebra.expr import (
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    parts,
    rebuild,
    symbols,
)
from gradcalc.algebra.operations import Operation, Table, formula
from gradcalc.algebra.precedence import INFIX
from gradcalc.algebra.table import TABLE
from gradcalc.report.codecuts import CUTS

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}
SIGNS = {op: sign for sign, (op, _) in INFIX.items() if sign != "-"} | {"pow": "**"}
ARITHMETIC = ("add", "mul", "neg", "div", "pow")
REDUCTIONS = ("sum", "mean", "norm", "amax")


@dataclass(frozen=True)
class Dialect:
    """How a library of arrays is called.

    module: its name. axis, keepdims: what it calls these. expand: how an axis is put in.
    reductions: its functions. calls: operation → call, operands and parameters in braces;
    `list` is all operands with the axis behind, `sizes` are rows and columns.
    helpers: operation → a function to define in the script, as lines; for operations whose
    plain formula overflows, or that have none. constants: calls where no quantity is read.
    number: how a number becomes an array, where a call or a line wants one.
    """

    module: str
    array: str
    axis: str
    keepdims: str
    expand: str
    stretch: str
    reductions: Mapping[str, str]
    calls: Mapping[str, str]
    helpers: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    number: str = "{0}"


def needed(exprs: Iterable[Expr], dialect: Dialect, table: Table) -> list[str]:
    """Return the operations that a script has to define, those that others read first."""
    found: dict[str, None] = {}

    def visit(expr: Expr) -> None:
        for part in parts(expr):
            if not isinstance(part, Apply) or part.op in found:
                continue
            row = table[part.op] if part.op in table or part.op.endswith("'") else None
            if row is None or _written(row, dialect):
                continue
            if not (is_own(row) and part.op in dialect.helpers):
                visit(meaning(row))
            found[part.op] = None

    for expr in exprs:
        visit(expr)
    return list(found)


def _written(row: Operation, dialect: Dialect) -> bool:
    """Tell whether an operation is written in place, without a function of the script."""
    signs = (*SIGNS, *COMPARISONS, *REDUCTIONS, "neg", "transpose", "expand", "fill")
    known = row.name in (*CUTS, *dialect.calls)
    return row.name in (*signs, "array", "where") or (is_own(row) and known)


def floats(expr: Expr) -> Expr:
    """Return a formula with its whole numbers as 1.0: what is made of them is a float, too."""

    def change(part: Expr) -> Expr:
        whole = isinstance(part, Number) and part.value.denominator == 1
        return Number(part.value, f"{part.value}.0") if isinstance(part, Number) and whole else part

    return rebuild(expr, change)


def meaning(row: Operation) -> Expr:
    """Return the definition of a row, with every operand in it: they give the value its shape."""
    assert row.definition is not None, row.name
    found = formula(row.definition)
    unread = [Symbol(name) for name in row.params if name not in symbols(found)]
    return plain(add(found, *(mul(ZERO, name) for name in unread)) if unread else found)


def plain(expr: Expr) -> Expr:
    """Return a formula without the identity."""

    def change(part: Expr) -> Expr:
        return part.args[0] if isinstance(part, Apply) and part.op == "identity" else part

    return rebuild(expr, change)


def is_own(row: Operation) -> bool:
    """Tell whether a row means what gradcalc's own table says, or is a call of a library."""
    if row.kind == "call":
        return True
    return row.name in TABLE and row.definition == TABLE[row.name].definition
