"""Values of lines: leading axes, given values, what is not a number, warnings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import Apply, Number
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import EvaluationError, Program, evaluate
from gradcalc.engine.graph import Node, build
from gradcalc.engine.operation_functions import kernel_of
from gradcalc.engine.rounding import Rounding
from tests.algebra.samples import samples
from tests.engine.running import lines, passes
from tests.strategies import SHAPES, Example, examples


@settings(max_examples=100)
@given(
    examples(),
    st.sampled_from([(3,), (2,), (1,), (2, 3), (3, 1)]),
    st.sets(st.sampled_from(sorted(SHAPES)), min_size=1),
)
def test_a_class_is_as_many_single_runs(
    example: Example, lead: tuple[int, ...], own: set[str]
) -> None:
    """The class is sometimes as large as a vector is long; some names are shared."""
    forward, backward = passes(list(example.lines), SHAPES, example.read)
    program = Program([*forward.nodes, *backward.graph.nodes], SHAPES, TABLE)
    generator = np.random.default_rng(5)
    values = {
        name: generator.uniform(-1.5, 1.5, lead + value.shape) if name in own else value
        for name, value in example.values.items()
    }
    together = program.run(values)
    shapes = {**forward.shapes, **backward.graph.shapes}
    for student in np.ndindex(lead):
        alone = program.run({n: v[student] if n in own else v for n, v in values.items()})
        for name, expected in alone.items():
            found = together[name]
            if found.ndim > len(shapes[name]):
                aligned = np.broadcast_to(
                    found, lead + found.shape[found.ndim - len(shapes[name]) :]
                )
                found = aligned[student]
            scale = max(1.0, np.abs(expected).max())
            np.testing.assert_allclose(found, expected, atol=1e-11 * scale, err_msg=name)


@pytest.mark.parametrize("row", [r for r in TABLE if r.name != "array"], ids=lambda r: r.name)
@pytest.mark.parametrize("lead", [(3,), (2, 1)])
def test_every_operation_takes_leading_axes(row: Operation, lead: tuple[int, ...]) -> None:
    for sample in samples(row):
        for chosen in (*({name} for name in sample.values), set(sample.values)):
            stacked = {
                name: np.broadcast_to(value, lead + value.shape).copy() if name in chosen else value
                for name, value in sample.values.items()
            }
            found = evaluate(sample.expr, stacked, sample.shapes, TABLE)
            expected = np.broadcast_to(sample.value, lead + sample.value.shape)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14, err_msg=str(sample))


@pytest.mark.parametrize(
    ("text", "values", "line", "reason", "formula"),
    [
        ("a = 2*x\nL = exp(a)", {"x": 1000.0}, "L", "overflow", "exp(a)"),
        ("L = log(x)", {"x": 0.0}, "L", "divide by zero", "log(x)"),
        ("L = log(x)", {"x": -1.0}, "L", "invalid", "log(x)"),
        ("L = 1/x", {"x": 0.0}, "L", "divide by zero", "1/x"),
        ("L = x/x", {"x": 0.0}, "L", "invalid", "x/x"),
        ("L = sqrt(x)", {"x": -1.0}, "L", "invalid", "sqrt(x)"),
        ("L = x^-1", {"x": 0.0}, "L", "divide by zero", "x^(-1)"),
        ("L = x^0.5", {"x": -1.0}, "L", "invalid", "x^0.5"),
        ("a = x*x\nL = a*a", {"x": 1e160}, "a", "overflow", "x*x"),
        ("L = binary_cross_entropy(x, 1)", {"x": 0.0}, "L", "divide by zero", "xlogy(1, x)"),
        ("L = x*1e400", {"x": 1.0}, "L", "overflow", "L"),
    ],
)
def test_a_value_that_is_not_a_number_is_named(
    text: str, values: dict[str, float], line: str, reason: str, formula: str
) -> None:
    shapes: dict[str, Shape] = dict.fromkeys(values, ())
    forward = build(lines(text), shapes, TABLE)
    program = Program(forward.nodes, shapes, TABLE)
    with pytest.raises(EvaluationError) as caught:
        program.run({name: np.asarray(value) for name, value in values.items()})
    error = caught.value
    assert (error.line, format(error.expr)) == (line, formula)
    assert reason in error.reason
    assert str(error).startswith(f"{line}: ")


def test_one_bad_entry_of_many_is_an_error() -> None:
    with pytest.raises(EvaluationError) as caught:
        value("sum(log(u))", u=np.array([1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(caught.value.operands[0], [1, 0, 2])


def value(text: str, **values: object) -> Array:
    arrays = {name: np.asarray(v, dtype=float) for name, v in values.items()}
    return evaluate(parse(text), arrays, {n: a.shape for n, a in arrays.items()}, TABLE)


def test_underflow_is_zero() -> None:
    assert value("exp(x)", x=-1000) == 0
    assert value("sigmoid(x)", x=-1000) == 0
    assert value("x*1e-400", x=1) == 0
    assert value("1e-200*x", x=1e-200) == 0


def test_a_number_is_the_nearest_float() -> None:
    for text in ("0.1", "1/3", "1e-3", "2.675"):
        expr = parse(text)
        assert isinstance(expr, Number)
        assert value(text) == float(expr.value)


def test_the_norm_of_huge_and_tiny_numbers() -> None:
    np.testing.assert_allclose(value("norm(u)", u=[3e200, 4e200]), 5e200)
    np.testing.assert_allclose(value("norm(u)", u=[3e-200, 4e-200]), 5e-200)
    assert value("norm(u)", u=[0, 0]) == 0


def test_a_given_value_stands_in_place_of_the_computed_one() -> None:
    shapes: dict[str, Shape] = {"x": ()}
    forward = build(lines("a = 2*x\nb = a + 1\nc = a*b"), shapes, TABLE)
    found = Program(forward.nodes, shapes, TABLE).run(
        {"x": np.asarray(1.0)}, given={"a": np.asarray(10.0)}
    )
    assert {name: float(v) for name, v in found.items()} == {"x": 1, "a": 10, "b": 11, "c": 110}


def test_rounded_values_are_carried_on() -> None:
    shapes: dict[str, Shape] = {"x": ()}
    forward = build(lines("a = x/3\nb = 30*(a + x)\nc = 3*a"), shapes, TABLE)
    program = Program(forward.nodes, shapes, TABLE)
    found = program.run({"x": np.asarray(1.0)}, adjust=Rounding(named={"a": 2}))
    assert float(found["a"]) == 0.33
    assert float(found["c"]) == 0.99
    np.testing.assert_allclose(found["b"], 39.9, rtol=1e-15)


def test_a_smaller_value_fills_the_shape_of_its_line() -> None:
    program = Program([Node("v", parse("2"), (2, 3))], {}, TABLE)
    np.testing.assert_array_equal(program.run({})["v"], np.full((2, 3), 2.0))


def test_the_kernel_of_an_operation() -> None:
    expr = parse("max(a, b)")
    assert isinstance(expr, Apply)
    kernel = kernel_of(expr, (1, 0))
    np.testing.assert_array_equal(kernel(np.array([1.0, 3.0]), np.asarray(2.0)), [2, 3])
