"""What each sample of a batch gives, against PyTorch and against the whole gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.problem.samples import Samples, batch_of, samples
from tests.oracle import torch
from tests.shown import PROBLEMS, ROOT

REGULARISED = """
inputs: {X: [[1, 2], [3, 4], [0, -1]]}
targets: {y: [0, 1, 1]}
weights: {w: [0.5, -0.5], b: 0.1}
constants: {lam: 0.1}
equations: |
  yhat = X @ w + b
  L = mse(yhat, y) + lam/2*sum(w^2)
"""
EMBEDDED = """
inputs: {X: [[1, 0, 0], [0, 0, 1], [0, 0, 1]]}
targets: {y: [[0], [1], [1]]}
weights: {E: [[0.5, -0.5], [1, 2], [0.3, 0.3]], w: [[1, 2]]}
equations: |
  e = tanh(X @ E)
  yhat = e @ w.T
  J = sqrt(1/3*sum((yhat - y)^2))
"""
MIXED = """
inputs: {x: [[1, 2], [3, -1], [0.5, 0]]}
targets: {y: [[1, 0], [0, 2], [1, 1]]}
weights: {W: [[0.5, -0.2], [0.1, 0.3]], b: [0.1, -0.3]}
equations: |
  z = x @ W + b
  c = z - 1/3*sum(z, axis=0)
  L = half_squared_error(c, y, reduction=mean)
