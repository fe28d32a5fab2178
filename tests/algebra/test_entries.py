"""One entry of a formula has the value of that entry of the formula's value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import Expr, Symbol
from gradcalc.algebra.formula.shapes import Index, Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.entries import entry, indices
from gradcalc.engine.evaluate import evaluate
from tests.algebra.samples import samples
from tests.strategies import POOL, SHAPES, shaped


def leaf(name: str, index: Index) -> Expr:
    return Symbol("_".join([name, *(str(i + 1) for i in index)]))


def written_out(expr: Expr, shapes: dict[str, Shape], values: dict[str, Array]) -> Array:
    """Return the value of a formula, each entry computed from the formula of that entry."""
    shape_of = shape_finder(shapes, TABLE)
    shape = shape_of(expr)
    entries = {
        leaf(name, index).name: np.asarray(value[index])  # type: ignore[union-attr]
        for name, value in values.items()
        for index in indices(value.shape)
    }
    found = np.zeros(tuple(int(dim) for dim in shape))
    for index in indices(shape):
        scalar = entry(expr, index, leaf, shape_of, TABLE)
        found[index] = evaluate(scalar, entries, dict.fromkeys(entries, ()), TABLE)
    return found


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.name != "sparsemax"], ids=lambda row: row.name
)
def test_entries_of_every_operation(row: Operation) -> None:
    for sample in samples(row):
        found = written_out(sample.expr, sample.shapes, dict(sample.values))
        np.testing.assert_allclose(found, sample.value, rtol=1e-12, atol=1e-13, err_msg=str(sample))


@settings(max_examples=150)
@given(st.data(), st.sampled_from(list(POOL)), st.integers(0, 2**16))
def test_entries_of_any_formula(data: st.DataObject, shape: Shape, seed: int) -> None:
    expr = data.draw(shaped(shape, {s: list(names) for s, names in POOL.items()}, 2))
    generator = np.random.default_rng(seed)
    values = {name: generator.uniform(-1.5, 1.5, tuple(own)) for name, own in SHAPES.items()}
    expected = evaluate(expr, values, SHAPES, TABLE)
    np.testing.assert_allclose(written_out(expr, SHAPES, values), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("text", "index", "scalar"),
    [
        ("M @ u + p", (1,), "(M_2_1*u_1 + M_2_2*u_2 + M_2_3*u_3) + p_2"),
        ("outer(p, u)", (0, 2), "p_1*u_3"),
        ("M.T", (2, 1), "M_2_3"),
        ("2*(u - v)", (0,), "2*(u_1 - v_1)"),
        ("sum(M, axis=0)", (1,), "M_1_2 + M_2_2"),
        ("mean(u)", (), "(u_1 + u_2 + u_3)/3"),
        ("dot(u, v)", (), "u_1*v_1 + u_2*v_2 + u_3*v_3"),
        ("norm(p)", (), "sqrt(p_1^2 + p_2^2)"),
        ("diag(u)", (0, 1), "0"),
        ("R + M", (1, 2), "R_1_3 + M_2_3"),
        ("softmax(p)", (0,), "exp(p_1)/(exp(p_1) + exp(p_2))"),
        ("sum(1/2*(p - r)^2)", (), "1/2*(p_1 - r)^2 + 1/2*(p_2 - r)^2"),
        ("sum(fill(u, rows=2, columns=3), axis=0)", (2,), "u_3 + u_3"),
    ],
)
def test_lines_as_they_are_computed_by_hand(text: str, index: Index, scalar: str) -> None:
    found = entry(parse(text), index, leaf, shape_finder(SHAPES, TABLE), TABLE)
    assert format(found) == scalar


def test_indices_are_in_row_order() -> None:
    assert indices(()) == [()]
    assert indices((2, 2)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
