"""The numerical check passes what is right, fails what is broken, and lists kinks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, mul, neg, number
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import Backward, differentiate
from gradcalc.engine.differences import LIMIT, Check
from gradcalc.engine.evaluate import Program
from gradcalc.engine.gradient_check import check, kinks_of
from gradcalc.engine.graph import Graph, Line, build
from tests.algebra.samples import samples
from tests.engine.running import lines, passes

NETWORK = """\
z1 = W1 @ x + b1
a1 = tanh(z1)
z2 = W2 @ a1 + b2
yhat = sigmoid(z2)
L = half_squared_error(yhat, y) + 1/2*lam*sum(W1^2)"""
SHAPES: dict[str, Shape] = {
    "x": (3,),
    "W1": (3, 3),
    "b1": (3,),
    "W2": (2, 3),
    "b2": (2,),
    "y": (2,),
    "lam": (),
}
WANTED = ("W1", "b1", "W2", "b2", "x")


def network() -> tuple[Graph, Backward, dict[str, Array]]:
    forward, backward = passes(lines(NETWORK), SHAPES, WANTED)
    generator = np.random.default_rng(2)
    values = {name: generator.uniform(0.2, 1, tuple(shape)) for name, shape in SHAPES.items()}
    return forward, backward, values


def checked(forward: Graph, backward: Backward, values: dict[str, Array]) -> Check:
    program = Program([*forward.nodes, *backward.graph.nodes], forward.inputs, TABLE)
    return check(forward, backward, program.run(values), TABLE, forward.output or "")


def test_a_right_backward_pass_is_clean() -> None:
    found = checked(*network())
    assert found.failed == ()
    assert found.kinks == ()
    assert found.max_error < 1e-8


def flipped(expr: Expr) -> Expr:
    return neg(expr)


def doubled(expr: Expr) -> Expr:
    return mul(number(2), expr)


def halved(expr: Expr) -> Expr:
    return mul(Number(number(1).value / 2), expr)


def shifted(expr: Expr) -> Expr:
    return add(expr, Number(number(1).value / 1000))


def transposed(expr: Expr) -> Expr:
    return Apply("transpose", (expr,))


@pytest.mark.parametrize("mutant", [flipped, doubled, halved, shifted])
def test_a_broken_edge_fails(mutant: Callable[[Expr], Expr]) -> None:
    forward, backward, values = network()
    for index, edge in enumerate(backward.edges):
        broken = list(backward.edges)
        broken[index] = replace(edge, contribution=mutant(edge.contribution))
        found = checked(forward, replace(backward, edges=tuple(broken)), values)
        assert f"dL/d{edge.operand}" in found.failed, f"{edge.node} → {edge.operand}"
        assert found.max_error > LIMIT


def test_a_lost_transpose_fails() -> None:
    forward, backward, values = network()
    for index, edge in enumerate(backward.edges):
        if edge.operand != "W1" or "outer" not in format(edge.contribution):
            continue
        broken = list(backward.edges)
        broken[index] = replace(edge, contribution=transposed(edge.contribution))
        assert checked(forward, replace(backward, edges=tuple(broken)), values).failed == (
            "dL/dW1",
        )
        return
    raise AssertionError("no outer product in the gradient of W1")


def test_a_broken_local_derivative_fails() -> None:
    forward, backward, values = network()
    for name in ("da1/dz1", "dyhat/dz2"):
        nodes = tuple(
            replace(node, expr=doubled(node.expr)) if node.name == name else node
            for node in backward.graph.nodes
        )
        found = checked(
            forward, replace(backward, graph=replace(backward.graph, nodes=nodes)), values
        )
        assert name in found.failed


def test_a_lost_edge_is_not_what_this_check_sees() -> None:
    """It compares each contribution; that none is missing is tested in test_autodiff."""
    forward, backward, values = network()
    fewer = replace(backward, edges=backward.edges[1:])
    assert checked(forward, fewer, values).failed == ()


def test_a_wrong_jacobian_fails() -> None:
    shapes: dict[str, Shape] = {"z": (3,), "y": (3,)}
    forward, backward = passes(lines("p = softmax(z)\nL = cross_entropy(p, y)"), shapes, ["z"])
    values = {"z": np.array([0.1, 0.5, -0.3]), "y": np.array([0.0, 1.0, 0.0])}
    assert checked(forward, backward, values).failed == ()
    nodes = tuple(
        replace(n, expr=parse("diag(p)")) if n.name == "dp/dz" else n for n in backward.graph.nodes
    )
    broken = replace(backward, graph=replace(backward.graph, nodes=nodes))
    assert "dp/dz" in checked(forward, broken, values).failed


@pytest.mark.parametrize(
    ("text", "x", "kinks"),
    [
        ("a = relu(x)\nL = sum(a)", [0.0, 1.0, -1.0], ("x[1]",)),
        ("a = relu(x)\nL = sum(a)", [1e-7, 1.0, 0.0], ("x[1]", "x[3]")),
        ("a = leaky_relu(x)\nL = sum(a)", [1.0, 0.0, -1.0], ("x[2]",)),
        ("L = sum(abs(x))", [1.0, 0.0, -1.0], ("x[2]",)),
        ("L = l1(x, y)", [0.5, 1.0, 0.0], ("x[1]",)),
        ("L = huber(x, y)", [1.5, 1.0, 0.0], ("x[1]",)),
        ("L = sum(max(x, y))", [0.5, 1.0, 0.0], ("x[1]",)),
        ("L = norm(x)", [0.0, 0.0, 0.0], ("x[1]", "x[2]", "x[3]")),
        ("L = sum(x^2)", [0.0, 1.0, 0.0], ()),
        ("L = sum(where(x > y, x, 2*x))", [0.5, 1.0, 0.0], ("x[1]",)),
    ],
)
def test_entries_at_a_kink_are_listed_and_held(
    text: str, x: list[float], kinks: tuple[str, ...]
) -> None:
    shapes: dict[str, Shape] = {"x": (3,), "y": (3,)}
    forward, backward = passes(lines(text), shapes, ["x"])
    values = {"x": np.array(x), "y": np.full(3, 0.5)}
    found = checked(forward, backward, values)
    assert found.kinks == kinks
    assert found.failed == ()


def test_a_line_is_checked_where_it_holds_exactly() -> None:
    """Rounded values do not spoil the check: each line is recomputed from its operands."""
    forward, backward, values = network()
    program = Program([*forward.nodes, *backward.graph.nodes], forward.inputs, TABLE)
    rounded = program.run(values, adjust=lambda _, value: np.round(value, 1))
    assert check(forward, backward, rounded, TABLE, "L").failed == ()


def test_a_large_operand_is_checked_along_directions() -> None:
    shapes: dict[str, Shape] = {"W": (1200, 2), "x": (2,)}
    forward, backward = passes(lines("z = W @ x\nL = sum(z^2)"), shapes, ["W"])
    generator = np.random.default_rng(0)
    values = {"W": generator.normal(size=(1200, 2)), "x": np.array([0.5, -1.0])}
    found = checked(forward, backward, values)
    assert found.sampled
    assert found.failed == ()
    broken = tuple(
        replace(edge, contribution=flipped(edge.contribution)) if edge.operand == "W" else edge
        for edge in backward.edges
    )
    assert checked(forward, replace(backward, edges=broken), values).failed == ("dL/dW",)


def wrong(row: Operation) -> Operation:
    """Return a row with the sign of its derivatives turned round."""
    if row.derivative is not None:
        return replace(row, derivative=tuple(f"-({text or 0})" for text in row.derivative))
    if isinstance(row.vjp, Mapping):
        turned = {ranks: tuple(f"-({t})" for t in texts) for ranks, texts in row.vjp.items()}
        return replace(row, vjp=turned)
    spread_out = f"-({row.spread_out})" if row.spread_out else None
    texts = tuple(f"-({text})" for text in row.vjp or ())
    return replace(row, vjp=texts, spread_out=spread_out)


SLOPED = [
    row
    for row in TABLE
    if row.name not in ("array", "one_hot", "max_mask")
    and not row.variadic
    and any(t != "0" for t in row.derivative or "1")
]


@pytest.mark.parametrize("row", SLOPED, ids=lambda row: row.name)
def test_a_wrong_row_of_the_table_fails(row: Operation) -> None:
    table = TABLE.extended([replace(wrong(row), prime=False)])
    failed = []
    for sample in (*samples(row)[:6], *samples(row)[-6:]):
        equations = [Line("v", sample.expr), Line("L", parse("sum(c*v)"))]
        forward = build(equations, {**sample.shapes, "c": sample.shape}, table)
        backward = differentiate(forward, tuple(sample.values), table, loss="L")
        weight = np.random.default_rng(0).uniform(0.5, 1, tuple(map(int, sample.shape)))
        program = Program([*forward.nodes, *backward.graph.nodes], forward.inputs, table)
        values = program.run({**sample.values, "c": weight})
        failed += check(forward, backward, values, table, "L").failed
        if failed:
            break
    assert failed


def test_kinks_of_a_formula() -> None:
    expr = parse("relu(x)*abs(x - y)")
    assert [format(kink) for kink in kinks_of(expr, TABLE)] == ["x", "x - y"]
    assert kinks_of(Symbol("x"), TABLE) == []


def test_a_probability_near_0_and_a_very_large_loss_do_not_fail() -> None:
    tiny = "inputs: {z: [0, 25, 3]}\ntargets: {t: [1, 0, 0]}\nequations: |\n"
    tiny += "  y = softmax(z)\n  L = cross_entropy(y, t)\n"
    large = "inputs: {z: [19, 3]}\ntargets: {t: [1, 0]}\nequations: |\n"
    large += "  y = exp(z)\n  L = half_squared_error(y, t)\n"
    for text in (tiny, large):
        found = gradcalc.solve(gradcalc.load(text)).check
        assert found is not None
        assert found.failed == ()
        assert found.max_error < LIMIT


def test_where_floats_are_too_far_apart_no_difference_tells() -> None:
    solution = gradcalc.solve(gradcalc.load("inputs: {x: 1.0e+16}\nequations: f = sin(x)\n"))
    assert solution.check is not None
    assert (solution.check.failed, solution.check.unchecked) == ((), ("df/dx",))
    square = gradcalc.solve(gradcalc.load("inputs: {x: 1.0e+16}\nequations: f = x^2\n"))
    assert square.check is not None
    assert (square.check.failed, square.check.unchecked) == ((), ())
