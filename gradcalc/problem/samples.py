"""What each sample of a batch gives: its loss, and its part of every gradient.

L = c Σᵢ ℓᵢ + rest, so ∂L/∂p = c Σᵢ ∂ℓᵢ/∂p + ∂rest/∂p for whatever p all samples share.
The losses ℓᵢ stand on a line of their own; one backward pass from it, with the rows of
the identity along a leading axis as the upstream gradient, gives all ∂ℓᵢ/∂p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, number, parts
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.operations.inference import reduction_of
from gradcalc.engine.autodiff import differentiate
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Graph, Node
from gradcalc.problem.names import is_hidden

if TYPE_CHECKING:
    from gradcalc.algebra.formula.shapes import Shape
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.algebra.operations.operation import Table
    from gradcalc.problem.model import Problem
    from gradcalc.problem.solution import Solution

EACH = "_each"
ENTRIES = "_each_entry"
MOST_NUMBERS = 200_000
"""Numbers of both passes, times the samples, above which the parts are not computed."""
REDUCED = ("sum", "mean", "batchmean")
APART = ("pick", "part", "conv1d", "conv2d", "max_pool", "mean_pool", "flatten", "reshape")
"""Operations whose operand is an image or a sequence: its rows are no samples."""


@dataclass(frozen=True)
class Batch:
    """The line that makes one number of the losses of `count` samples, and how.

    factor: what the sum of the samples' losses is multiplied by on that line: 1 or 1/m.
    averaged: the entries that the loss of one sample is the mean of; 1 where it is their sum.
    """

    node: str
    count: int
    factor: Fraction
    each: tuple[Node, ...]
    averaged: int = 1

    @property
    def named(self) -> bool:
        """Tell whether the line has a name in the file."""
        return not is_hidden(self.node)


@dataclass(frozen=True)
class Samples:
    """The losses of the samples and what they give to each gradient.

    scale: c, of ∂L/∂p = c Σᵢ parts[p][i] + rest[p]. local: the gradients of ℓᵢ by the
    lines of the forward pass, like `parts` with the samples along the first axis.
    """

    batch: Batch
    losses: Array
    scale: Fraction
    parts: Mapping[str, Array]
    local: Mapping[str, Array]
    rest: Mapping[str, Array]


def batch_of(problem: Problem) -> Batch | None:
    """Return the line that adds the losses of the samples, None where there is none or several.

    A sample is a row of an input that is a matrix; the line is a loss, a sum or a mean of
    something with one row a sample that depends on an input.
    """
    shapes = problem.forward.shapes
    taken_apart = {
        part.args[0]
        for node in problem.forward.nodes
        for part in parts(node.expr)
        if isinstance(part, Apply) and part.op in APART
    }
    inputs = [
        data
        for data in problem.roles("input")
        if len(data.shape) >= 2 and Symbol(data.name) not in taken_apart
    ]
    counts = {data.shape[0] for data in inputs}
    below = {data.name for data in inputs}
    found = []
    for node in problem.forward.nodes:
        if not below.intersection(node.operands):
            continue
        below.add(node.name)
        batch = _reducing(node, shapes, problem.table)
        if batch is not None and batch.count in counts:
            found.append(batch)
    return found[0] if len(found) == 1 else None


def _reducing(node: Node, shapes: Mapping[str, Shape], table: Table) -> Batch | None:
    """Return how a line makes one number of something with a row a sample."""
    expr = node.expr
    if not isinstance(expr, Apply) or node.shape or not isinstance(expr.args[0], Symbol):
        return None
    shape = shapes[expr.args[0].name]
    if not shape or any(isinstance(dim, str) for dim in shape) or int(shape[0]) < 2:
        return None
    count = int(shape[0])
    row = table[expr.op]
    entries: Expr
    if row.kind == "loss":
        how = reduction_of(expr, row, shape)
        if how not in REDUCED:
            return None
        attrs = tuple(pair for pair in expr.attrs if pair[0] != "reduction")
        entries = Apply(expr.op, expr.args, (*attrs, ("reduction", Symbol("none"))))
        inner = shape[:-1] if row.per_sample else shape
    elif expr.op in ("sum", "mean") and expr.attr("axis") is None:
        how, entries, inner = expr.op, expr.args[0], shape
    else:
        return None
    factor = Fraction(1) if how == "sum" else Fraction(1, count)
    within = "mean" if how == "mean" else "sum"
    averaged = size(inner[1:]) or 1 if how == "mean" else 1
    return Batch(node.name, count, factor, _each(node, entries, inner, within), averaged)


def _each(node: Node, entries: Expr, shape: Shape, how: str) -> tuple[Node, ...]:
    """Return the lines that compute one loss a sample from its entries."""
    lines = [Node(ENTRIES, entries, shape, node.span, hidden=True)]
    expr: Expr = Symbol(ENTRIES)
    while len(shape) > 1:
        shape = shape[:-1]
        expr = Apply(how, (expr,), (("axis", number(-1)),))
        if len(shape) > 1:
            name = f"{ENTRIES}_{len(shape)}"
            lines.append(Node(name, expr, shape, node.span, hidden=True))
            expr = Symbol(name)
    lines.append(Node(EACH, expr, shape, node.span))
    return tuple(lines)


def samples(solution: Solution) -> Samples | None:
    """Return what each sample gives; None without a batch, and where values are rounded.

    Values that the file gives are used as in the solution.
    """
    problem = solution.problem
    batch = batch_of(problem)
    shared = _shared(problem, batch) if batch else ()
    if batch is None or not shared or not solution.values or solution.gaps:
        return None
    if problem.rounding is not None or problem.upstream or _numbers(problem, batch) > MOST_NUMBERS:
        return None
    forward = problem.forward
    names = [node.name for node in forward.nodes]
    before = forward.nodes[: names.index(batch.node)]
    graph = Graph(forward.inputs, (*before, *batch.each), EACH)
    backward = differentiate(
        graph,
        [*shared, *(name for name in names if name in graph.shapes)],
        problem.table,
        loss=EACH,
        upstream=(EACH,),
        given=tuple(problem.given),
    )
    seed = gradient_name(EACH, EACH)
    local = [edge.local for edge in backward.edges if edge.local]
    jacobians = {
        name for name in local if len(backward.graph.shapes[name]) > 1 and name in problem.jacobians
    }
    lines = [node for node in backward.graph.nodes if node.name not in jacobians]
    inputs: dict[str, Shape] = {**forward.inputs, seed: (batch.count,)}
    start = {name: data.array for name, data in problem.data.items()}
    given = {name: problem.given[name].array for name in solution.fixed}
    try:
        values = Program([*graph.nodes, *lines], inputs, problem.table).run(
            {**start, seed: np.eye(batch.count)}, given
        )
    except EvaluationError:
        return None

    def of(name: str) -> Array:
        value = values[gradient_name(EACH, name)]
        shape = tuple(int(dim) for dim in graph.shapes[name])
        return np.broadcast_to(value, (batch.count, *shape)) + 0.0

    known = {node.name for node in lines}
    by = {name: of(name) for name in graph.shapes if gradient_name(EACH, name) in known}
    scale, rest = _around(problem, batch, shared, start, given)
    return Samples(
        batch,
        np.asarray(values[EACH]),
        scale,
        {name: by[name] for name in shared},
        {name: value for name, value in by.items() if name not in shared},
        rest,
    )


def _numbers(problem: Problem, batch: Batch) -> int:
    shapes = problem.backward.graph.shapes.values()
    sizes = (int(np.prod([int(dim) for dim in shape], dtype=float)) for shape in shapes)
    return batch.count * sum(sizes)


def _shared(problem: Problem, batch: Batch) -> tuple[str, ...]:
    """Return what all samples share and whose gradient the solution has."""
    own = [
        data.name
        for data in problem.data.values()
        if data.role == "weight" or (data.shape[:1] != (batch.count,) and data.role != "target")
    ]
    known = {node.name for node in problem.backward.graph.nodes}
    if batch.node != problem.loss and gradient_name(problem.loss, batch.node) not in known:
        return ()  # no gradient that is asked for comes from this batch
    return tuple(name for name in own if gradient_name(problem.loss, name) in known)


def _around(
    problem: Problem,
    batch: Batch,
    shared: tuple[str, ...],
    start: Mapping[str, Array],
    given: Mapping[str, Array],
) -> tuple[Fraction, dict[str, Array]]:
    """Return c, and the gradients of what is in the loss beside the losses of the samples."""
    if batch.node == problem.loss:
        return batch.factor, {}
    name = gradient_name(problem.loss, batch.node)
    upstream = Fraction(float(problem.program.run(start, given)[name]))
    without = problem.program.run(start, {**given, name: np.zeros(())})
    rest = {own: without[gradient_name(problem.loss, own)] for own in shared}
    return upstream * batch.factor, {own: value for own, value in rest.items() if value.any()}
