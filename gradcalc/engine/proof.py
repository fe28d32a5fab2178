"""Prove a derivative by evaluation: at random points, against the rules and differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.expr import Expr, symbols
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node

POINTS = 400
WANTED = 40
STEP = 1e-5
SEED = 20
CLOSE, NEAR = 1e-9, 1e-5
REGIONS = ((-3.0, 3.0), (0.2, 3.0), (0.05, 0.95), (1.5, 9.0), (-0.95, 0.95))
"""Where points are taken: the domains of logarithms, roots and probabilities."""


@dataclass(frozen=True)
class FormulaProof:
    """How far a derivative is from what the rules gave, and from central differences.

    points: how many points all of them have a value at. Both differences are relative
    to 1 + |value|.
    """

    points: int
    rules: float
    differences: float

    @property
    def holds(self) -> bool:
        """Tell whether the derivative is right as far as floating point can say."""
        return self.points > 0 and self.rules <= CLOSE and self.differences <= NEAR


def values_of(expr: Expr, points: Mapping[str, Array], table: Table) -> Array:
    """Return a formula of numbers at many points; what has no value there is NaN."""
    shapes: dict[str, Shape] = dict.fromkeys(points, ())
    program = Program([Node("_value", expr, ())], shapes, table, exact=False)
    with np.errstate(all="ignore"):
        found = program.run(points, strict=False)["_value"]
    return np.broadcast_to(np.asarray(found, dtype=float), next(iter(points.values())).shape)


def prove(of: Expr, by: str, worked_out: Expr, result: Expr, table: Table) -> FormulaProof:
    """Return how well a derivative agrees with the rules' own and with differences of `of`.

    A point counts where all have a value and one-sided differences agree, so that
    kinks, and the ends of a domain, take no part.
    """
    names = dict.fromkeys((by, *symbols(of), *symbols(result)))
    generator = np.random.default_rng(SEED)
    best = FormulaProof(0, 0.0, 0.0)
    for low, high in REGIONS:
        points = {name: generator.uniform(low, high, POINTS) for name in names}
        found = _compared(of, by, worked_out, result, table, points)
        if found.points >= WANTED:
            return found
        if found.points > best.points:
            best = found
    return best


def _compared(
    of: Expr, by: str, worked_out: Expr, result: Expr, table: Table, points: Mapping[str, Array]
) -> FormulaProof:
    def moved(step: float) -> Array:
        return values_of(of, {**points, by: points[by] + step}, table)

    at = values_of(of, points, table)
    left, right = moved(-STEP), moved(STEP)
    ours, rules = values_of(result, points, table), values_of(worked_out, points, table)
    with np.errstate(all="ignore"):
        central, backward, forward = (
            (right - left) / (2 * STEP),
            (at - left) / STEP,
            (right - at) / STEP,
        )
        scale = 1 + np.abs(rules)
        smooth = np.abs(forward - backward) <= 1e-2 * scale
        usable = np.isfinite(central + ours + rules) & smooth & (np.abs(at) < 1e6) & (scale < 1e4)
    if not usable.any():
        return FormulaProof(0, 0.0, 0.0)
    return FormulaProof(
        int(usable.sum()),
        float(np.max((np.abs(ours - rules) / scale)[usable])),
        float(np.max((np.abs(ours - central) / scale)[usable])),
    )
