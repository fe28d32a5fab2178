"""A function and its derivative as points to draw, with the ranges and ticks of their axes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isfinite, log10
from typing import TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Expr, Number
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.report.mathematics.names import Lettering, figure
from gradcalc.report.pictures.functions import Function

Evaluator: TypeAlias = Callable[[Array], dict[str, Array]]

POINTS = 801
MOST_ZEROS = 400
NEAR = 1e-9
STEEP = 30.0

PAD = 0.06
LONGEST = 40
FARTHEST, FINEST = 1e9, 1e-6


@dataclass(frozen=True)
class Jump:
    """A place where a line breaks off: the limits from both sides, and the value there."""

    x: float
    left: float
    right: float
    value: float


@dataclass(frozen=True)
class CurveTrace:
    """One line: its unbroken pieces as points, and the jumps between them."""

    pieces: tuple[tuple[Array, Array], ...]
    jumps: tuple[Jump, ...] = ()

    @property
    def heights(self) -> Array:
        """Return the values of all pieces."""
        return np.concatenate([y for _, y in self.pieces]) if self.pieces else np.zeros(0)


@dataclass(frozen=True)
class Curve:
    """A function and, where it is wanted, its derivative, over one interval."""

    function: Function
    low: float
    high: float
    value: CurveTrace
    slope: CurveTrace | None

    @property
    def traces(self) -> tuple[CurveTrace, ...]:
        """Return the lines that are drawn."""
        return (self.value,) if self.slope is None else (self.value, self.slope)


def sample(
    function: Function,
    low: float | None,
    high: float | None,
    table: Table,
    *,
    derivative: bool = True,
) -> Curve | None:
    """Return the lines of a function over [low, high], or None where it has no value.

    Without `low` or `high` the interval is the part of [−4, 4] where it has one.
    """
    asked = (-4.0 if low is None else low, 4.0 if high is None else high)
    start, stop = _where_finite(function, asked, table)
    start = asked[0] if low is not None else start
    stop = asked[1] if high is not None else stop
    if not start < stop:
        return None
    lines: dict[str, Expr] = {"f": function.expr}
    if derivative:
        lines["d"] = function.derivative
    run = _runner(lines, function, table)
    breaks = _zeros(function, start, stop, table)
    edges = [start, *breaks, stop]
    step = NEAR * (stop - start)
    grid = np.linspace(start, stop, POINTS)
    stretches = []
    for a, b in itertools.pairwise(edges):
        inside = grid[(grid > a + step) & (grid < b - step)]
        at = np.concatenate([[a + step * (a != start)], inside, [b - step * (b != stop)]])
        shown = np.concatenate([[a], inside, [b]])
        stretches.append((shown, run(at)))
    there = run(np.array(breaks))
    traces = {
        name: _trace([(x, y[name]) for x, y in stretches], breaks, there[name]) for name in lines
    }
    if not traces["f"].pieces:
        return None
    return Curve(function, start, stop, traces["f"], traces.get("d"))


def _runner(lines: Mapping[str, Expr], function: Function, table: Table) -> Evaluator:
    """Return what computes these formulas of one letter at many points at once."""
    nodes = [Node(name, expr, ()) for name, expr in lines.items()]
    program = Program(nodes, {function.letter: ()}, table, exact=False)

    def run(x: Array) -> dict[str, Array]:
        values = program.run({function.letter: x}, strict=False)
        return {name: np.broadcast_to(values[name], x.shape) for name in lines}

    return run


def _where_finite(
    function: Function, asked: tuple[float, float], table: Table
) -> tuple[float, float]:
    """Return the ends of the part of an interval in which a function has values."""
    run = _runner({"f": function.expr}, function, table)
    grid = np.linspace(*asked, POINTS)
    finite = np.flatnonzero(np.isfinite(run(grid)["f"]))
    if not len(finite):
        return asked

    def edge(outside: float, inside: float) -> float:
        for _ in range(50):
            middle = (outside + inside) / 2
            good = bool(np.isfinite(run(np.array([middle]))["f"][0]))
            outside, inside = (outside, middle) if good else (middle, inside)
        return round(inside, 9) + 0.0

    first, last = int(finite[0]), int(finite[-1])
    low = asked[0] if first == 0 else edge(float(grid[first - 1]), float(grid[first]))
    high = asked[1] if last == POINTS - 1 else edge(float(grid[last + 1]), float(grid[last]))
    return low, high


def _zeros(function: Function, low: float, high: float, table: Table) -> list[float]:
    """Return where inside an interval a curve may break off or bend, in order."""
    if not function.breaks:
        return []
    names = {f"k{at}": expr for at, expr in enumerate(function.breaks)}
    run = _runner(names, function, table)
    grid = np.linspace(low, high, POINTS)
    found: set[float] = set()
    for name, value in run(grid).items():
        size = np.abs(np.where(np.isfinite(value), value, np.inf))
        scale = float(np.median(size[np.isfinite(size)])) if np.isfinite(size).any() else 1.0
        padded = np.concatenate([[np.inf], size, [np.inf]])
        lowest = (padded[1:-1] <= padded[:-2]) & (padded[1:-1] <= padded[2:]) & np.isfinite(size)
        for at in np.flatnonzero(lowest)[:MOST_ZEROS]:
            zero = _closest(name, run, grid[max(at - 1, 0)], grid[min(at + 1, POINTS - 1)])
            rest = abs(float(run(np.array([zero]))[name][0]))
            if rest <= NEAR * max(1.0, scale):
                found.add(zero)
    margin = 1e-6 * (high - low)
    inside = sorted(x for x in found if low + margin < x < high - margin)
    apart = [x for at, x in enumerate(inside) if at == 0 or x - inside[at - 1] > margin]
    return apart[:MOST_ZEROS]


def _closest(name: str, run: Evaluator, low: float, high: float) -> float:
    """Return where in a short interval a formula is closest to 0, a round number if it can be."""
    span = high - low
    for _ in range(12):
        grid = np.linspace(low, high, 41)
        size = np.abs(np.where(np.isfinite(v := run(grid)[name]), v, np.inf))
        at = int(np.argmin(size))
        low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, 40)])
        best = float(grid[at])
    digits = int(7 - np.floor(np.log10(span)))
    short = round(best, digits)
    if abs(float(run(np.array([short]))[name][0])) <= NEAR:
        return short + 0.0
    return best


def _trace(stretches: list[tuple[Array, Array]], breaks: list[float], there: Array) -> CurveTrace:
    """Return the pieces between breaks, joined where the line goes on without a jump."""
    heights = np.concatenate([y[np.isfinite(y)] for _, y in stretches])
    spread = float(np.ptp(np.percentile(heights, [2, 98]))) if len(heights) else 0.0
    tall = 1e-6 * (spread or 1.0)
    pieces: list[tuple[Array, Array]] = []
    jumps: list[Jump] = []
    for at, (x, y) in enumerate(stretches):
        before = stretches[at - 1][1][-1] if at else np.nan
        for number, piece in enumerate(_finite(x, y)):
            joins = number == 0 and at and pieces and np.isfinite(before) and np.isfinite(y[0])
            joins = joins and max(abs(y[0]), abs(before)) <= STEEP * max(spread, 1.0)
            if joins and abs(y[0] - before) <= tall:
                a, b = pieces[-1]
                pieces[-1] = (np.append(a, piece[0][1:]), np.append(b, piece[1][1:]))
                continue
            if joins:
                sides = (float(side) + 0.0 for side in (before, y[0], there[at - 1]))
                jumps.append(Jump(breaks[at - 1], *sides))
            pieces.append(piece)
    return CurveTrace(tuple(pieces), tuple(jumps))


def _finite(x: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return the runs of points that have a finite value."""
    good = np.isfinite(y) & (np.abs(y) < 1e300)
    cuts = np.flatnonzero(np.diff(good.astype(int))) + 1
    runs = zip(np.split(x, cuts), np.split(y, cuts), np.split(good, cuts), strict=True)
    return [(a, b) for a, b, kept in runs if len(kept) > 1 and kept[0]]


