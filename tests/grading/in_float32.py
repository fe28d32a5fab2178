"""Drawn networks run in single precision, by NumPy or by PyTorch, and printed as these print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np

F = np.float32
ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity", "softplus")
LOSSES = ("half_squared_error", "squared_error", "mse", "binary_cross_entropy")


@dataclass(frozen=True)
class Run:
    """A problem file, and the values that single precision gives of it, by name."""

    text: str
    values: dict[str, np.ndarray]


def decimals(chance: Random, *shape: int) -> Any:
    """Return numbers of two decimals, nested as lists."""
    if not shape:
        return chance.choice((-1, 1)) * chance.randint(5, 150) / 100
    return [decimals(chance, *shape[1:]) for _ in range(shape[0])]


def run(chance: Random, backend: str = "numpy") -> Run:
    """Return a drawn network of one to three layers, run by NumPy or PyTorch in float32."""
    layers = chance.randint(1, 3)
    sizes = [chance.randint(1, 4) for _ in range(layers + 1)]
    batch = chance.choice((0, 0, 3))
    acts = [chance.choice(ACTIVATIONS) for _ in range(layers)]
    loss = chance.choice(LOSSES)
    if loss == "binary_cross_entropy":
        acts[-1] = "sigmoid"
    lead = (batch,) if batch else ()
    x = decimals(chance, *lead, sizes[0])
    y = decimals(chance, *lead, sizes[-1])
    if loss == "binary_cross_entropy":
        y = np.abs(np.sign(np.floor(np.array(y) * 100) % 2)).tolist()
    weights = [decimals(chance, after, before) for before, after in pairwise(sizes)]
    biases = [decimals(chance, after) for after in sizes[1:]]
    text = f"inputs: {{x: {x}}}\ntargets: {{y: {y}}}\nweights:\n"
    for at in range(layers):
        text += f"  W{at + 1}: {weights[at]}\n  b{at + 1}: {biases[at]}\n"
    text += f"activations: [{', '.join(acts)}]\nloss: {loss}(reduction=sum)\n"
    made = in_numpy if backend == "numpy" else in_torch
    return Run(text, made(x, y, weights, biases, acts, loss))


def in_numpy(
    x: Any, y: Any, weights: list[Any], biases: list[Any], acts: list[str], loss: str
) -> dict[str, np.ndarray]:
    """Return all values of both passes, every operation made in float32."""
    one, a, target = F(1), np.array(x, dtype=F), np.array(y, dtype=F)
    batch = a.ndim == 2
    found: dict[str, np.ndarray] = {}
    inputs, pre = [], []
    arrays = [
        (np.array(W, dtype=F), np.array(b, dtype=F)) for W, b in zip(weights, biases, strict=True)
    ]
    for at, ((W, b), act) in enumerate(zip(arrays, acts, strict=True), start=1):
        inputs.append(a)
        z = a @ W.T + b if batch else W @ a + b
        a = FORWARD[act](z)
        pre.append(z)
        found[f"z{at}"], found["yhat" if at == len(acts) else f"a{at}"] = z, a
    if loss == "binary_cross_entropy":
        found["L"] = -(target * np.log(a) + (one - target) * np.log(one - a)).sum(dtype=F)
        delta = (a - target) / (a * (one - a))
    else:
        factor = F(0.5) if loss.startswith("half") else one
        found["L"] = factor * np.square(a - target).sum(dtype=F)
        delta = F(2) * factor * (a - target)
    found["dL/dyhat"] = delta
    for at in range(len(acts), 0, -1):
        W = arrays[at - 1][0]
        delta = delta * SLOPE[acts[at - 1]](pre[at - 1])
        found[f"dL/dz{at}"] = delta
        found[f"dL/dW{at}"] = delta.T @ inputs[at - 1] if batch else np.outer(delta, inputs[at - 1])
        found[f"dL/db{at}"] = delta.sum(axis=0, dtype=F) if batch else delta
        delta = delta @ W if batch else W.T @ delta
        if at > 1:
            found[f"dL/da{at - 1}"] = delta
    assert all(value.dtype == F for value in found.values())
    return found


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return F(1) / (F(1) + np.exp(-z))


FORWARD: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, F(0)),
    "identity": lambda z: z,
    "softplus": lambda z: np.log1p(np.exp(z)),
}
SLOPE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda z: _sigmoid(z) * (F(1) - _sigmoid(z)),
    "tanh": lambda z: F(1) - np.square(np.tanh(z)),
    "relu": lambda z: (z > 0).astype(F),
    "identity": np.ones_like,
    "softplus": _sigmoid,
}


def in_torch(
    x: Any, y: Any, weights: list[Any], biases: list[Any], acts: list[str], loss: str
) -> dict[str, np.ndarray]:
    """Return the values of both passes as PyTorch makes them of float32 tensors."""
    import torch
    from torch.nn import functional

    def tensor(data: Any) -> Any:
        return torch.tensor(data, dtype=torch.float32)

    kept: dict[str, Any] = {}
    a = tensor(x)
    for at, (W, b, act) in enumerate(zip(weights, biases, acts, strict=True), start=1):
        own = {f"W{at}": tensor(W).requires_grad_(), f"b{at}": tensor(b).requires_grad_()}
        z = functional.linear(a, own[f"W{at}"], own[f"b{at}"])
        a = {
            "sigmoid": torch.sigmoid,
            "tanh": torch.tanh,
            "relu": torch.relu,
            "identity": lambda z: z * 1,
            "softplus": functional.softplus,
        }[act](z)
        last = "yhat" if at == len(acts) else f"a{at}"
        kept |= own | {f"z{at}": z, last: a}
        z.retain_grad()
        a.retain_grad()
    if loss == "binary_cross_entropy":
        total = functional.binary_cross_entropy(a, tensor(y), reduction="sum")
    else:
        total = torch.square(a - tensor(y)).sum() * (0.5 if loss.startswith("half") else 1)
    total.backward()
    found = {name: value.detach().numpy() for name, value in kept.items() if name[0] not in "Wb"}
    found |= {f"dL/d{name}": value.grad.numpy() for name, value in kept.items()}
    return found | {"L": total.detach().numpy()}


# --- how they print --------------------------------------------------------------------------


def shortest(value: np.floating) -> str:
    """Return the shortest decimal of a float32, as NumPy prints one."""
    return str(value)


def full(value: np.floating) -> str:
    """Return all digits of a float32, as `item()` and `tolist()` of a tensor print them."""
    return repr(float(value))


def fixed(value: np.floating) -> str:
    """Return eight decimals, as an array or a tensor with that precision is printed."""
    return f"{float(value):.8f}"


def short(value: np.floating) -> str:
    """Return four decimals, as a tensor is printed."""
    return f"{float(value):.4f}"


def sheet(values: dict[str, np.ndarray], spell: Callable[[np.floating], str]) -> str:
    """Return a sheet of answers, one line a quantity."""
    lines = []
    for name, value in values.items():
        rows = np.atleast_2d(value)
        body = "; ".join(" ".join(spell(entry) for entry in row) for row in rows)
        lines.append(f"{name} = [{body}]" if value.ndim else f"{name} = {body}")
    return "\n".join(lines) + "\n"
