"""Compare every contribution to every gradient with central differences.

A line v = f(u, …) is checked by itself, where it holds exactly: f is computed anew
from the operands in force, each entry of an operand is moved by ±h, and what v
passes back to u is compared with Σ ∂L/∂v · Δf / 2h. One pass a line and operand, all
entries at once, as a stack along a leading axis. Large operands are checked along
random directions instead of entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.expr import Apply, Expr, add, substitute, symbols
from gradcalc.algebra.inference import definition, shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.operations import Table, applied
from gradcalc.algebra.shapes import Shape
from gradcalc.engine.autodiff import Backward, Edge
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Graph, Node

STEP = float(np.finfo(float).eps ** (1 / 3))
LIMIT = 1e-6
LARGEST_STACK = 2_000_000
DIRECTIONS = 4
TAKING = ("pick", "part")
NOISE = 8 * float(np.finfo(float).eps)
OTHER_STEPS = ((100.0, 1.0), (0.01, 1.0), (1e-4, 1.0), (1e-5, 1.0), (1e-6, 1.0), (1.0, 0.0))
"""Factors of h, and the least |u| that it is relative to, tried where h is too coarse or
too fine for a line, or leaves the domain of a logarithm."""


@dataclass(frozen=True)
class Check:
    """The largest error |a − n| / max(1, |a|, |n|), kinks held fixed, lines that fail."""

    max_error: float
    kinks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    sampled: bool = False


@dataclass(frozen=True)
class Pair:
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


class Proof:
    """The check of one problem, compiled once; `run` makes it at some values."""

    def __init__(self, forward: Graph, backward: Backward, table: Table, loss: str) -> None:
        self.loss, self.table = loss, table
        self.shapes = {**forward.shapes, **backward.graph.shapes}
        self.lines = {node.name: node for node in backward.graph.nodes}
        grouped: dict[tuple[str, str], list[Edge]] = {}
        for edge in backward.edges:
            grouped.setdefault((edge.node, edge.operand), []).append(edge)
        nodes = {node.name: node for node in forward.nodes}
        programs = {name: self.compile(nodes[name].expr, nodes[name].shape) for name, _ in grouped}
        self.pairs = [
            self.pair(nodes[name], operand, edges, programs[name])
            for (name, operand), edges in grouped.items()
        ]
        self.jumps = [
            (node, operand, self.kinks(node, operand))
            for node in forward.nodes
            if self.is_jump(node)
            for operand in node.operands
            if gradient_name(loss, operand) in self.shapes
        ]

    def compile(self, expr: Expr, shape: Shape) -> Program:
        """Return the program of one formula; it reads the names in it and no others."""
        names = {name: self.shapes[name] for name in symbols(expr)}
        return Program([Node("value", expr, shape)], names, self.table)

    def pair(self, node: Node, operand: str, edges: list[Edge], line: Program) -> Pair:
        shape = self.shapes[operand]
        terms, local = [], None
        for edge in edges:
            term = edge.contribution
            if edge.local and edge.local in self.lines:
                own = self.lines[edge.local]
                term = substitute(term, {edge.local: own.expr})
                local = (edge.local, own.shape, self.compile(own.expr, own.shape))
            terms.append(term)
        back = self.compile(add(*terms), shape)
        return Pair(node, operand, shape, line, back, local, self.kinks(node, operand))

    def kinks(self, node: Node, operand: str) -> tuple[Program, ...]:
        """Return the kinks of a line that an operand can move it over."""
        find = shape_finder({name: self.shapes[name] for name in node.operands}, self.table)
        return tuple(
            self.compile(kink, find(kink))
            for kink in kinks_of(node.expr, self.table)
            if operand in symbols(kink)
        )

    def is_jump(self, node: Node) -> bool:
        """Tell whether a line is a comparison: it passes nothing back, and has no edge."""
        if not isinstance(node.expr, Apply) or node.expr.op not in self.table:
            return False
        row = self.table[node.expr.op]
        flat = row.derivative and not any(text != "0" for text in row.derivative)
        return bool(row.kinks and flat)

    @np.errstate(all="ignore")  # numbers near the end of the range
    def run(self, values: Mapping[str, Array]) -> Check:
        """Return how well every backward line agrees with central differences at `values`."""
        found = _Findings(self.loss, values, self.table)
        for pair in self.pairs:
            found.examine(pair)
        for node, operand, kinks in self.jumps:
            found.near_kink(node, operand, kinks)
        return Check(found.worst, tuple(found.kinks), tuple(found.failed), found.sampled)


def check(
    forward: Graph, backward: Backward, values: Mapping[str, Array], table: Table, loss: str
) -> Check:
    """Return how well every backward line agrees with central differences at `values`."""
    return Proof(forward, backward, table, loss).run(values)


@dataclass
class _Findings:
    """What one run of a proof has found so far."""

    loss: str
    values: Mapping[str, Array]
    table: Table
    worst: float = 0.0
    sampled: bool = False
    kinks: dict[str, None] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)

    def examine(self, pair: Pair) -> None:
        """Check what one line passes back to one operand."""
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
        if errors.max(initial=0.0) > LIMIT / 10:
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
        self.note(gradient_name(self.loss, pair.operand), errors)
        if pair.local:
            self.local_line(pair, x, moves, slopes, own, near)

    def value(
        self, program: Program, instead: Mapping[str, Array], *, strict: bool = True
    ) -> Array:
        names = program.ranks
        env = {name: instead[name] if name in instead else self.values[name] for name in names}
        return program.run(env, strict=strict)["value"]

    def local_line(
        self, pair: Pair, x: Array, moves: Array, slopes: Array, own: Array, near: Array
    ) -> None:
        """Check a local derivative that is a line of its own: diagonal, or Jacobian."""
        assert pair.local is not None
        name, shape, program = pair.local
        value = self.value(program, {pair.node.name: own})
        whole = bool(pair.node.shape) and shape == pair.node.shape * 2
        fixed = np.zeros(value.shape, dtype=bool) if whole else near.reshape(value.shape)

        def errors(found: Array) -> Array:
            full = found.reshape(near.size, own.size)
            each = np.diagonal(full) if own.size == near.size else full.sum(axis=1)
            picked = full.T if whole else each
            return _errors(value, picked.reshape(value.shape), fixed)

        least = errors(slopes)
        if least.max(initial=0.0) > LIMIT / 10:
            for step in OTHER_STEPS:
                least = np.minimum(least, errors(self.slopes(pair, x, moves, *step)))
        self.note(name, least)

    def slopes(
        self, pair: Pair, x: Array, moves: Array, factor: float = 1.0, least: float = 1.0
    ) -> Array:
        """Return Δf / 2h for each move of the operand, stacked along the first axis."""
        scale = np.maximum(least, np.abs(x))
        h = STEP * factor * np.where(scale > 0, scale, 1.0) * moves
        stack = np.stack([x + h, x - h])
        width = np.abs(stack[0] - stack[1]).reshape(len(moves), -1).max(axis=1, initial=0.0)
        try:
            moved = self.value(pair.line, {pair.operand: stack})
        except EvaluationError:
            return self.one_sided(pair, x, stack)
        if moved.ndim < 2 + len(pair.node.shape):  # a line that its operand does not change
            return np.zeros((len(moves), *pair.line_shape))
        bars = width.reshape((len(moves),) + (1,) * (moved.ndim - 2))
        return np.asarray((moved[0] - moved[1]) / bars)

    def one_sided(self, pair: Pair, x: Array, stack: Array) -> Array:
        """Return the slopes where a move leaves a domain, or the range of floating point.

        There the difference is taken on the side that has a value; NaN where none has.
        """
        lead = stack.shape[1]
        moved = self.value(pair.line, {pair.operand: stack}, strict=False)
        if moved.ndim < 2 + len(pair.node.shape):
            return np.full((lead, *pair.line_shape), np.nan)
        own = self.value(pair.line, {})
        widths = np.abs(stack - x).reshape(2, lead, -1).max(axis=2, initial=0.0)
        up, down = widths.reshape((2, lead) + (1,) * (moved.ndim - 2))
        found: Array = (moved[0] - moved[1]) / (up + down)
        found = np.where(np.isfinite(up + down), found, np.nan)
        for slope, width in (((moved[0] - own) / up, up), ((own - moved[1]) / down, down)):
            usable = ~np.isfinite(found) & np.isfinite(width)
            found = np.where(usable, slope, found)
        return found

    def read(self, pair: Pair, x: Array) -> npt.NDArray[np.intp]:
        """Return which entries of the operand a line reads, in row order: all, or those it takes.

        A line that takes entries gives their places, where each entry is its own place.
        """
        expr = pair.node.expr
        if not isinstance(expr, Apply) or expr.op not in TAKING:
            return np.arange(x.size)
        places = np.arange(x.size, dtype=float).reshape(x.shape)
        return self.value(pair.line, {pair.operand: places}).ravel().astype(np.intp)

    def noise(self, pair: Pair, x: Array) -> Array:
        """Return what rounding alone can make of Δf / 2h, where f is very large."""
        own = np.abs(self.value(pair.line, {}))
        width = 2 * STEP * np.maximum(1.0, np.abs(x)).reshape(-1)
        shape = (x.size,) + (1,) * own.ndim
        return np.asarray(NOISE * own / width.reshape(shape))

    def directions(
        self, pair: Pair, x: Array, upstream: Array, analytic: Array, near: Array
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
            error = np.abs(numeric - exact) / max(1.0, float(size))
            self.note(gradient_name(self.loss, pair.operand), error)

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

    def note(self, line: str, errors: Array) -> None:
        worst = float(np.max(errors, initial=0.0))
        self.worst = max(self.worst, worst)
        if worst > LIMIT:
            self.failed[line] = None


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


def of_vectors(expr: Apply, table: Table) -> bool:
    """Tell whether a kink in one entry bends the derivatives by all entries of its vector."""
    if expr.op == "array":
        return False
    return table[expr.op].vjp is not None or table[expr.op].per_sample


def kinks_of(expr: Expr, table: Table) -> list[Expr]:
    """Return the formulas whose zeros are the kinks of one operation."""
    if not isinstance(expr, Apply) or expr.op == "array":
        return []
    row = table[expr.op]
    if row.kinks:
        bound = {**row.bind(expr), row.output: expr}
        return [applied(text, bound) for text in row.kinks]
    found: list[Expr] = []
    for arg in expr.args:
        found += kinks_of(arg, table)
    if row.kernel is None and row.definition is not None and row.kind != "loss":
        inner = definition(expr, table, lambda _: ())
        found += kinks_of(inner, table) if inner is not None else []
    return found