"""


def given(text: str) -> tuple[gradcalc.Solution, Samples]:
    solution = gradcalc.solve(gradcalc.load(text))
    found = samples(solution)
    assert found is not None
    return solution, found


def shipped(name: str) -> tuple[gradcalc.Solution, Samples]:
    return given((ROOT / "problems" / f"{name}.yaml").read_text(encoding="utf-8"))


BATCHES = [
    "batch-mean",
    "batch-norm",
    "batch-sum",
    "dead-unit",
    "hinge-loss",
    "scaled-relu-regression-batch",
    "softmax-batch",
    "tanh-sigmoid-cross-entropy-batch",
    "tanh-sigmoid-regression-batch",
    "xor-network",
]


def test_the_batches_among_the_shipped_problems() -> None:
    found = [path.stem for path in PROBLEMS if samples(gradcalc.solve(gradcalc.load(path)))]
    assert found == BATCHES


@pytest.mark.parametrize(
    "text",
    [
        *((ROOT / "problems" / f"{n}.yaml").read_text() for n in BATCHES),
        REGULARISED,
        EMBEDDED,
        MIXED,
    ],
    ids=[*BATCHES, "regularised", "embedded", "mixed"],
)
def test_the_parts_add_up_to_the_gradient(text: str) -> None:
    solution, found = given(text)
    assert found.parts
    for name, parts in found.parts.items():
        whole = solution.values[f"d{solution.problem.loss}/d{name}"]
        total = float(found.scale) * parts.sum(axis=0) + found.rest.get(name, 0.0)
        assert parts.shape == (found.batch.count, *whole.shape)
        np.testing.assert_allclose(total, whole, rtol=1e-13, atol=1e-15)


def test_the_losses_of_the_samples_by_hand() -> None:
    # (−0.4 − 0)², (−0.4 − 1)², (0.6 − 1)², (1.1 − 1)², and twice the error times x
    for name, scale in (("batch-sum", 1.0), ("batch-mean", 0.25)):
        _, found = shipped(name)
        np.testing.assert_allclose(found.losses, [0.16, 1.96, 0.16, 0.01])
        assert float(found.scale) == scale
        by_hand = [[[-0.8, -1.6]], [[-8.4, -11.2]], [[0, 0.8]], [[0.4, 0]]]
        np.testing.assert_allclose(found.parts["W1"], by_hand, atol=1e-15)
        np.testing.assert_allclose(found.parts["b1"].ravel(), [-0.8, -2.8, -0.8, 0.2])


def one_by_one(
    solution: gradcalc.Solution, loss: Callable[..., Any]
) -> tuple[list[float], dict[str, list[Any]]]:
    """Return the loss and the gradients of each sample, each computed alone by PyTorch."""
    pytest.importorskip("torch")
    data = solution.problem.data
    weights = {
        name: torch.tensor(np.array(d.array), requires_grad=True)
        for name, d in data.items()
        if d.role == "weight"
    }
    known = {n: torch.tensor(np.array(d.array)) for n, d in data.items() if n not in weights}
    losses, gradients = [], {name: [] for name in weights}
    batch = batch_of(solution.problem)
    assert batch is not None
    for i in range(batch.count):
        value = loss(i, **known, **weights)
        losses.append(value.item())
        for name, gradient in zip(
            weights, torch.autograd.grad(value, list(weights.values())), strict=True
        ):
            gradients[name].append(gradient.numpy())
    return losses, gradients


def tanh_sigmoid(i: int, x: Any, W1: Any, b1: Any, W2: Any, b2: Any, **_: Any) -> Any:
    return torch.sigmoid(W2 @ torch.tanh(W1 @ x[i] + b1) + b2)


def mixed(i: int, x: Any, y: Any, W: Any, b: Any) -> Any:
    z = x @ W + b
    return ((z - z.mean(dim=0))[i] - y[i]).square().mean() / 2


ORACLES: dict[str, tuple[str, Callable[..., Any]]] = {
    "scaled-relu-regression-batch": (
        "scaled-relu-regression-batch",
        lambda i, x, y, W1, b1, W2, b2: (
            (W2 @ (5 * torch.relu(W1 @ x[i] + b1)) + b2 - y[i]).square().sum()
        ),
    ),
    "softmax-batch": (
        "softmax-batch",
        lambda i, x, y, W1, b1: -(y[i] * torch.log_softmax(W1 @ x[i] + b1, dim=0)).sum(),
    ),
    "tanh-sigmoid-regression-batch": (
        "tanh-sigmoid-regression-batch",
        lambda i, y, **own: (tanh_sigmoid(i, **own) - y[i]).square().sum(),
    ),
    "tanh-sigmoid-cross-entropy-batch": (
        "tanh-sigmoid-cross-entropy-batch",
        lambda i, y, **own: torch.nn.functional.binary_cross_entropy(
            tanh_sigmoid(i, **own), y[i], reduction="mean"
        ),
    ),
    "regularised": (REGULARISED, lambda i, X, y, w, b, lam: (X[i] @ w + b - y[i]) ** 2),
    "embedded": (
        EMBEDDED,
        lambda i, X, y, E, w: (w @ torch.tanh(X[i] @ E) - y[i]).square().sum(),
    ),
    "mixed": (MIXED, mixed),
}


@pytest.mark.parametrize("name", ORACLES)
def test_the_parts_are_pytorchs_gradients_of_one_sample(name: str) -> None:
    text, loss = ORACLES[name]
    solution, found = shipped(text) if text in BATCHES else given(text)
    losses, gradients = one_by_one(solution, loss)
    np.testing.assert_allclose(found.losses, losses, rtol=1e-12)
    assert set(found.parts) == set(gradients)
    for parameter, parts in found.parts.items():
        np.testing.assert_allclose(parts, np.stack(gradients[parameter]), rtol=1e-11, atol=1e-13)


def test_what_is_no_sum_over_samples_has_no_parts() -> None:
    one = "inputs: {x: [1, 2]}\ntargets: {y: 1}\nweights: {W1: [[1, 2]]}\n"
    layer = "activations: [identity]\nloss: mse\n"
    letters = "inputs: {x: {shape: [m, N]}}\ntargets: {y: {shape: [m, K]}}\nunits: [K]\n"
    twice = "L = mse(X @ w, y) + mse(X @ v, y)"
    both = (
        "inputs: {X: [[1, 2], [0, 1]]}\ntargets: {y: [1, 2]}\nweights: {w: [1, 2], v: [0, 1]}\n"
        f"equations: |\n  {twice}\n"
    )
    for text in (one + layer, letters + layer, both):
        assert batch_of(gradcalc.load(text)) is None


def test_rounded_values_have_no_parts() -> None:
    text = (ROOT / "problems" / "batch-mean.yaml").read_text() + "rounding: {decimals: 2}\n"
    assert samples(gradcalc.solve(gradcalc.load(text))) is None


def test_given_values_are_used_as_they_stand() -> None:
    text = (
        ROOT / "problems" / "batch-sum.yaml"
    ).read_text() + "given: {yhat: [[1], [1], [1], [1]]}\n"
    _, found = given(text)
    np.testing.assert_allclose(found.losses, [1, 0, 0, 0])
    np.testing.assert_allclose(found.parts["b1"].ravel(), [2, 0, 0, 0])
