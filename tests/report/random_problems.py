"""Random problem files that people might write: networks, batches, equations."""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

ACTIVATIONS = (
    "relu",
    "sigmoid",
    "tanh",
    "identity",
    "leaky_relu(alpha=0.1)",
    "softplus",
    "softmax",
    "elu(alpha=0.5)",
    "gelu",
    "hardswish",
    "relu6",
    "sparsemax",
    "keras.LeakyReLU",
    "sin",
    "abs",
    "exp",
)
LOSSES = (
    "squared_error",
    "half_squared_error",
    "mse",
    "l1",
    "huber(delta=0.5)",
    "hinge",
    "rmse",
    "log_cosh",
    "pinball(tau=0.9)",
    "categorical_hinge",
    "cosine_loss",
    "cross_entropy",
    "softmax_cross_entropy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
)
FUNCTIONS = ("sin", "tanh", "exp", "relu", "sigmoid", "abs")


def number(random: Random) -> float:
    return random.choice([0, 1, -1, 2, 0.5, -0.3, random.randint(-300, 300) / 100])


def vector(random: Random, count: int) -> list[float]:
    return [number(random) for _ in range(count)]


def matrix(random: Random, rows: int, columns: int) -> list[list[float]]:
    return [vector(random, columns) for _ in range(rows)]


def network(random: Random) -> dict[str, Any]:
    layers = random.randint(1, 3)
    sizes = [random.randint(1, 4), *(random.choice([1, 2, 3, 6]) for _ in range(layers))]
    batch = random.choice([None, None, 2, 3, 9])
    turned = random.random() < 0.5
    weights: dict[str, Any] = {}
    for n in range(1, layers + 1):
        inputs, units = sizes[n - 1], sizes[n]
        rows, columns = (inputs, units) if turned else (units, inputs)
        weights[f"W{n}"] = matrix(random, rows, columns)
        if random.random() < 0.8:
            weights[f"b{n}"] = vector(random, units) if random.random() < 0.8 else number(random)
    found: dict[str, Any] = {
        "inputs": {"x": matrix(random, batch, sizes[0]) if batch else vector(random, sizes[0])},
        "targets": {"y": matrix(random, batch, sizes[-1]) if batch else vector(random, sizes[-1])},
        "weights": weights,
        "weights_layout": "inputs_by_units" if turned else "units_by_inputs",
        "activations": [random.choice(ACTIVATIONS) for _ in range(layers)],
        "loss": random.choice(LOSSES),
    }
    if random.random() < 0.2 and not batch and layers > 1:
        found["given"] = {"a1": vector(random, sizes[1])}
    if random.random() < 0.2:
        found["rounding"] = random.choice([{"decimals": 2}, {"significant": 3}, {"yhat": 2}])
    return found


def formula(random: Random, names: list[str], depth: int) -> str:
    if depth == 0:
        return random.choice([*names, str(abs(number(random)))])
    a, b, c, d = (formula(random, names, depth - 1) for _ in range(4))
    return random.choice(
        [
            f"({a} + {b})",
            f"({a} - {b})",
            f"{a}*{b}",
            f"({a})^2",
            f"-{a}",
            f"where({a} > {b}, {c}, {d})",
            f"max({a}, {b})",
            f"({a})/(1 + ({b})^2)",
            f"{random.choice(FUNCTIONS)}({a})",
        ]
    )


def equations(random: Random) -> dict[str, Any]:
    count = random.choice([None, 2, 5])
    values = {n: vector(random, count) if count else number(random) for n in ("p", "q", "r")}
    names = ["p", "q", "r"]
    lines = []
    for i in range(random.randint(1, 3)):
        lines.append(f"u{i} = {formula(random, names, random.randint(1, 3))}")
        names.append(f"u{i}")
    lines.append(f"L = sum({names[-1]}*q)" if count else f"L = {names[-1]}*q")
    return {
        "inputs": {"p": values["p"], "q": values["q"]},
        "weights": {"r": values["r"]},
        "equations": "\n".join(lines),
        "find": ["dL/dp", "dL/dq", "dL/dr"],
    }


def problem(seed: int) -> str:
    """Return the text of a random problem file, the same for the same seed."""
    random = Random(seed)
    content = network(random) if seed % 2 else equations(random)
    return yaml.safe_dump(content, sort_keys=False)