def clipped(trace: CurveTrace, low: float, high: float) -> list[list[tuple[float, float]]]:
    """Return the pieces of a line between two heights, cut where they leave."""
    found: list[list[tuple[float, float]]] = []
    for xs, ys in trace.pieces:
        points = list(zip(xs.tolist(), ys.tolist(), strict=True))
        current: list[tuple[float, float]] = []
        for before, after in itertools.pairwise(points):
            part = _between(before, after, low, high)
            if part is None:
                continue
            if not current or current[-1] != part[0]:
                if current:
                    found.append(current)
                current = [part[0]]
            current.append(part[1])
        if current:
            found.append(current)
    return found


def _between(
    a: tuple[float, float], b: tuple[float, float], low: float, high: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the part of a segment between two heights, or None where it has none."""
    if max(a[1], b[1]) < low or min(a[1], b[1]) > high:
        return None

    def held(p: tuple[float, float], q: tuple[float, float]) -> tuple[float, float]:
        if low <= p[1] <= high:
            return p
        edge = low if p[1] < low else high
        share = (edge - p[1]) / (q[1] - p[1])
        return (p[0] + share * (q[0] - p[0]), edge)

    return held(a, b), held(b, a)


@dataclass(frozen=True)
class Panel:
    """One pair of axes and the curves in it."""

    curves: tuple[Curve, ...]
    low: float
    high: float
    bottom: float
    top: float

    @property
    def letter(self) -> str:
        """Return the letter of the horizontal axis."""
        letters = {curve.function.letter for curve in self.curves}
        return letters.pop() if len(letters) == 1 else ""


def panel(curves: Sequence[Curve]) -> Panel:
    """Return axes that have room for these curves."""
    low, high = min(c.low for c in curves), max(c.high for c in curves)
    bottom, top = _heights(curves)
    if top - bottom <= 1e-9 * max(abs(top), abs(bottom), 1e-300):
        around = abs(top) or 1.0
        bottom, top = bottom - around / 2, top + around / 2
    pad = PAD * (top - bottom)
    return Panel(tuple(curves), low, high, bottom - pad, top + pad)


def _heights(curves: Sequence[Curve]) -> tuple[float, float]:
    """Return the lowest and highest value to draw; what goes to infinity is cut."""
    traces = [trace for curve in curves for trace in curve.traces if trace.pieces]
    values = np.concatenate([trace.heights for trace in traces])
    points = [j.value for t in traces for j in t.jumps if np.isfinite(j.value)]
    bottom, top = float(values.min()), float(values.max())
    fifth, most = (float(q) for q in np.percentile(values, [10, 90]))
    inner = (most - fifth) or 1.0
    if top > most + STEEP * inner:
        top = most + inner / 2
    if bottom < fifth - STEEP * inner:
        bottom = fifth - inner / 2
    inside = [y for y in points if bottom - inner < y < top + inner]
    return min([bottom, *inside]), max([top, *inside])


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Return at most about `most` round numbers between two others, as they are written.

    >>> [text for _, text in ticks(-4.2, 4.2, 5)]
    ['-4', '-2', '0', '2', '4']
    """
    rough = (high - low) / max(most, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [(k * step, figure(k * step)) for k in range(first, last + 1)]


def shown(text: str, *, unicode: bool) -> str:
    """Return the text of a tick with a typographic minus."""
    return Lettering({}, unicode=unicode).number(text)


def letter_of(panel: Panel, *, unicode: bool) -> str:
    """Return the letter of the horizontal axis as it is printed."""
    return Lettering({}, unicode=unicode).name(panel.letter) if panel.letter else ""


def number_of(text: str) -> Number:
    """Return a number of the command line as an exact one; raises ValueError."""
    try:
        value = Fraction(text.replace("−", "-"))
        finite = isfinite(float(value))
    except (ValueError, ZeroDivisionError, OverflowError):
        finite = False
    if not finite or len(text) > LONGEST:
        raise ValueError(f"{text[:LONGEST]!r} is not a number")
    return Number(value, text)


def interval(low: float | None, high: float | None) -> None:
    """Check the ends of an axis; raises ValueError with the reason."""
    start, stop = -4.0 if low is None else low, 4.0 if high is None else high
    if not (isfinite(start) and isfinite(stop) and max(abs(start), abs(stop)) <= FARTHEST):
        raise ValueError(f"--from and --to are to be numbers up to {FARTHEST:g}")
    if stop - start <= FINEST * max(abs(start), abs(stop), 1e-9):
        raise ValueError(f"--from {start:g} has to lie to the left of --to {stop:g}")
