"""Tell rounding errors of a zero from small numbers, so that 0 is printed as 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, rebuild, symbols
from gradcalc.engine.evaluate import EvaluationError, evaluate

if TYPE_CHECKING:
    from gradcalc.algebra.formula.shapes import Shape
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.algebra.operations.operation import Table
    from gradcalc.problem.solution import Solution

TINY = 1e-9
LINEAR = ("add", "neg", "mul", "matmul", "sum", "outer", "dot", "transpose", "array", "mean")


def clean(solution: Solution, shapes: Mapping[str, Shape], largest: int) -> dict[str, Array]:
    """Return the values with what is only the rounding error of a zero set to 0.

    A sum is 0 where it is smaller than 4 eps × Σ |terms|; any other line, where it comes
    out as 0 from clean operands. Values of more than `largest` entries stay as they are.
    """
    problem, values = solution.problem, solution.values
    lines = (*problem.visible.forward, *problem.visible.backward)
    formulas = {node.name: node.expr for node in lines}
    found: dict[str, Array] = {}
    for name in values:
        if name in problem.jacobians:
            continue
        value = values[name]
        tiny = (np.abs(value) < TINY) & (value != 0)
        if name in formulas and value.size <= largest and tiny.any():
            zero = _is_zero(formulas[name], value, found, shapes, problem.table)
            value = np.where(tiny & zero, 0.0, value)
        found[name] = value
    return found


def _is_zero(
    expr: Expr,
    value: Array,
    clean_values: Mapping[str, Array],
    shapes: Mapping[str, Shape],
    table: Table,
) -> Array:
    names = symbols(expr)
    if any(name not in clean_values or np.isnan(clean_values[name]).any() for name in names):
        return np.zeros(value.shape, dtype=bool)
    operands = {name: clean_values[name] for name in names}
    own = {name: shapes[name] for name in names}
    if _linear(expr):
        absolute = {name: np.abs(operand) for name, operand in operands.items()}
        total = evaluate(_unsigned(expr), absolute, own, table)
        return np.asarray(np.abs(value) <= 4 * np.finfo(float).eps * total)
    try:
        return np.asarray(evaluate(expr, operands, own, table) == 0)
    except EvaluationError:  # an entry does not exist
        return np.zeros(value.shape, dtype=bool)


def _unsigned(expr: Expr) -> Expr:
    """Return a sum with every minus a plus."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Number):
            return Number(abs(part.value))
        return part.args[0] if isinstance(part, Apply) and part.op == "neg" else part

    return rebuild(expr, change)


def _linear(expr: Expr) -> bool:
    if not isinstance(expr, Apply):
        return True
    return expr.op in LINEAR and all(_linear(arg) for arg in expr.args)
