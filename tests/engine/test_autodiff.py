"""Derivatives of random equations against central differences of the whole loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import ONE, Symbol, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.entries import indices
from gradcalc.engine.autodiff import differentiate, partial, unbroadcast
from gradcalc.engine.evaluate import Program
from gradcalc.engine.gradient_check import check
from gradcalc.engine.graph import build, visible
from tests.engine.running import lines, passes, run
from tests.strategies import LETTERS, SHAPES, Example, examples


@settings(max_examples=150)
@given(examples())
def test_gradients_against_central_differences(example: Example) -> None:
    forward, backward = passes(list(example.lines), SHAPES, example.read)
    found = run(forward, backward.graph, example.values)
    program = Program(forward.nodes, forward.inputs, TABLE)
    generator = np.random.default_rng(1)
    for name, value in example.values.items():
        gradient = found[f"dL/d{name}"]
        assert gradient.shape == value.shape
        direction = generator.choice([-1.0, 1.0], size=value.shape)
        slopes = []
        for h in (1e-5, 1e-6, 1e-7):  # a kink may lie within one of them
            moved = np.stack([value + h * direction, value - h * direction])
            high, low = program.run({**example.values, name: moved})["L"] * np.ones(2)
            slopes.append((high - low) / (2 * h))
        size = max(1.0, np.abs(gradient).max(), *np.abs(slopes))
        errors = np.abs(np.asarray(slopes) - np.sum(gradient * direction)) / size
        assert errors.min() < 1e-6


@settings(max_examples=80)
@given(examples())
def test_every_line_passes_its_own_check(example: Example) -> None:
    forward, backward = passes(list(example.lines), SHAPES, example.read)
    values = run(forward, backward.graph, example.values)
    found = check(forward, backward, values, TABLE, "L")
    assert found.failed == ()
    assert not found.sampled


@settings(max_examples=100)
@given(examples())
def test_visible_lines_have_the_same_values(example: Example) -> None:
    forward, backward = passes(list(example.lines), SHAPES, example.read)
    full = run(forward, backward.graph, example.values)
    shown = visible(forward, backward.graph, TABLE)
    nodes = [*shown.forward, *shown.backward]
    assert not any(name.startswith("_") for node in nodes for name in symbols(node.expr))
    found = Program(nodes, SHAPES, TABLE).run(example.values)
    for node in nodes:
        if node.name in full:
            scale = max(1.0, np.abs(full[node.name]).max())
            np.testing.assert_allclose(found[node.name], full[node.name], atol=1e-10 * scale)


@settings(max_examples=60)
@given(examples())
def test_letters_for_dimensions_give_the_same_formulas(example: Example) -> None:
    def lettered(shape: Shape) -> Shape:
        return tuple(LETTERS.get(dim, dim) if isinstance(dim, int) else dim for dim in shape)

    numbers, _ = passes(list(example.lines), SHAPES, example.read)
    shapes = {name: lettered(shape) for name, shape in SHAPES.items()}
    forward, backward = passes(list(example.lines), shapes, example.read)
    assert {n: lettered(s) for n, s in numbers.shapes.items()} == forward.shapes
    for node in backward.graph.nodes:
        if node.name in {f"dL/d{name}" for name in shapes}:
            assert node.shape == shapes[node.name.removeprefix("dL/d")]
    visible(forward, backward.graph, TABLE)


@settings(max_examples=60)
@given(examples(), st.floats(-3, 3, allow_subnormal=False))
def test_a_scaled_loss_scales_every_gradient(example: Example, factor: float) -> None:
    forward, backward = passes([*example.lines], SHAPES, example.read)
    once = run(forward, backward.graph, example.values)
    scaled = [*example.lines, *lines("S = factor*L")]
    forward, backward = passes(scaled, {**SHAPES, "factor": ()}, example.read)
    again = run(forward, backward.graph, {**example.values, "factor": np.asarray(factor)})
    for name in example.read:
        expected = factor * once[f"dL/d{name}"]
        scale = max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(again[f"dS/d{name}"], expected, atol=1e-11 * scale)


def gradient(text: str, values: dict[str, object], wanted: str) -> Array:
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    shapes: dict[str, Shape] = {name: array.shape for name, array in arrays.items()}
    forward, backward = passes(lines(text), shapes, [wanted])
    return run(forward, backward.graph, arrays)[f"d{forward.output}/d{wanted}"]


@pytest.mark.parametrize(
    ("text", "values", "wanted", "expected"),
    [
        ("f = -x^3 + 100*(y^2 - x)^2", {"x": 1, "y": 2}, "x", -603),
        ("f = -x^3 + 100*(y^2 - x)^2", {"x": 1, "y": 2}, "y", 2400),
        ("L = x*x*x", {"x": 2}, "x", 12),
        ("L = x", {"x": 2}, "x", 1),
        ("a = x\nL = a + a", {"x": 2}, "x", 2),
        ("L = x/x", {"x": 2}, "x", 0),
        ("a = x^2\nb = a*x\nL = a + b", {"x": 3}, "x", 33),
        ("L = sum(u + s)", {"u": [1, 2, 3], "s": 1}, "s", 3),
        ("L = sum(M + u)", {"M": [[1, 2], [3, 4]], "u": [1, 2]}, "u", [2, 2]),
        ("L = sum(M*R)", {"M": [[1, 2], [3, 4]], "R": [[1, 2]]}, "R", [[4, 6]]),
        ("L = sum(W @ W)", {"W": [[1, 2], [3, 4]]}, "W", [[7, 11], [9, 13]]),
        ("L = dot(u, u)", {"u": [1, 2]}, "u", [2, 4]),
        ("L = u @ u", {"u": [1, 2]}, "u", [2, 4]),
        ("L = u.T @ A @ u", {"u": [1, 2], "A": [[1, 2], [3, 4]]}, "u", [12, 21]),
        ("L = norm(u)", {"u": [3, 4]}, "u", [0.6, 0.8]),
        ("L = sum(M, axis=0) @ u", {"M": [[1, 2], [3, 4]], "u": [1, 2]}, "M", [[1, 2], [1, 2]]),
        (
            "L = mse(M, N)",
            {"M": [[1, 2], [3, 4]], "N": [[0, 0], [0, 0]]},
            "M",
            [[0.5, 1], [1.5, 2]],
        ),
        ("L = sum(where(u > 1, u^2, u))", {"u": [0, 1, 2]}, "u", [1, 1, 4]),
        ("L = sum([1, 2]*u)", {"u": [0, 1]}, "u", [1, 2]),
    ],
)
def test_gradients_known_by_hand(
    text: str, values: dict[str, object], wanted: str, expected: object
) -> None:
    np.testing.assert_allclose(gradient(text, values, wanted), expected, rtol=1e-14)


def test_the_lines_of_a_layer_are_the_textbooks() -> None:
    text = "z1 = W1 @ x + b1\na1 = sigmoid(z1)\nL = half_squared_error(a1, y)"
    shapes: dict[str, Shape] = {"W1": (2, 3), "x": (3,), "b1": (2,), "y": (2,)}
    forward, backward = passes(lines(text), shapes, ["W1", "b1", "x"])
    shown = visible(forward, backward.graph, TABLE)
    assert [f"{n.name} = {format(n.expr)}" for n in shown.backward] == [
        "dL/dL = 1",
        "dL/da1 = a1 - y",
        "da1/dz1 = a1*(1 - a1)",
        "dL/dz1 = dL/da1 * da1/dz1",
        "dL/dW1 = outer(dL/dz1, x)",
        "dL/dx = W1.T @ dL/dz1",
        "dL/db1 = dL/dz1",
    ]
    assert {n.name: n.shape for n in shown.backward}["dL/dW1"] == (2, 3)


def test_only_what_is_wanted_is_derived() -> None:
    text = "z = W @ x\nq = sin(z)\nL = sum(z)"
    forward, backward = passes(lines(text), {"W": (2, 3), "x": (3,)}, ["W"])
    names = {node.name for node in backward.graph.nodes}
    assert "dL/dW" in names
    assert not names & {"dL/dx", "dL/dq"}
    assert forward.output == "L"


def test_what_the_loss_does_not_read_has_gradient_zero() -> None:
    found = gradient("a = u*2\nL = s^2", {"u": [1, 2], "s": 3}, "u")
    np.testing.assert_array_equal(found, [0, 0])


def test_an_upstream_gradient_is_taken_as_given() -> None:
    forward = build(lines("z = W @ x"), {"W": (2, 3), "x": (3,)}, TABLE)
    backward = differentiate(forward, ["W", "x"], TABLE, loss="L", upstream=["z"]).graph
    assert backward.inputs["dL/dz"] == (2,)
    shown = {node.name: format(node.expr) for node in visible(forward, backward, TABLE).backward}
    assert shown == {"dL/dW": "outer(dL/dz, x)", "dL/dx": "W.T @ dL/dz"}


def test_a_given_output_is_what_its_derivative_is_read_off() -> None:
    forward = build(lines("a = relu(z)\nL = sum(a)"), {"z": (2,)}, TABLE)
    backward = differentiate(forward, ["z"], TABLE, loss="L", given=["a"]).graph
    program = Program([*forward.nodes, *backward.nodes], forward.inputs, TABLE)
    z, a = np.array([-1.0, 1.0]), np.array([5.0, 0.0])
    np.testing.assert_array_equal(program.run({"z": z}, given={"a": a})["dL/dz"], [1, 0])


def test_a_known_fact_is_put_in() -> None:
    forward = build(lines("L = softmax_cross_entropy(z, y)"), {"z": (3,), "y": (3,)}, TABLE)
    total = parse("sum(y, axis=-1, keepdims=1)")
    backward = differentiate(forward, ["z"], TABLE, loss="L", facts={total: ONE}).graph
    shown = visible(forward, backward, TABLE).backward
    assert format(shown[-1].expr) == "softmax(z) - y"


def test_the_softmax_jacobian_is_a_line_of_its_own() -> None:
    forward, backward = passes(
        lines("p = softmax(z)\nL = cross_entropy(p, y)"), {"z": (3,), "y": (3,)}, ["z"]
    )
    z, y = np.array([0.1, -0.4, 0.3]), np.array([0.0, 1.0, 0.0])
    found = run(forward, backward.graph, {"z": z, "y": y})
    assert found["dp/dz"].shape == (3, 3)
    np.testing.assert_allclose(found["dL/dp"] @ found["dp/dz"], found["dL/dz"], atol=1e-15)
    np.testing.assert_allclose(found["dL/dz"], found["p"] - y, atol=1e-15)
    np.testing.assert_allclose(found["dL/dz"].sum(), 0, atol=1e-15)


@pytest.mark.parametrize(
    ("shape", "target", "summed"),
    [
        ((2, 3), (2, 3), "g"),
        ((2, 3), (3,), "sum(g, axis=0)"),
        ((2, 3), (), "sum(g)"),
        ((2, 3), (1, 3), "sum(g, axis=0, keepdims=1)"),
        ((2, 3), (2, 1), "sum(g, axis=1, keepdims=1)"),
        ((), (2, 3), "g"),
        (("m", "n"), ("n",), "sum(g, axis=0)"),
    ],
)
def test_what_was_stretched_is_summed(shape: Shape, target: Shape, summed: str) -> None:
    found = unbroadcast(Symbol("g"), shape, target)
    assert format(found) == summed
    if shape:
        assert shape_finder({"g": shape}, TABLE)(found) == target


def test_a_partial_derivative_is_simplified_as_it_is_made() -> None:
    deep = "x"
    for _ in range(20):
        deep = f"sin({deep})*2/2"
    assert partial(parse(deep), "x", TABLE).size < 4000
    assert len(indices((2, 3))) == 6
