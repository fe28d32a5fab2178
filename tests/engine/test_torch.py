"""Random equations, and every activation and loss, against PyTorch's autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, apply
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.graph import Line
from tests.engine.running import passes, run
from tests.strategies import SHAPES, Example, examples

torch = pytest.importorskip("torch")
F = torch.nn.functional
Tensor = Any


def axis(expr: Apply) -> dict[str, Any]:
    """Return the keywords of a reduction."""
    attrs = dict(expr.attrs)
    if "axis" not in attrs:
        return {}
    dim = attrs["axis"]
    assert isinstance(dim, Number)
    return {"dim": int(dim.value), "keepdim": "keepdims" in attrs}


def scalar(expr: Apply, name: str, default: float) -> float:
    value = expr.attr(name)
    return float(value.value) if isinstance(value, Number) else default


def rows(z: Tensor) -> int:
    return z.shape[0] if z.dim() == 2 else 1


TORCH: dict[str, Callable[..., Tensor]] = {
    "add": lambda _, *x: sum(x[1:], x[0]),
    "mul": lambda _, *x: torch.stack(torch.broadcast_tensors(*x)).prod(dim=0),
    "neg": lambda _, x: -x,
    "div": lambda _, a, b: a / b,
    "pow": lambda _, a, b: a**b,
    "sin": lambda _, x: x.sin(),
    "cos": lambda _, x: x.cos(),
    "sqrt": lambda _, x: x.sqrt(),
    "abs": lambda _, x: x.abs(),
    "max": lambda _, a, b: torch.maximum(a, b),
    "tanh": lambda _, x: x.tanh(),
    "sigmoid": lambda _, x: x.sigmoid(),
    "softplus": lambda _, x: F.softplus(x, threshold=1000),
    "relu": lambda _, x: x.relu(),
    "leaky_relu": lambda e, x: F.leaky_relu(x, scalar(e, "alpha", 0.01)),
    "softmax": lambda _, x: x.softmax(dim=-1),
    "log_softmax": lambda _, x: x.log_softmax(dim=-1),
    "sum": lambda e, x: x.sum(**axis(e)),
    "mean": lambda e, x: x.mean(**axis(e)),
    "norm": lambda _, x: torch.linalg.vector_norm(x),
    "dot": lambda _, a, b: a @ b,
    "matmul": lambda _, a, b: a @ b,
    "outer": lambda _, a, b: torch.outer(a, b),
    "transpose": lambda _, a: a.T,
    "diag": lambda _, a: torch.diag(a),
    "half_squared_error": lambda _, y, t: F.mse_loss(y, t, reduction="sum") / 2,
    "mse": lambda _, y, t: F.mse_loss(y, t),
    "huber": lambda e, y, t: F.huber_loss(y, t, reduction="sum", delta=scalar(e, "delta", 1.0)),
    "softmax_cross_entropy": lambda _, y, t: -(t * y.log_softmax(dim=-1)).sum() / rows(y),
}


def torch_value(expr: Expr, values: Mapping[str, Tensor]) -> Tensor:
    """Return the value of a formula, computed by PyTorch alone."""
    if isinstance(expr, Number):
        return torch.tensor(float(expr.value), dtype=torch.float64)
    if isinstance(expr, Symbol):
        return values[expr.name]
    return TORCH[expr.op](expr, *(torch_value(arg, values) for arg in expr.args))


def torch_gradients(lines: tuple[Line, ...], values: Mapping[str, Array]) -> dict[str, Array]:
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    found = dict(leaves)
    for line in lines:
        found[line.name] = torch_value(line.expr, found)
    loss = found[lines[-1].name]
    if loss.requires_grad:
        loss.backward()
    return {
        name: np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()
        for name, leaf in leaves.items()
    } | {lines[-1].name: loss.detach().numpy()}


@settings(max_examples=300)
@given(examples())
def test_random_equations(example: Example) -> None:
    forward, backward = passes(list(example.lines), SHAPES, example.read)
    found = run(forward, backward.graph, example.values)
    expected = torch_gradients(example.lines, example.values)
    np.testing.assert_allclose(found["L"], expected["L"], rtol=1e-10, atol=1e-12)
    for name in example.read:
        scale = max(1.0, np.abs(expected[name]).max())
        np.testing.assert_allclose(
            found[f"dL/d{name}"], expected[name], rtol=0, atol=1e-9 * scale, err_msg=name
        )


def engine(expr: Expr, values: Mapping[str, Array]) -> dict[str, Array]:
    shapes: dict[str, Shape] = {name: value.shape for name, value in values.items()}
    forward, backward = passes([Line("L", expr)], shapes, tuple(values))
    return run(forward, backward.graph, values)


def agree(expr: Expr, values: Mapping[str, Array], model: Callable[..., Tensor]) -> None:
    """Compare value and gradients of a loss with those of a PyTorch function."""
    found = engine(expr, values)
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
    loss = model(*leaves.values())
    loss.backward()
    np.testing.assert_allclose(found["L"], loss.detach().numpy(), rtol=1e-12, atol=1e-13)
    for name, leaf in leaves.items():
        if leaf.grad is not None:
            np.testing.assert_allclose(
                found[f"dL/d{name}"], leaf.grad.numpy(), rtol=1e-12, atol=1e-12
            )


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "softplus": lambda x: F.softplus(x, threshold=1000),
    "softmax": lambda x: x.softmax(dim=-1),
    "log_softmax": lambda x: x.log_softmax(dim=-1),
}
POINTS = np.array([-30.0, -2.5, -1.0, -1e-3, 0.0, 1e-3, 0.5, 3.0, 30.0])


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("shape", [(9,), (3, 3)])
def test_activation(name: str, shape: tuple[int, ...]) -> None:
    weight = np.linspace(-1, 2, 9).reshape(shape)
    expr = apply("sum", apply("mul", Symbol("w"), apply(name, Symbol("x"))))
    agree(
        expr,
        {"w": weight, "x": POINTS.reshape(shape)},
        lambda w, x: (w * ACTIVATIONS[name](x)).sum(),
    )


def entries(name: str, y: Tensor, t: Tensor) -> Tensor:
    """Return the loss of every entry, by PyTorch's own function where it has one."""
    own = {
        "squared_error": lambda: F.mse_loss(y, t, reduction="none"),
        "half_squared_error": lambda: F.mse_loss(y, t, reduction="none") / 2,
        "mse": lambda: F.mse_loss(y, t, reduction="none"),
        "l1": lambda: F.l1_loss(y, t, reduction="none"),
        "huber": lambda: F.huber_loss(y, t, reduction="none"),
        "hinge": lambda: torch.relu(1 - t * y),
        "binary_cross_entropy": lambda: -(t * y.log() + (1 - t) * (1 - y).log()),
        "binary_cross_entropy_with_logits": lambda: F.softplus(y) - t * y,
        "cross_entropy": lambda: -t * y.log(),
        "softmax_cross_entropy": lambda: -t * y.log_softmax(dim=-1),
    }
    return own[name]()


