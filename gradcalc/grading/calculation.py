"""Written-out calculations: what they come to, and how far the rounding of their numbers moves it.

`0.5225 - 5` and `-0.31*0.2139*[2, -1]` stand for all that their numbers may have been rounded
from. Numbers of the file are exact, and so are whole numbers, but those over a power of ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, parts, rebuild
from gradcalc.algebra.inference import shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.grading.comparison import NOISE
from gradcalc.grading.written import read_written
from gradcalc.problem.model import Problem

MOST_NUMBERS = 300
"""Numbers of a calculation; beyond them it is too long to be one."""


@dataclass(frozen=True)
class Calculated:
    """What a calculation comes to; room: how far its numbers' rounding moves each entry."""

    value: Array
    room: Array


def numbers_of(problem: Problem) -> frozenset[float]:
    """Return the magnitudes of all numbers of a file: its data, and those in its lines."""
    arrays = [np.abs(data.array).ravel() for data in problem.data.values() if data.known]
    arrays += [np.abs(data.array).ravel() for data in problem.given.values() if data.known]
    found = set(np.unique(np.concatenate([np.zeros(1), *arrays])).tolist())
    for line in (*problem.lines, *problem.functions):
        for part in parts(line.expr):
            settings = [value for _, value in part.attrs] if isinstance(part, Apply) else [part]
            found |= {abs(float(each.value)) for each in settings if isinstance(each, Number)}
    return frozenset(found)


def half_unit(part: Number, exact: frozenset[float]) -> float:
    """Return half a unit of the last digit of a number in a calculation, 0 where it is exact.

    A whole number with one 0 behind the point, 2.0, is as programs write whole numbers.
    """
    if part.text is None or abs(float(part.value)) in exact:
        return 0.0
    try:
        written = read_written(part.text)
    except ValueError:
        return 0.0
    whole = written.exact.denominator == 1 and written.decimals <= 1
    return 0.0 if whole or not written.rounded else float(written.unit) / 2


def is_rounded(expr: Expr, exact: frozenset[float]) -> bool:
    """Tell whether some number of a calculation is rounded."""
    return any(half_unit(part, exact) > 0 for part in parts(expr) if isinstance(part, Number))


def calculated(
    expr: Expr,
    table: Table,
    exact: frozenset[float],
    shapes: Mapping[str, Shape] | None = None,
    values: Mapping[str, Array] | None = None,
) -> Calculated:
    """Return the value of a calculation with its room.

    shapes, values: of the quantities that stand in it. Each number is moved by half a unit,
    up and down, and the largest effects add up. Raises ShapeError where operands do not fit,
    ValueError where there are too many numbers.
    """
    halves: list[tuple[float, float]] = []

    def lifted(part: Expr) -> Expr:
        if not isinstance(part, Number) or (
            part.value.denominator == 1 and not half_unit(part, exact)
        ):
            return part
        value = float(part.value)
        halves.append((value, max(half_unit(part, exact), NOISE * abs(value))))
        return Symbol(f"_n{len(halves) - 1}")

    apart = rebuild(expr, lifted)
    if len(halves) > MOST_NUMBERS:
        raise ValueError(f"a calculation with more than {MOST_NUMBERS} numbers")
    own = dict(shapes or {}) | {f"_n{at}": () for at in range(len(halves))}
    shape = shape_finder(own, table)(apart)
    lanes = np.tile([value for value, _ in halves], (1 + 2 * len(halves), 1))
    for at, (_, half) in enumerate(halves):
        lanes[1 + 2 * at, at] += half
        lanes[2 + 2 * at, at] -= half
    start = dict(values or {}) | {f"_n{at}": lanes[:, at] for at in range(len(halves))}
    program = Program([Node("answer", apart, shape)], own, table)
    found = program.run(start, strict=False)["answer"]
    if found.ndim == len(shape):
        return Calculated(found, NOISE * np.abs(found))
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.abs(found[1:] - found[0])
        room = np.maximum(change[0::2], change[1::2]).sum(axis=0)
    return Calculated(found[0], room)
