"""Layers beside PyTorch: strides and paddings of all sizes, ties, letters, numbers by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import Number, Symbol, number
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations import layer_shapes as shapes_layers
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import EvaluationError, Program, evaluate
from gradcalc.engine.graph import Node
from tests.engine.running import lines, passes, run
from tests.oracle import needs_torch, torch

F = torch and torch.nn.functional
RANDOM = np.random.default_rng(8)
IMAGE, KERNEL = RANDOM.normal(size=(6, 7)), RANDOM.normal(size=(2, 3))


def solved(text: str, **values: object) -> dict[str, Array]:
    """Return value and gradients of equations that end in L."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    shapes: dict[str, Shape] = {name: array.shape for name, array in arrays.items()}
    forward, backward = passes(lines(text), shapes, tuple(arrays))
    return run(forward, backward.graph, arrays)


def beside(found: dict[str, Array], value: object, **leaves: object) -> None:
    """Compare L = Σ z² with PyTorch's z, and the gradients by the leaves."""
    np.testing.assert_allclose(found["z"], value.detach().numpy(), rtol=1e-12, atol=1e-13)
    (value**2).sum().backward()
    for name, leaf in leaves.items():
        np.testing.assert_allclose(found[f"dL/d{name}"], leaf.grad.numpy(), rtol=1e-11, atol=1e-12)


def leaf(array: Array) -> object:
    return torch.tensor(array, requires_grad=True)


@needs_torch
@pytest.mark.parametrize(
    ("rows", "columns", "stride"), list(product((0, 1, 2, 3), (0, 1, 4), (1, 2, 3)))
)
def test_conv2d(rows: int, columns: int, stride: int) -> None:
    text = f"z = conv2d(x, K, padding={rows}, padding_columns={columns}, stride={stride})"
    x, k = leaf(IMAGE), leaf(KERNEL)
    value = F.conv2d(x[None, None], k[None, None], padding=(rows, columns), stride=stride)[0, 0]
    beside(solved(f"{text}\nL = sum(z^2)", x=IMAGE, K=KERNEL), value, x=x, K=k)


@needs_torch
@pytest.mark.parametrize(("padding", "stride"), list(product((0, 1, 2, 5), (1, 2, 3, 4))))
def test_conv1d(padding: int, stride: int) -> None:
    text = f"z = conv1d(x, k, padding={padding}, stride={stride})\nL = sum(z^2)"
    x, k = leaf(IMAGE[0]), leaf(KERNEL[0])
    value = F.conv1d(x[None, None], k[None, None], padding=padding, stride=stride)[0, 0]
    beside(solved(text, x=IMAGE[0], k=KERNEL[0]), value, x=x, k=k)


@needs_torch
@pytest.mark.parametrize(("size", "stride"), [(1, 1), (2, 2), (2, 3), (3, 3), (2, 5)])
@pytest.mark.parametrize("name", ["max", "mean"])
def test_pooling(name: str, size: int, stride: int) -> None:
    image = np.round(IMAGE)  # with ties: the first of equal entries counts
    function = {"max": F.max_pool2d, "mean": F.avg_pool2d}[name]
    x = leaf(image)
    value = function(x[None, None], size, stride)[0, 0]
    text = f"z = {name}_pool(x, size={size}, stride={stride})\nL = sum(z^2)"
    beside(solved(text, x=image), value, x=x)


@needs_torch
def test_what_the_backward_pass_is_made_of() -> None:
    """Compare spread with a transposed convolution, unpool and the mask with max_unpool2d."""
    x = torch.tensor(IMAGE)[None, None]
    one = torch.ones(1, 1, 1, 1, dtype=x.dtype)
    spread = F.conv_transpose2d(x, one, stride=3)[0, 0].numpy()
    values, shapes = {"x": IMAGE}, {"x": IMAGE.shape}
    found = evaluate(parse("spread(x, stride=3, rows=16, columns=19)"), values, shapes, TABLE)
    np.testing.assert_array_equal(found, spread)
    pooled, where = F.max_pool2d(x, 2, return_indices=True)
    put_back = F.max_unpool2d(pooled, where, 2, output_size=x.shape)[0, 0].numpy()
    found = evaluate(parse("unpool(max_pool(x), x)*max_mask(x)"), values, shapes, TABLE)
    np.testing.assert_array_equal(found, put_back)
    found = evaluate(parse("place(x, first=2, of=8, axis=0)"), values, shapes, TABLE)
    np.testing.assert_array_equal(found, F.pad(x, (0, 0, 1, 1))[0, 0].numpy())