LOSSES = {
    "squared_error": "sum",
    "half_squared_error": "sum",
    "mse": "mean",
    "l1": "sum",
    "huber": "sum",
    "hinge": "sum",
    "binary_cross_entropy": "batchmean",
    "binary_cross_entropy_with_logits": "batchmean",
    "cross_entropy": "batchmean",
    "softmax_cross_entropy": "batchmean",
}


@pytest.mark.parametrize("reduction", [None, "sum", "mean", "batchmean"])
@pytest.mark.parametrize("shape", [(6,), (3, 2)])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name: str, shape: tuple[int, ...], reduction: str | None) -> None:
    generator = np.random.default_rng(4)
    probability = "cross_entropy" in name and name != "softmax_cross_entropy"
    low, high = (0.05, 0.95) if probability else (-2.0, 2.0)
    values = {"y": generator.uniform(low, high, shape), "t": generator.uniform(0, 1, shape)}
    attrs = {} if reduction is None else {"reduction": Symbol(reduction)}
    used = reduction or LOSSES[name]
    if name in ("cross_entropy", "softmax_cross_entropy") and used == "mean":
        used = "batchmean"
    divisor = {"sum": 1, "mean": 6, "batchmean": shape[0] if len(shape) == 2 else 1}[used]
    agree(
        apply(name, Symbol("y"), Symbol("t"), **attrs),
        values,
        lambda y, t: entries(name, y, t).sum() / divisor,
    )


@pytest.mark.parametrize(
    ("call", "model"),
    [
        ("MSELoss(y, t)", torch.nn.MSELoss()),
        ("L1Loss(y, t)", torch.nn.L1Loss()),
        ("HuberLoss(y, t)", torch.nn.HuberLoss()),
        ("HuberLoss(y, t, delta=0.5)", torch.nn.HuberLoss(delta=0.5)),
        ("BCELoss(y, t)", torch.nn.BCELoss()),
        ("BCEWithLogitsLoss(y, t)", torch.nn.BCEWithLogitsLoss()),
        ("CrossEntropyLoss(y, t)", torch.nn.CrossEntropyLoss()),
        ("MSELoss(y, t, reduction=sum)", torch.nn.MSELoss(reduction="sum")),
        ("BCELoss(y, t, reduction=sum)", torch.nn.BCELoss(reduction="sum")),
        ("CrossEntropyLoss(y, t, reduction=sum)", torch.nn.CrossEntropyLoss(reduction="sum")),
    ],
)
def test_the_classes_of_pytorch(call: str, model: Callable[[Tensor, Tensor], Tensor]) -> None:
    generator = np.random.default_rng(6)
    values = {"y": generator.uniform(0.05, 0.95, (4, 3)), "t": generator.uniform(0, 1, (4, 3))}
    agree(parse(call), values, lambda y, t: model(y, t.detach()))


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("max(x, y)", 0.5),
        ("abs(x)", 0.0),
        ("relu(x)", 0.0),
        ("norm(x)", 0.0),
        ("huber(x, y)", 1.5),
        ("leaky_relu(x)", -1.0),
    ],
)
def test_values_at_kinks(text: str, x: float) -> None:
    values = {"x": np.asarray(x), "y": np.asarray(0.5)}
    expr = parse(text)
    found = engine(expr, values)
    expected = torch_gradients((Line("L", expr),), values)
    assert found["dL/dx"] == expected["x"]
    assert found["dL/dy"] == expected["y"]
