"""Random graphs of all operations: reverse mode, central differences, exact differentiation."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import numpy as np
from hypothesis import given, reject, settings

from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.gradient_check import check
from gradcalc.engine.graph import Graph
from tests.engine.running import passes, run
from tests.proof import arithmetic
from tests.proof.arithmetic import Dual
from tests.proof.graphs import CLASSES, INPUTS, ROWS, Drawn, graph, graphs

STEP = 1e-5


def directions(drawn: Drawn) -> dict[str, Array]:
    """Return a direction for every input but the class numbers."""
    generator = np.random.default_rng(len(drawn.lines))
    return {n: generator.uniform(0.5, 1, drawn.values[n].shape) for n in INPUTS}


def forward_mode(drawn: Drawn, along: Mapping[str, Array]) -> tuple[float, float]:
    """Return L and its slope along a direction, each line evaluated with dual numbers."""
    found = {
        name: np.asarray(
            np.frompyfunc(Dual, 2, 1)(value, along.get(name, np.zeros(value.shape))), dtype=object
        )
        for name, value in drawn.values.items()
    }
    for line in drawn.lines:
        found[line.name] = np.asarray(arithmetic.value(line.expr, found), dtype=object)
    last = arithmetic.dual(found["L"].item())
    return float(last.value), float(last.slope)


def central(
    forward: Graph, values: Mapping[str, Array], along: Mapping[str, Array], step: float
) -> float:
    program = Program(forward.nodes, forward.inputs, TABLE)
    moved = (
        {n: v + sign * step * along[n] if n in along else v for n, v in values.items()}
        for sign in (1, -1)
    )
    high, low = (float(program.run(each)["L"]) for each in moved)
    return (high - low) / (2 * step)


def compare(drawn: Drawn) -> bool:
    """Compare all gradients of one graph; tell whether no kink was near."""
    forward, backward = passes(list(drawn.lines), {**INPUTS, **CLASSES}, tuple(INPUTS))
    found = run(forward, backward.graph, drawn.values)
    along = directions(drawn)
    parts = [float(np.sum(found[f"dL/d{name}"] * along[name])) for name in INPUTS]
    slope, room = sum(parts), max(1.0, sum(map(abs, parts)))
    value, exact = forward_mode(drawn, along)
    assert abs(value - found["L"]) <= 1e-11 * max(1.0, abs(value)), drawn.rows
    assert abs(slope - exact) <= 1e-10 * max(room, abs(exact)), drawn.rows
    assert check(forward, backward, found, TABLE, "L").failed == (), drawn.rows
    far, near = (central(forward, drawn.values, along, h) for h in (STEP, STEP / 4))
    if abs(far - near) > 1e-6 * max(room, abs(far)):
        return False  # a kink, or a slope that changes within the step
    assert abs(slope - near) <= 1e-5 * max(room, abs(near)), drawn.rows
    return True


@settings(max_examples=150)
@given(graphs())
def test_gradients_of_random_graphs(drawn: Drawn) -> None:
    try:
        compare(drawn)
    except EvaluationError:  # the direction of a vector of zeros, as a ReLU may give
        reject()


def test_every_operation_occurs_in_a_graph_away_from_kinks() -> None:
    """Deal all rows out, three a graph; nearly all graphs can be compared to the end."""
    rows = list(ROWS)
    Random(1).shuffle(rows)
    dealt = [rows[at : at + 3] for at in range(0, len(rows), 3)]
    compared = [compare(graph(three, seed)) for seed, three in enumerate(dealt)]
    assert sum(compared) >= 0.9 * len(compared)
