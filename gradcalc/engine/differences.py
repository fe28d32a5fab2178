"""What central differences say of one line and operand, and of all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.formula.expr import Apply
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Node

STEP = float(np.finfo(float).eps ** (1 / 3))
LIMIT = 1e-6
LARGEST_STACK = 2_000_000
DIRECTIONS = 4
TAKING = ("pick", "part")
NOISE = 8 * float(np.finfo(float).eps)
OTHER_STEPS = ((100.0, 1.0), (0.01, 1.0), (1e-4, 1.0), (1e-5, 1.0), (1e-6, 1.0), (1.0, 0.0))
"""Factors of h, and the least |u| that it is relative to, tried where h is too coarse or
too fine for a line, or leaves the domain of a logarithm."""


NEARBY = 3
"""Points near the values at which a line is looked at again before it is called wrong."""
NUDGE = 0.01
BOUNDS = (LIMIT / 10, LIMIT)
"""What the largest error is said to be below: a bound is the same on every machine, an
error in the twelfth digit is not. Where the first is passed, other steps are tried, so
that no error is left just above it."""


@dataclass(frozen=True)
class Apart:
    """The entry of a line that is furthest from central differences, and by how much.

    node: the line of the forward pass that passes this on; index: the entry, from 0;
    None where random directions were compared, and not entries.
    """

    node: Node
    error: float
    index: tuple[int, ...] | None
    computed: float
    differences: float


@dataclass(frozen=True)
class Check:
    """The largest error |a − n| / max(1, |a|, |n|), kinks held fixed, lines that fail.

    unchecked: lines at which no difference says anything: their values are too large,
    or differences do not settle there and agree nearby. apart: the worst entry of every line.
    """

    max_error: float
    kinks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    sampled: bool = False
    unchecked: tuple[str, ...] = ()
    apart: Mapping[str, Apart] = field(default_factory=dict, repr=False)

    @property
    def bound(self) -> float:
        """Return a power of ten that the largest error is below, infinity where a line fails."""
        return next((bound for bound in BOUNDS if self.max_error <= bound), float("inf"))


@dataclass(frozen=True)
class LineOperand:
    """A line and one of its operands, compiled: the line, and what it passes back.

    back: the sum of the contributions, with local derivatives written in. local: the
    name of a local derivative that is a line, and its formula. kinks: formulas that
    are 0 at the kinks.
    """

    node: Node
    operand: str
    shape: Shape
    line: Program
    back: Program
    local: tuple[str, Shape, Program] | None
    kinks: tuple[Program, ...]

    @property
    def line_shape(self) -> tuple[int, ...]:
        """Return the shape of the line's value."""
        return tuple(int(dim) for dim in self.node.shape)


