"""Find which entries of which lines have no value, and at which operation that began.

What does not exist is NaN, and whatever reads it does not exist either: 0 times it is
no number, a comparison with it does not hold nor fail. Only `where` passes over the
case that does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.evaluate import Adjust, Call, EvaluationError, Program
from gradcalc.engine.graph import Node


@dataclass
class Faults:
    """The operations that gave an entry no value, the first of each line."""

    table: Table
    found: dict[str, EvaluationError] = field(default_factory=dict)

    def mark(self, call: Call, operands: tuple[Array, ...], value: Array) -> Array:
        """Return a value with NaN in every entry that does not exist; keep where that begins."""
        value = np.asarray(value, dtype=float)
        if any(np.isinf(operand).any() for operand in operands):  # a number of the file itself
            error = EvaluationError(call.line, call.expr, "overflow", operands)
            self.found.setdefault(call.line, error)
            return np.full(value.shape, np.nan)
        missing = ~np.isfinite(value)
        before = [np.isnan(operand) for operand in operands]
        known = any(mask.any() for mask in before)
        if not known and not missing.any():
            return value
        inherited = missing
        if not known:
            inherited = np.zeros(value.shape, dtype=bool)
        elif self.by_entry(call.expr):
            reached = np.zeros(value.shape, dtype=bool)
            for mask in before:
                reached = reached | mask
            selects = isinstance(call.expr, Apply) and call.expr.op == "where"
            inherited = reached & missing if selects else reached
            if selects:
                inherited = inherited | before[0]
        if (missing & ~inherited).any() and call.line not in self.found:
            kind = _kind(call, operands)
            self.found[call.line] = EvaluationError(call.line, call.expr, kind, operands)
        return np.where(missing | inherited, np.nan, value)

    def by_entry(self, expr: Expr) -> bool:
        """Tell whether an entry of a value depends on the same entry of each operand only."""
        return (
            isinstance(expr, Apply)
            and (expr.op in self.table or expr.op.endswith("'"))
            and self.table[expr.op].is_elementwise
        )


def traced(
    program: Program,
    values: Mapping[str, Array],
    given: Mapping[str, Array] | None = None,
    adjust: Adjust | None = None,
) -> tuple[dict[str, Array], dict[str, EvaluationError]]:
    """Return the value of every name, NaN where it does not exist, and where that begins.

    The values have no leading axes.
    """
    faults = Faults(program.table)
    found = program.run(values, given, adjust, mark=faults.mark)
    for name, value in found.items():
        if np.isinf(value).any():
            faults.found.setdefault(name, EvaluationError(name, Symbol(name), "overflow", ()))
            found[name] = np.where(np.isfinite(value), value, np.nan)
    return found, faults.found


def tolerant(
    node: Node, values: Mapping[str, Array], shapes: Mapping[str, Shape], table: Table
) -> Array:
    """Return the value of one line, NaN where it does not exist."""
    program = Program([node], shapes, table)
    try:
        return program.run(values)[node.name]
    except EvaluationError:
        return traced(program, values)[0][node.name]


def _kind(call: Call, operands: tuple[Array, ...]) -> str:
    """Return what NumPy says of an operation that gives no finite value."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
            call.kernel(*operands)
    except FloatingPointError as error:
        return str(error)
    return "overflow"
