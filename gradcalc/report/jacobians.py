"""Jacobians in letters: drawn with their entries, and multiplied along a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import (
    ONE,
    Apply,
    Expr,
    Symbol,
    add,
    mul,
    neg,
    number,
    rebuild,
    substitute,
)
from gradcalc.algebra.indexed import EntryPlace, NoEntriesError
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.algebra.shapes import Dim
from gradcalc.algebra.simplify import transpose
from gradcalc.report.boxes import Box, matrix
from gradcalc.report.pathways import Path, paths
from gradcalc.report.view import View

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node

DRAWN = 4
"""Rows and columns of a Jacobian that is drawn whole."""


def drawn(view: View, node: Node, room: int) -> Box | None:
    """Return a Jacobian with its entries in letters; None where it is none, or is too wide."""
    if node.name not in view.diagonals and node.name not in view.problem.jacobians:
        return None
    if len(node.shape) != 2 or node.shape == (1, 1):
        return None
    places = [_places(dim) for dim in node.shape]
    try:
        rows = [[_cell(view, node.expr, row, column) for column in places[1]] for row in places[0]]
    except NoEntriesError:
        return None
    dots, down, both = ("…", "⋮", "⋱") if view.unicode else ("...", ":", "...")
    rows = [[dots if cell is None else cell for cell in row] for row in rows]
    for i, row in enumerate(places[0]):
        for j, column in enumerate(places[1]):
            if row is None:
                rows[i][j] = both if column is None else down
    box = matrix([[cell or "" for cell in row] for row in rows])
    return box if box.width <= room else None


def _places(dim: Dim) -> list[EntryPlace | None]:
    """Return the rows that are drawn, None for those that are left out."""
    if isinstance(dim, int) and dim <= DRAWN:
        return [number(at) for at in range(1, dim + 1)]
    last: EntryPlace = Symbol(dim) if isinstance(dim, str) else number(dim)
    return [number(1), number(2), None, last]


def _cell(view: View, expr: Expr, row: EntryPlace | None, column: EntryPlace | None) -> str | None:
    if row is None or column is None:
        return None
    return view.notation.line(rebuild(view.anywhere(expr, (row, column)), _common))


def _common(expr: Expr) -> Expr:
    """Write s − s·s as s (1 − s)."""
    if not isinstance(expr, Apply) or expr.op != "add" or len(expr.args) != 2:
        return expr
    first, second = expr.args
    inner = second.args[0] if isinstance(second, Apply) and second.op == "neg" else None
    if not isinstance(inner, Apply) or inner.op != "mul" or first not in inner.args:
        return expr
    rest = list(inner.args)
    rest.remove(first)
    return mul(first, add(ONE, neg(mul(*rest))))


def product(view: View, name: str) -> Expr | None:
    """Return a gradient as a product of Jacobians, in the order of their layout.

    denominator   ∂a/∂z Wᵀ ∂ŷ/∂z ∂L/∂ŷ, columns from right to left
    numerator     (∂L/∂ŷᵀ ∂ŷ/∂z W ∂a/∂z)ᵀ, rows from left to right
    None where there are no Jacobians, or several paths.
    """
    parts = gradient_parts(name)
    if parts is None or len(found := paths(view, parts[1])) != 1:
        return None
    forms: dict[str, Expr] = {}
    for node in view.problem.visible.backward:
        own = gradient_parts(node.name)
        if own is None or own[0] != view.problem.loss or own[1] not in found[0].names[2:]:
            continue
        form = substitute(_step(view, found[0], own[1], node.expr), forms)
        if node.name == name:
            return _in_order(form, _rows if view.numerator else _flat)
        if view.shape_of(node.expr) or not node.shape:  # one number for all entries keeps its name
            forms[node.name] = form
    return None


def _step(view: View, path: Path, name: str, expr: Expr) -> Expr:
    """Return a backward line as Jacobian times upstream gradient, where it has a Jacobian."""
    above = path.names[path.names.index(name) - 1]
    local = gradient_name(above, name)
    if local not in view.diagonals and local not in view.problem.jacobians:
        return expr
    upstream = Symbol(gradient_name(view.problem.loss, above))
    jacobian = Symbol(local)
    turned = Apply("transpose", (jacobian,)) if view.numerator else jacobian
    return Apply("matmul", (turned, upstream))


def _in_order(expr: Expr, write: Callable[[tuple[Expr, ...]], Expr]) -> Expr:
    """Return a formula with each product of three or more matrices written in an order."""
    if not isinstance(expr, Apply):
        return expr
    if expr.op == "matmul":
        return write(_chain(expr))
    return Apply(expr.op, tuple(_in_order(arg, write) for arg in expr.args), expr.attrs)


def _flat(factors: tuple[Expr, ...]) -> Expr:
    """Return A (B v) as (A B) v, which is written without brackets."""
    first, *others = factors
    for other in others:
        first = Apply("matmul", (first, other))
    return first


def _rows(factors: tuple[Expr, ...]) -> Expr:
    """Return A (B v) as (vᵀ Bᵀ Aᵀ)ᵀ."""
    *matrices, vector = factors
    row: Expr = Apply("transpose", (vector,))
    for each in reversed(matrices):
        row = Apply("matmul", (row, transpose(each)))
    return Apply("transpose", (row,))


def _chain(expr: Expr) -> tuple[Expr, ...]:
    if isinstance(expr, Apply) and expr.op == "matmul":
        return (*_chain(expr.args[0]), *_chain(expr.args[1]))
    return (expr,)


def links(view: View) -> list[tuple[str, Expr]]:
    """Return the Jacobian of each layer's sum by its input: ∂z⁽²⁾/∂a⁽¹⁾ = W⁽²⁾."""
    found = []
    by_units = view.problem.layout == "units_by_inputs"
    for layer in view.problem.layers:
        if layer.before in view.problem.data or len(view.shapes[layer.before]) != 1:
            continue
        weight = Symbol(layer.weight)
        whole = by_units == view.numerator
        jacobian: Expr = weight if whole else Apply("transpose", (weight,))
        found.append((gradient_name(layer.z, layer.before), jacobian))
    return found