@dataclass
class DifferencesFound:
    """What one run of a proof has found so far; whole: every value exists."""

    loss: str
    values: Mapping[str, Array]
    table: Table
    whole: bool = True
    sampled: bool = False
    kinks: dict[str, None] = field(default_factory=dict)
    unchecked: dict[str, None] = field(default_factory=dict)
    apart: dict[str, Apart] = field(default_factory=dict)

    @property
    def check(self) -> Check:
        """Return what has been found."""
        worst = max((each.error for each in self.apart.values()), default=0.0)
        failed = tuple(line for line, each in self.apart.items() if each.error > LIMIT)
        return Check(
            worst, tuple(self.kinks), failed, self.sampled, tuple(self.unchecked), self.apart
        )

    def examine(self, pair: LineOperand) -> None:
        """Check what one line passes back to one operand, again nearby where it seems wrong."""
        found = self.at(pair, self.values)
        self.sampled |= found.sampled
        self.kinks |= found.kinks
        self.unchecked |= found.unchecked
        nearby: list[DifferencesFound] = []
        for line, each in found.apart.items():
            if each.error > LIMIT:
                nearby = nearby or [self.at(pair, values) for values in self.nearby(pair)]
                again = sum(line in near.check.failed for near in nearby)
                if 2 * again < NEARBY:  # a bend or a jump that no step gets round
                    self.unchecked[line] = None
                    continue
            if line not in self.apart or each.error > self.apart[line].error:
                self.apart[line] = each

    def at(self, pair: LineOperand, values: Mapping[str, Array]) -> DifferencesFound:
        """Return what the check of one line and operand finds at some values."""
        found = DifferencesFound(self.loss, values, self.table, self.whole)
        try:
            found.compare(pair)
        except EvaluationError:
            found.unchecked[gradient_name(self.loss, pair.operand)] = None
        return found

    def nearby(self, pair: LineOperand) -> list[Mapping[str, Array]]:
        """Return the values with the operand moved a little, in several ways."""
        x = np.asarray(self.values[pair.operand], dtype=float)
        generator = np.random.default_rng(x.size)
        moves = generator.uniform(-NUDGE, NUDGE, (NEARBY, *x.shape)) * np.maximum(0.1, np.abs(x))
        return [{**self.values, pair.operand: x + move} for move in moves]

    def compare(self, pair: LineOperand) -> None:
        """Compare what one line passes back to one operand with differences."""
        own = self.value(pair.line, {})
        x = np.asarray(self.values[pair.operand], dtype=float)
        near = self.near_kink(pair.node, pair.operand, pair.kinks)
        upstream = self.upstream(pair.node)
        analytic = self.value(pair.back, {pair.node.name: own})
        if 2 * x.size * max(own.size, x.size) > LARGEST_STACK:
            self.sampled = True
            self.directions(pair, x, upstream, analytic, near)
            return
        read = self.read(pair, x)
        moves = np.zeros((len(read), x.size))
        moves[np.arange(len(read)), read] = 1.0
        moves = moves.reshape((len(read), *x.shape))
        slopes = self.slopes(pair, x, moves)

        def spread(found: Array) -> Array:
            """Return a number for each entry of the operand, 0 for those that are not read."""
            full = np.zeros(x.size)
            full[read] = found
            return full.reshape(x.shape)

        numeric = spread(_summed(slopes, upstream))
        errors = _errors(analytic, numeric, near)
        if errors.max(initial=0.0) > BOUNDS[0]:
            tried = [
                spread(_summed(self.slopes(pair, x, moves, *step), upstream))
                for step in OTHER_STEPS
            ]
            for again in tried:
                errors = np.minimum(errors, _errors(analytic, again, near))
            if errors.max(initial=0.0) > LIMIT:
                noise = spread(_summed(self.noise(pair, x), np.abs(upstream))[read])
                doubt = np.maximum(noise, _spread(tried))
                closest = np.abs(analytic - numeric)
                for again in tried:
                    closest = np.fmin(closest, np.abs(analytic - again))
                closest = np.where(np.isnan(closest), np.inf, closest)
                apart = np.maximum(closest - doubt, 0.0) / np.maximum(1.0, np.abs(analytic))
                errors = np.minimum(errors, np.where(near, 0.0, apart))
                errors = _tellable(errors, x)
        self.note(pair, gradient_name(self.loss, pair.operand), errors, analytic, numeric)
        if pair.local:
            self.local_line(pair, x, moves, slopes, own, near)

    def value(self, program: Program, instead: Mapping[str, Array]) -> Array:
        names = program.ranks
        env = {name: instead[name] if name in instead else self.values[name] for name in names}
        strict = self.whole or not any(np.isnan(value).any() for value in env.values())
        return program.run(env, strict=strict)["value"]

    def local_line(
        self, pair: LineOperand, x: Array, moves: Array, slopes: Array, own: Array, near: Array
    ) -> None:
        """Check a local derivative that is a line of its own: diagonal, or Jacobian."""
        assert pair.local is not None
        name, shape, program = pair.local
        value = self.value(program, {pair.node.name: own})
        whole = bool(pair.node.shape) and shape == pair.node.shape * 2
        fixed = np.zeros(value.shape, dtype=bool) if whole else near.reshape(value.shape)

        def taken(found: Array) -> Array:
            full = found.reshape(near.size, own.size)
            each = np.diagonal(full) if own.size == near.size else full.sum(axis=1)
            picked = full.T if whole else each
            return picked.reshape(value.shape)

        numeric = taken(slopes)
        least = _errors(value, numeric, fixed)
        if least.max(initial=0.0) > BOUNDS[0]:
            for step in OTHER_STEPS:
                again = taken(self.slopes(pair, x, moves, *step))
                least = np.minimum(least, _errors(value, again, fixed))
            least = _tellable(least, x.ravel() if whole else x.reshape(value.shape))
        self.note(pair, name, least, value, numeric)

    def slopes(
        self, pair: LineOperand, x: Array, moves: Array, factor: float = 1.0, least: float = 1.0
    ) -> Array:
        """Return Δf / 2h for each move of the operand, stacked along the first axis."""
        scale = np.maximum(least, np.abs(x))
        h = STEP * factor * np.where(scale > 0, scale, 1.0) * moves
        stack = np.stack([x + h, x - h])
        width = np.abs(stack[0] - stack[1]).reshape(len(moves), -1).max(axis=1, initial=0.0)
        try:
            moved = self.value(pair.line, {pair.operand: stack})
        except EvaluationError:
            return np.full((len(moves), *pair.line_shape), np.nan)
        if moved.ndim < 2 + len(pair.node.shape):  # a line that its operand does not change
            return np.zeros((len(moves), *pair.line_shape))
        bars = width.reshape((len(moves),) + (1,) * (moved.ndim - 2))
        return np.asarray((moved[0] - moved[1]) / bars)

    def read(self, pair: LineOperand, x: Array) -> npt.NDArray[np.intp]:
        """Return which entries of the operand a line reads, in row order: all, or those it takes.

        A line that takes entries gives their places, where each entry is its own place.
        """
        expr = pair.node.expr
        if not isinstance(expr, Apply) or expr.op not in TAKING:
            return np.arange(x.size)
        places = np.arange(x.size, dtype=float).reshape(x.shape)
        return self.value(pair.line, {pair.operand: places}).ravel().astype(np.intp)

    def noise(self, pair: LineOperand, x: Array) -> Array:
        """Return what rounding alone can make of Δf / 2h, where f is very large."""
        own = np.abs(self.value(pair.line, {}))
        width = 2 * STEP * np.maximum(1.0, np.abs(x)).reshape(-1)
        shape = (x.size,) + (1,) * own.ndim
        return np.asarray(NOISE * own / width.reshape(shape))

    def directions(
        self, pair: LineOperand, x: Array, upstream: Array, analytic: Array, near: Array
    ) -> None:
        """Check along random directions, for operands of very many entries."""
        generator = np.random.default_rng(x.size)
        for _ in range(DIRECTIONS):
            direction = np.where(near, 0.0, generator.choice([-1.0, 1.0], size=x.shape))
            scale = np.maximum(1.0, np.abs(x))
            slope = self.slopes(pair, x, direction[None])
            peak = np.abs(scale * direction).max(initial=0.0)
            numeric = np.asarray(np.sum(slope[0] * upstream) * peak)
            exact = np.asarray(np.sum(analytic * scale * direction))
            size = np.sum(np.abs(analytic * scale))
            error = np.asarray(np.abs(numeric - exact) / max(1.0, float(size)))
            line = gradient_name(self.loss, pair.operand)
            self.note(pair, line, error, exact, numeric, directed=True)

    def upstream(self, node: Node) -> Array:
        """Return ∂L/∂v of the line, in force."""
        name = gradient_name(self.loss, node.name)
        return self.values[name] if name in self.values else np.asarray(1.0)

    def near_kink(self, node: Node, operand: str, kinks: tuple[Program, ...]) -> Array:
        """Return which entries of the operand lie too near a kink to be moved."""
        x = self.values[operand]
        near = np.zeros(x.shape, dtype=bool)
        whole = isinstance(node.expr, Apply) and of_vectors(node.expr, self.table)
        for kink in kinks:
            distance = self.value(kink, {})
            close = np.abs(distance) <= 10 * STEP * np.maximum(1.0, np.abs(distance))
            if not close.any():
                continue
            hit = close if close.shape == x.shape else np.full(x.shape, True)
            near |= hit.any(axis=-1, keepdims=True) if whole and hit.ndim else hit
            name = operand if not operand.startswith("_") else node.name
            for index in np.argwhere(hit):
                place = ",".join(str(i + 1) for i in index)
                self.kinks[f"{name}[{place}]" if place else name] = None
        return near

    def note(
        self,
        pair: LineOperand,
        line: str,
        errors: Array,
        computed: Array,
        numeric: Array,
        *,
        directed: bool = False,
    ) -> None:
        """Keep the worst entry of a line; what no step gives a difference of is unchecked."""
        if not errors.size:
            return
        if not np.isfinite(errors).all():
            self.unchecked[line] = None
            errors = np.where(np.isfinite(errors), errors, 0.0)
        at = np.unravel_index(int(errors.argmax()), errors.shape)
        worst = float(errors[at])
        if line not in self.apart or worst > self.apart[line].error:
            index = None if directed else tuple(int(i) for i in at)
            own, other = float(computed[at]), float(numeric[at])
            self.apart[line] = Apart(pair.node, worst, index, own, other)


