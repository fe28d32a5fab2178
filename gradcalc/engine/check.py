"""Compare every contribution to every gradient with central differences.

A line v = f(u, …) is checked by itself, where it holds exactly: f is computed anew
from the operands in force, each entry of an operand is moved by ±h, and what v
passes back to u is compared with Σ ∂L/∂v · Δf / 2h. One pass a line, all entries at
once, as a stack along a leading axis. Large operands are checked along random
directions instead of entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.expr import Apply, Expr, substitute
from gradcalc.algebra.inference import definition, shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.operations import Table, formula
from gradcalc.engine.autodiff import Backward, Edge
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Graph, Node

STEP = float(np.finfo(float).eps ** (1 / 3))
LIMIT = 1e-6
LARGEST_STACK = 2_000_000
DIRECTIONS = 4


@dataclass(frozen=True)
class Check:
    """The largest error |a − n| / max(1, |a|, |n|), kinks held fixed, lines that fail."""

    max_error: float
    kinks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    sampled: bool = False


def check(
    forward: Graph, backward: Backward, values: Mapping[str, Array], table: Table, loss: str
) -> Check:
    """Return how well every backward line agrees with central differences at `values`."""
    return _Checker(forward, backward, values, table, loss).run()


class _Checker:
    def __init__(
        self,
        forward: Graph,
        backward: Backward,
        values: Mapping[str, Array],
        table: Table,
        loss: str,
    ) -> None:
        self.forward, self.backward, self.table, self.loss = forward, backward, table, loss
        self.values = values
        self.shapes = {**forward.shapes, **backward.graph.shapes}
        self.kinks: dict[str, None] = {}
        self.worst = 0.0
        self.failed: dict[str, None] = {}
        self.sampled = False

    def run(self) -> Check:
        grouped: dict[tuple[str, str], list[Edge]] = {}
        for edge in self.backward.edges:
            grouped.setdefault((edge.node, edge.operand), []).append(edge)
        nodes = {node.name: node for node in self.forward.nodes}
        for (name, operand), edges in grouped.items():
            self.pair(nodes[name], operand, edges)
        for node in self.forward.nodes:
            self.jump(node)
        return Check(self.worst, tuple(self.kinks), tuple(self.failed), self.sampled)

    def jump(self, node: Node) -> None:
        """List the entries at a jump: a comparison passes nothing back, and has no edge."""
        if not isinstance(node.expr, Apply) or node.expr.op not in self.table:
            return
        row = self.table[node.expr.op]
        if row.kinks and row.derivative and not any(text != "0" for text in row.derivative):
            base = {name: self.values[name] for name in node.operands}
            for operand in node.operands:
                if gradient_name(self.loss, operand) in self.shapes:
                    self.near_kink(node, operand, base)

    def pair(self, node: Node, operand: str, edges: list[Edge]) -> None:
        """Check what one line passes back to one operand."""
        program = Program([node], {n: self.shapes[n] for n in node.operands}, self.table)
        base = {name: self.values[name] for name in node.operands}
        own = program.run(base)[node.name]
        x = np.asarray(base[operand], dtype=float)
        near = self.near_kink(node, operand, base)
        upstream = self.upstream(node)
        analytic = self.analytic(node, edges, own)
        local = next((edge.local for edge in edges if edge.local), None)
        if 2 * x.size * max(own.size, x.size) > LARGEST_STACK:
            self.sampled = True
            self.directions(program, node, operand, base, upstream, analytic, near)
            return
        moves = np.eye(x.size).reshape((x.size, *x.shape))
        slopes = self.slopes(program, node, operand, base, moves)
        axes = tuple(range(1, slopes.ndim))
        numeric = np.sum(slopes * upstream, axis=axes).reshape(x.shape)
        errors = self.errors(analytic, numeric, near)
        if errors.max(initial=0.0) > LIMIT / 10:
            for factor in (0.01, 100.0, 1e-4):
                slopes_again = self.slopes(program, node, operand, base, moves, factor)
                numeric = np.sum(slopes_again * upstream, axis=axes).reshape(x.shape)
                errors = np.minimum(errors, self.errors(analytic, numeric, near))
        self.note(gradient_name(self.loss, operand), errors)
        if local:
            self.local_line(node, local, slopes, own, near)

    def local_line(self, node: Node, local: str, slopes: Array, own: Array, near: Array) -> None:
        """Check a local derivative that is a line of its own: diagonal, or Jacobian."""
        line = self.backward.graph.node(local)
        assert line is not None
        env = {**self.values, node.name: own}
        value = self.formula(line.expr, env, line.shape)
        full = slopes.reshape(near.size, own.size)
        if node.shape and line.shape == node.shape * 2:
            numeric = full.T.reshape(value.shape)
            near = np.zeros(value.shape, dtype=bool)
        elif own.size == near.size:
            numeric = np.diagonal(full).reshape(value.shape)
        else:
            numeric = full[:, 0].reshape(value.shape)
        self.note(local, self.errors(value, numeric, near.reshape(value.shape)))

    def slopes(
        self,
        program: Program,
        node: Node,
        operand: str,
        base: Mapping[str, Array],
        moves: Array,
        factor: float = 1.0,
    ) -> Array:
        """Return Δf / 2h for each move of the operand, stacked along the first axis."""
        x = base[operand]
        h = STEP * factor * np.maximum(1.0, np.abs(x)) * moves
        stack = np.stack([x + h, x - h])
        width = (stack[0] - stack[1]).reshape(len(moves), -1)
        width = np.abs(width).max(axis=1, initial=0.0)
        try:
            high, low = program.run({**base, operand: stack})[node.name]
        except EvaluationError:
            return np.full((len(moves), *self.values[node.name].shape), np.nan)
        except ValueError:
            high = low = program.run(base)[node.name]
        bars = width.reshape((len(moves),) + (1,) * (high.ndim - 1))
        return np.asarray((high - low) / bars)

    def directions(
        self,
        program: Program,
        node: Node,
        operand: str,
        base: Mapping[str, Array],
        upstream: Array,
        analytic: Array,
        near: Array,
    ) -> None:
        """Check along random directions, for operands of very many entries."""
        x = base[operand]
        generator = np.random.default_rng(x.size)
        for _ in range(DIRECTIONS):
            direction = np.where(near, 0.0, generator.choice([-1.0, 1.0], size=x.shape))
            scale = np.maximum(1.0, np.abs(x))
            slope = self.slopes(program, node, operand, base, direction[None])
            peak = np.abs(scale * direction).max(initial=0.0)
            numeric = np.asarray(np.sum(slope[0] * upstream) * peak)
            exact = np.asarray(np.sum(analytic * scale * direction))
            size = np.sum(np.abs(analytic * scale))
            error = np.abs(numeric - exact) / max(1.0, float(size))
            self.note(gradient_name(self.loss, operand), error)

    def upstream(self, node: Node) -> Array:
        """Return ∂L/∂v of the line, in force."""
        name = gradient_name(self.loss, node.name)
        return self.values[name] if name in self.values else np.asarray(1.0)

    def analytic(self, node: Node, edges: list[Edge], own: Array) -> Array:
        """Return what the formulas pass back where the line holds exactly."""
        env = {**self.values, node.name: own}
        shape = self.shapes[edges[0].operand]
        total = np.zeros(tuple(int(dim) for dim in shape))
        for edge in edges:
            expr = edge.contribution
            if edge.local:
                line = self.backward.graph.node(edge.local)
                if line is not None:
                    expr = substitute(expr, {edge.local: line.expr})
            total = total + self.formula(expr, env, shape)
        return total

    def formula(self, expr: Expr, env: Mapping[str, Array], shape: object) -> Array:
        assert isinstance(shape, tuple)
        node = Node("value", expr, shape)
        names = {name: self.shapes[name] for name in env if name in self.shapes}
        return Program([node], names, self.table).run(env)["value"]

    def near_kink(self, node: Node, operand: str, base: Mapping[str, Array]) -> Array:
        """Return which entries of the operand lie too near a kink to be moved."""
        x = base[operand]
        near = np.zeros(x.shape, dtype=bool)
        for kink in kinks_of(node.expr, self.table):
            shape = shape_finder({n: self.shapes[n] for n in node.operands}, self.table)(kink)
            distance = self.formula(kink, base, shape)
            close = np.abs(distance) <= 10 * STEP * np.maximum(1.0, np.abs(distance))
            if not close.any():
                continue
            hit = close if close.shape == x.shape else np.full(x.shape, True)
            near |= hit
            name = operand if not operand.startswith("_") else node.name
            for index in np.argwhere(hit):
                place = ",".join(str(i + 1) for i in index)
                self.kinks[f"{name}[{place}]" if place else name] = None
        return near

    def errors(self, analytic: Array, numeric: Array, fixed: Array) -> Array:
        """Return |a − n| / max(1, |a|, |n|), 0 where an entry is held fixed."""
        size = np.maximum(1.0, np.maximum(np.abs(analytic), np.abs(numeric)))
        error = np.abs(analytic - numeric) / size
        return np.where(fixed, 0.0, np.where(np.isnan(error), np.inf, error))

    def note(self, line: str, errors: Array) -> None:
        worst = float(np.max(errors, initial=0.0))
        self.worst = max(self.worst, worst)
        if worst > LIMIT:
            self.failed[line] = None


def kinks_of(expr: Expr, table: Table) -> list[Expr]:
    """Return the formulas whose zeros are the kinks of one operation."""
    if not isinstance(expr, Apply) or expr.op == "array":
        return []
    row = table[expr.op]
    if row.kinks:
        bound = {**row.bind(expr), row.output: expr}
        return [substitute(formula(text), bound) for text in row.kinks]
    found: list[Expr] = []
    for arg in expr.args:
        found += kinks_of(arg, table)
    if row.kernel is None and row.definition is not None and row.kind != "loss":
        inner = definition(expr, table, lambda _: ())
        found += kinks_of(inner, table) if inner is not None else []
    return found