def test_a_convolution_by_hand() -> None:
    """Dumoulin, Visin (2016): the full convolution of the gradient, the kernel turned round."""
    found = solved("z = conv1d(x, k)\nL = sum(z)", x=[1, 2, 4], k=[3, 5])
    np.testing.assert_array_equal(found["z"], [13, 26])
    np.testing.assert_array_equal(found["dL/dx"], [3, 8, 5])
    np.testing.assert_array_equal(found["dL/dk"], [3, 6])


def test_the_backward_pass_says_what_it_is() -> None:
    shapes: dict[str, Shape] = {"x": (5,), "k": (3,)}
    backward = passes(lines("z = conv1d(x, k, padding=1)\nL = sum(z^2)"), shapes, ["x", "k"])[1]
    found = {node.name: format(node.expr) for node in backward.graph.nodes}
    assert found["dL/dx"] == "conv1d(dL/dz, flip(k), padding=1)"
    assert found["dL/dk"] == "conv1d(x, dL/dz, padding=1)"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("conv1d(x, k)", ("N-K+1",)),
        ("conv1d(x, three)", ("N-2",)),
        ("conv1d(x, three, padding=1)", ("N",)),
        ("conv2d(X, T)", ("M-1", "N-2")),
        ("max_pool(x)", ("N/2",)),
        ("flatten(x)", ("N",)),
        ("concat(x, three)", ("N+3",)),
        ("concat(x, x)", ("2N",)),
        ("concat(X, X, axis=1)", ("M", "2N")),
        ("stack(x, x)", (2, "N")),
        ("X[2]", ("N",)),
        ("X[:,2]", ("M",)),
        ("X[2:4]", (3, "N")),
        ("embed(X, three)", (3, "N")),
        ("layer_norm(X)", ("M", "N")),
    ],
)
def test_shapes_of_letters(text: str, shape: Shape) -> None:
    known: dict[str, Shape] = {
        **{"x": ("N",), "k": ("K",), "three": (3,)},
        **{"X": ("M", "N"), "T": (2, 3)},
    }
    forward, backward = passes(lines(f"z = {text}\nL = sum(z^2)"), known, tuple(known))
    assert forward.shapes["z"] == shape
    by_name = {node.name: node.shape for node in backward.graph.nodes}
    assert all(by_name[f"dL/d{name}"] == own for name, own in known.items())


def test_sums_of_letters() -> None:
    assert shapes_layers.total((1, "N-K+1"), (2, "K-1"), (-1, "K"), (1, 1)) == "N"
    assert shapes_layers.total((2, "N"), (-2, "N"), (1, 3)) == 3


def test_a_number_without_a_row() -> None:
    values = {"E": np.eye(2), "c": np.array([1.0, 3.0])}
    shapes: dict[str, Shape] = {"E": (2, 2), "c": (2,)}
    program = Program([Node("e", parse("embed(E, c)"), (2, 2))], shapes, TABLE)
    with pytest.raises(EvaluationError, match="there is no row 3 in a table of 2"):
        program.run(values)
    of_a_class = program.run({**values, "c": np.array([[1.0, 2.0], [1.0, 3.0]])}, strict=False)
    np.testing.assert_array_equal(of_a_class["e"][0], np.eye(2))
    assert np.isnan(of_a_class["e"][1, 1]).all()
    np.testing.assert_array_equal(of_a_class["e"][1, 0], [1, 0])


def test_measures_are_numbers_or_letters() -> None:
    found = shapes_layers.of_convolution((("N",), ("K",)), {}, 0)
    assert found == {"full": Symbol("K-1")}
    found = shapes_layers.of_convolution(((5,), (3,)), {"stride": number(2)}, 0)
    assert found == {"full": Number(number(2).value), "rows": number(3)}
