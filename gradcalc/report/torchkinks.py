"""What autograd does at a kink made what the page takes there.

PyTorch has derivatives of its own at kinks: of torch.maximum ½ each at a tie, of
torch.relu 0, of torch.clamp 1. Losses are written with the one that agrees; where a file
chooses a derivative, the function is a straight line of that slope at the kink alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import ZERO, Apply, Expr, Symbol, add, mul, rebuild, substitute
from gradcalc.algebra.kinks import chosen_slopes
from gradcalc.algebra.operations import Operation, Table, formula
from gradcalc.algebra.simplify import simplify
from gradcalc.algebra.syntax import format
from gradcalc.algebra.table import TABLE
from gradcalc.report.codedialect import is_own

if TYPE_CHECKING:
    from gradcalc.problem.model import Problem

DETACH, CLAMP = "torch.detach", "torch.clamp"
_CALLS = tuple(Operation(name, ("x",), "call", "a call of the library") for name in (DETACH, CLAMP))
_OFF_AT_MARGIN = ("hinge", "perceptron", "multi_margin")
"""Losses whose max(0, …) has no slope at 0, as torch.relu has none."""
_ON_AT_MARGIN = ("hinge_embedding", "margin_ranking", "cosine_embedding", "triplet")
"""Losses whose max(0, …) has its slope at 0, as torch.clamp has."""
_WRITTEN = {"rmse": "norm(y - t)/sqrt(size(y))"}
"""Losses whose root has no derivative at 0 in PyTorch, and the norm, which has 0."""
_AT_LIMITS = {"binary_cross_entropy": "-xlogy(t, y) - xlogy(1 - t, 1 - y)"}
"""Losses that PyTorch clamps where a probability is 0 or 1."""


def for_autograd(problem: Problem) -> Problem:
    """Return the problem with formulas whose derivatives autograd takes as the page does."""
    chosen = [row for row in problem.table if is_own(row) and _is_chosen(row)]
    renamed = {row.name: _free(f"{row.name}_at_kink", problem.table) for row in chosen}
    rows = [*_CALLS, *_losses()]
    table = problem.table.extended(rows)
    for row in chosen:
        rows += _at_kinks(table[row.name], row, renamed[row.name])
    rows += [
        replace(table[name], definition=text)
        for name, text in _AT_LIMITS.items()
        if table[name].derivative != TABLE[name].derivative
    ]
    calls = {name: new for name, new in renamed.items() if table[name].kind != "loss"}
    rows += [
        replace(row, definition=format(_called(formula(row.definition), calls)))
        for row in problem.table
        if not is_own(row) and row.definition is not None
    ]
    lines = tuple(replace(node, expr=_called(node.expr, calls)) for node in problem.visible.forward)
    seen = replace(problem.visible, forward=lines)
    return replace(problem, table=problem.table.extended(rows), visible=seen)


def _is_chosen(row: Operation) -> bool:
    """Tell whether a file chooses the derivative of a row at a kink."""
    return bool(row.kinks) and row.derivative != TABLE[row.name].derivative


def _called(expr: Expr, names: dict[str, str]) -> Expr:
    """Return a formula with functions under other names."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op in names:
            return replace(part, op=names[part.op])
        return part

    return rebuild(expr, change) if names else expr


def _losses() -> Iterator[Operation]:
    """Yield the losses whose derivative at a kink depends on how they are written."""
    for name in (*_OFF_AT_MARGIN, *_ON_AT_MARGIN):
        row = TABLE[name]
        assert row.definition is not None
        op = "relu" if name in _OFF_AT_MARGIN else CLAMP

        def change(part: Expr, op: str = op) -> Expr:
            if isinstance(part, Apply) and part.op == "max" and part.args[0] == ZERO:
                return Apply(op, part.args[1:])
            return part

        yield replace(row, definition=format(rebuild(formula(row.definition), change)))
    for name, text in _WRITTEN.items():
        yield replace(TABLE[name], definition=text)


def _at_kinks(written: Operation, row: Operation, name: str) -> list[Operation]:
    """Return the function that is a line at each kink, and the loss that reads it.

    written: the row as it is written where no kink is met.
    """
    attrs = tuple((key, Symbol(key)) for key in row.attributes)
    operands = tuple(Symbol(param) for param in row.params)
    if row.kind == "loss":
        assert written.definition is not None
        value = formula(written.definition)
    else:
        value = Apply(row.name, operands, attrs)
    found: Expr = value
    for kink, slopes in chosen_slopes(row):
        held = {param: Apply(DETACH, (Symbol(param),)) for param in slopes}
        line = [
            simplify(mul(slope, add(Symbol(param), Apply("neg", (held[param],)))))
            for param, slope in slopes.items()
        ]
        there = add(substitute(value, held), *(term for term in line if term != ZERO))
        found = Apply("where", (Apply("eq", (kink, ZERO)), there, found))
    made = Operation(
        name,
        row.params,
        "elementwise",
        f"{row.name}, with the derivatives of the page at its kinks",
        definition=format(found),
        defaults=row.defaults,
        remark="where a kink is met, a straight line with the chosen slope",
    )
    call = format(Apply(name, operands, attrs))
    return [made, replace(written, definition=call)] if row.kind == "loss" else [made]


def _free(name: str, table: Table) -> str:
    while name in table:
        name += "_"
    return name
