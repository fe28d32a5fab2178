"""The parts of the samples as they are printed: formulas with numbers, a term a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.problem.samples import Batch, Samples, batch_of, samples
from gradcalc.report.figures import figure, figures, literal
from gradcalc.report.notation import Notation
from gradcalc.report.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array
    from gradcalc.engine.graph import Node

MOST = 8
"""Samples above which the parts are left out."""
NOISE = 1e-14
"""Of the largest gradient of a sample: below it a part is the rounding error of a 0."""


@dataclass(frozen=True)
class Share:
    """What the samples give to one gradient.

    rows: the names of the two matrices whose rows of one number are multiplied, or of the
    one matrix whose rows are added; empty where the line is no such product or sum, or where
    the sample gives more than its row, because samples are not independent.
    products: an outer product a sample, with numbers; empty where there are none.
    parts: the values, a number, vector or matrix a sample. rest: what else is in the loss.
    """

    parameter: str
    gradient: str
    number: int | None
    rows: tuple[str, ...]
    products: tuple[Expr, ...]
    parts: tuple[Expr, ...]
    total: Expr
    rest: Expr | None
    value: Array


@dataclass(frozen=True)
class Shares:
    """The losses of the samples, and what each sample gives to each gradient."""

    samples: Samples
    notation: Notation
    name: str
    losses: tuple[Number, ...]
    loss: Number
    scale: Number
    shares: tuple[Share, ...]
    left_out: tuple[str, ...]

    @property
    def batch(self) -> Batch:
        """Return the line that adds the losses."""
        return self.samples.batch

    def loss_name(self, sample: int | None = None) -> str:
        """Return the name of the loss of one sample, L₂, or of any one, Lᵢ."""
        if sample is None:
            return self.notation.indexed(self.name)
        return self.notation.entry_name(self.name, (sample,))

    def part_name(self, parameter: str, sample: int | None = None) -> str:
        """Return the name of a sample's gradient: ∂L₂/∂W⁽¹⁾."""
        d = "∂" if self.notation.unicode else "d"
        return f"{d}{self.loss_name(sample)}/{d}{self.notation.name(parameter)}"


def shares(view: View) -> Shares | None:
    """Return what each sample of a small batch gives, None without one."""
    batch = batch_of(view.problem)
    if batch is None or batch.count > MOST:
        return None
    found = samples(view.solution)
    if found is None:
        return None
    name = batch.node if batch.named else "ℓ" if view.unicode else "l"
    shapes = {**view.shapes, name: (batch.count,)}
    numbers = {step.name: at for at, step in enumerate(view.backward, start=view.turn + 1)}
    lines = {node.name: node for node in view.backward}
    listed, left_out = [], []
    for parameter, parts in found.parts.items():
        gradient = gradient_name(view.problem.loss, parameter)
        if gradient not in lines:
            continue
        if parts[0].size * batch.count > LARGEST_LITERAL:
            left_out.append(parameter)
            continue
        listed.append(_share(view, found, parameter, lines[gradient], numbers.get(gradient)))
    losses = tuple(_number(x, view.decimals) for x in found.losses.tolist())
    total = float(found.batch.factor) * float(found.losses.sum())
    return Shares(
        found,
        replace(view.notation, shapes=shapes),
        name,
        losses,
        _number(total, view.decimals),
        _factor(found.scale),
        tuple(listed),
        tuple(left_out),
    )


def _share(view: View, found: Samples, parameter: str, line: Node, number: int | None) -> Share:
    parts = found.parts[parameter]
    rest = found.rest.get(parameter)
    rows = _rows(line.expr, found.batch.count, view)
    products = _products(view, found, rows, parts)
    if not products and not _single_rows(view, found, rows, parts):
        rows = ()
    value = view.values[line.name]
    return Share(
        parameter,
        line.name,
        number,
        rows,
        products,
        _literals(view, found, parts),
        _literals(view, found, parts.sum(axis=0)[np.newaxis])[0],
        None if rest is None else _literals(view, found, np.asarray(rest)[np.newaxis])[0],
        value,
    )


def _rows(expr: Expr, count: int, view: View) -> tuple[str, ...]:
    """Return the matrices with a row a sample that a line multiplies or adds row by row."""
    if not isinstance(expr, Apply):
        return ()
    if expr.op == "sum" and isinstance(expr.args[0], Symbol):
        name = expr.args[0].name
        shape, axis = view.shapes[name], expr.attr("axis")
        over = axis is None or (isinstance(axis, Number) and axis.value == 0)
        single = axis is not None or len(shape) == 1 or shape[1:] == (1,)
        return (name,) if over and single and shape[0] == count else ()
    if expr.op != "matmul":
        return ()
    left, right = expr.args
    if not (isinstance(left, Apply) and left.op == "transpose" and isinstance(right, Symbol)):
        return ()
    if not isinstance(left.args[0], Symbol):
        return ()
    names = (left.args[0].name, right.name)
    return names if all(len(view.shapes[name]) == 2 for name in names) else ()


def _products(view: View, found: Samples, rows: tuple[str, ...], parts: Array) -> tuple[Expr, ...]:
    """Return the outer product of each sample's rows; none where that is not its part."""
    if len(rows) != 2:
        return ()
    columns = [_own_rows(view, found, name) for name in rows]
    if any(column is None for column in columns):
        return ()
    left, right = (np.asarray(column) for column in columns)
    if not np.allclose(left[:, :, None] * right[:, None, :], parts, rtol=1e-9, atol=1e-12):
        return ()
    pairs = zip(_literals(view, found, left), _literals(view, found, right), strict=True)
    return tuple(Apply("outer", pair) for pair in pairs)


def _single_rows(view: View, found: Samples, rows: tuple[str, ...], parts: Array) -> bool:
    """Tell whether the part of each sample is its own row of the matrix that is added up."""
    own = _own_rows(view, found, rows[0]) if len(rows) == 1 else None
    if own is None or own.size != parts.size:
        return False
    return np.allclose(own.reshape(parts.shape), parts, rtol=1e-9, atol=1e-12)


def _own_rows(view: View, found: Samples, name: str) -> Array | None:
    """Return row i of a matrix; of a gradient, that of the loss of sample i."""
    parts = gradient_parts(name)
    if parts is None:
        return np.asarray(view.values[name]) if name in view.values else None
    local = found.local.get(parts[1])
    return None if local is None else np.stack([each[i] for i, each in enumerate(local)])


def _literals(view: View, found: Samples, values: Array) -> tuple[Expr, ...]:
    """Return arrays of one shape, along the first axis, as formulas with their figures."""
    largest = max(float(np.abs(v).max(initial=0.0)) for v in (values, *found.local.values()))
    clean = np.where(np.abs(values) <= NOISE * largest, 0.0, values)
    return tuple(literal(each.shape, figures(each, view.decimals)) for each in clean)


def _number(value: float, decimals: int | None = None) -> Number:
    shown = figure(value, decimals)
    return Number(Fraction(shown), shown)


def _factor(scale: Fraction) -> Number:
    """Return a factor as a fraction where it is a short one, otherwise in figures."""
    short = scale.limit_denominator(1000)
    if float(short) == float(scale):
        return Number(short)
    return _number(float(scale))
