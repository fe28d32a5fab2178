"""Judge a formula: by its shape, and by its value at points near the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcalc.algebra.formula.expr import Expr, Number, parts, substitute, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import dimension
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.grading.answers.sheet import Answer
from gradcalc.grading.answers.values import calculated, is_rounded, numbers_of
from gradcalc.grading.answers.written import NO_DECIMALS
from gradcalc.grading.evaluation.comparison import Tolerance, Typed
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.evaluation.proof import sizes_of
from gradcalc.grading.marking.verdict import Verdict
from gradcalc.grading.mistakes.diagnosis import Finding, diagnose, telling
from gradcalc.grading.mistakes.rule import shape_of
from gradcalc.grading.mistakes.search import Search
from gradcalc.problem.reading.data import known_sums

POINTS = 8
NEAR = 0.02
"""Relative distance of the points from the data: a ReLU keeps its branch, a log its domain."""
AGREE = 1e-7


def judge_formula(
    lines: Lines,
    answer: Answer,
    tolerance: Tolerance,
    *,
    explained: bool = True,
    worked: bool = False,
) -> tuple[Verdict, Finding | None]:
    """Return the verdict on a formula, and where it comes from if it is wrong.

    It is right if it has the shape of the quantity, and its value at every one of some
    points near the data (drawn ones, where the problem has letters). tolerance: how near
    its values have to be, where there are data and a measure is asked for. explained:
    search for the mistakes that give it. worked: numbers may stand in it in place of
    quantities, `yhat - 5`.
    """
    assert answer.formula is not None
    sizes = {name: dimension(number) for name, number in sizes_of(lines.problem).items()}
    expr = substitute(answer.formula, sizes)
    verdict = Verdict(answer.name, answer.index or (), answer.line, "incorrect", answer.text)
    own = shape_of(lines, expr)
    due: Shape = () if answer.index is not None else lines.shapes[answer.name]
    if own is None:
        return replace(verdict, status="unreadable", reason="its operands do not fit"), None
    constant = own == () and answer.name in lines.problem.constant
    one = constant or _squeezed(own) == _squeezed(due)
    settled = False
    worst: tuple[Lines, Array] | None = None
    for point in near_points(lines):
        right = _due(point, answer)
        value = _value(point, expr, own)
        if not (np.isfinite(value).all() and np.isfinite(right).all()):
            continue
        settled = True
        if own != due and not one:
            worst = (point, value)
            break
        value = _shaped(value, right.shape)
        if not _agrees(value, right, tolerance if lines.problem.numeric else Tolerance()):
            worst = (point, value)
            break
    if not settled:
        return replace(verdict, status="unreadable", reason="it has no value near the data"), None
    if worst is None:
        return replace(verdict, status="correct"), None
    if worked and lines.problem.numeric and (own == due or one):
        with_numbers = _with_numbers(lines, expr, answer, tolerance)
        if with_numbers:
            return replace(verdict, status="correct"), None
    shape = own != due and not one
    if not explained:
        return verdict, Finding(answer.name, (), (answer.line,), shape=shape)
    return verdict, _finding(*worst, answer, shape)


def _with_numbers(lines: Lines, expr: Expr, answer: Answer, tolerance: Tolerance) -> bool:
    """Tell whether a formula is right with the numbers in it in place of quantities.

    Rounded ones hold at the data alone. Those of the file hold at points near the data where
    all that equals them is left where it is.
    """
    exact = numbers_of(lines.problem)
    if is_rounded(expr, exact):
        read = {name: lines.shapes[name] for name in symbols(expr)}
        values = {name: lines.values[name] for name in read}
        right = _due(lines, answer)
        found = calculated(expr, lines.problem.table, exact, read, values)
        value, room = _shaped(found.value, right.shape), _shaped(found.room, right.shape)
        return bool(replace(exactly(value), half=room).agrees(right, tolerance).all())
    held = exact & {abs(float(part.value)) for part in parts(expr) if isinstance(part, Number)}
    settled = False
    for point in near_points(lines, frozenset(held)) if held else ():
        shape, right = shape_of(point, expr), _due(point, answer)
        assert shape is not None
        value = _value(point, expr, shape)
        if not (np.isfinite(value).all() and np.isfinite(right).all()):
            continue
        settled = True
        if not _agrees(_shaped(value, right.shape), right, tolerance):
            return False
    return settled


def _due(point: Lines, answer: Answer) -> Array:
    """Return the value of what is asked for."""
    right = point.values[answer.name]
    return np.asarray(right if answer.index is None else right[answer.index])


def _shaped(value: Array, shape: tuple[int, ...]) -> Array:
    """Return a value in a shape with as many entries; a number stands for each of a list."""
    return np.broadcast_to(value, shape) if value.ndim == 0 else value.reshape(shape)


def _agrees(value: Array, right: Array, tolerance: Tolerance) -> bool:
    """Tell whether a formula has the value due; without a measure it has to be the same."""
    if tolerance.of_writer:
        room = AGREE * np.abs(right).max(initial=1e-9)
        return bool(np.allclose(value, right, rtol=AGREE, atol=room))
    return bool(exactly(value).agrees(right, tolerance).all())


def _squeezed(shape: Shape) -> Shape:
    """Return a shape without sides of one: a row, a column and a vector are alike."""
    return tuple(dim for dim in shape if dim != 1)


def near_points(lines: Lines, held: frozenset[float] = frozenset()) -> Iterator[Lines]:
    """Yield the lines with numbers near the data, or with drawn ones for letters.

    held: magnitudes of entries that stay where they are.
    """
    problem = lines.problem
    if not problem.numeric:
        for seed in range(POINTS):
            yield lines_of(problem, seed=seed)
        return
    whole = known_sums(problem.data, problem.individual)
    for seed in range(POINTS):
        generator = np.random.default_rng(seed)

        def moved(value: Array, keep: bool, generator: np.random.Generator = generator) -> Array:
            scale = NEAR * max(float(np.abs(value).max(initial=0.0)), 0.1)
            step = generator.uniform(-scale, scale, value.shape)
            if keep and value.ndim:
                step = step - step.mean(axis=-1, keepdims=True)
            if held:
                step = np.where(np.isin(np.abs(value), list(held)), 0.0, step)
            return np.asarray(value + step)

        targets = {data.name for data in problem.roles("target")} if whole else set()
        start = {name: moved(value, name in targets) for name, value in lines.start.items()}
        given = {name: moved(value, False) for name, value in lines.given.items()}
        yield Lines(problem, lines.nodes, lines.edges, lines.inputs, start, given)


def _value(point: Lines, expr: Expr, shape: Shape) -> Array:
    read = {name: point.shapes[name] for name in symbols(expr)}
    program = Program([Node("answer", expr, shape)], read, point.problem.table, exact=False)
    values = {name: point.values[name] for name in read}
    return program.run(values, strict=False)["answer"]


def exactly(value: Array) -> Typed:
    """Return the value of a formula as an answer, of which digits abound."""
    half = AGREE * np.maximum(np.abs(value), 1e-6)
    decimals = np.full(value.shape, NO_DECIMALS, dtype=np.int16)
    return Typed(value, np.ones(value.shape, dtype=bool), half, decimals)


def _finding(point: Lines, value: Array, answer: Answer, shape: bool) -> Finding:
    """Return which mistakes give a formula's value at one point, where digits abound."""
    finding = Finding(answer.name, (), (answer.line,), shape=shape)
    search = Search(point, answer.name)
    if answer.index is None:
        written = exactly(value)
    else:
        own = tuple(int(dim) for dim in point.shapes[answer.name])
        mask, filled = np.zeros(own, dtype=bool), np.zeros(own)
        mask[answer.index], filled[answer.index] = True, value
        written = replace(exactly(filled), mask=mask)
    diagnosis = diagnose(search, written, Tolerance())
    if not diagnosis.explanations:
        return finding
    return replace(finding, diagnosis=diagnosis, tells=telling(search, diagnosis))