def _summed(slopes: Array, upstream: Array) -> Array:
    """Return Σ ∂L/∂v · Δv / 2h for each move."""
    weighted = (slopes * upstream).reshape(len(slopes), -1)
    return np.asarray(weighted.sum(axis=1))


def _spread(tried: list[Array]) -> Array:
    """Return how well differences of neighbouring steps agree where they agree best."""
    apart = np.abs(np.diff(np.stack(tried), axis=0))
    best = np.min(np.where(np.isnan(apart), np.inf, apart), axis=0)
    return np.where(np.isinf(best), 0.0, best)


def _errors(analytic: Array, numeric: Array, fixed: Array) -> Array:
    """Return |a − n| / max(1, |a|, |n|), 0 where an entry is held fixed."""
    size = np.maximum(1.0, np.maximum(np.abs(analytic), np.abs(numeric)))
    error = np.abs(analytic - numeric) / size
    return np.where(fixed, 0.0, np.where(np.isnan(error), np.inf, error))


def _tellable(errors: Array, x: Array) -> Array:
    """Return errors, infinite where x is so large that floats beside it are too far apart.

    What turns within a step, as a sine does, has no differences there.
    """
    coarse = np.spacing(np.abs(x)) > STEP
    return np.where(coarse & (errors > LIMIT), np.inf, errors)


def of_vectors(expr: Apply, table: Table) -> bool:
    """Tell whether a kink in one entry bends the derivatives by all entries of its vector."""
    if expr.op == "array":
        return False
    return table[expr.op].vjp is not None or table[expr.op].per_sample
