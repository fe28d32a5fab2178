"""Random problems of the kinds that people set: networks, batches, two paths, weight decay."""

from __future__ import annotations

from random import Random

import numpy as np

import gradcalc
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.lines import Lines, lines_of
from tests.benchmarks.students import gradients

HIDDEN = ("sigmoid", "tanh", "relu", "leaky_relu(alpha=0.1)", "softplus", "identity")
PLAIN_LOSSES = (
    "squared_error",
    "half_squared_error",
    "mse",
    "huber(delta=0.5)",
    "l1",
    "binary_cross_entropy_with_logits",
)
KINDS = ("layers",) * 12 + ("skip", "residual", "shared", "decay", "paths", "powers", "kink")
DRAWS = 50
LEAST = 2e-3
"""Of the largest entry of a gradient: below it nothing shows at four decimals."""


def network(seed: int) -> Lines:
    """Return the lines of a random problem whose gradients can be seen at four decimals."""
    random = Random(seed)
    for _ in range(DRAWS):
        try:
            lines = lines_of(gradcalc.load(_text(random)))
            if _lively(lines):
                return lines
        except ProblemError:
            continue
    raise AssertionError(f"no network for seed {seed}")


def _lively(lines: Lines) -> bool:
    values = [lines.values[name] for name in gradients(lines)]
    seen = [np.abs(value).max(initial=0.0) > LEAST for value in values]
    return bool(seen) and sum(seen) > len(seen) / 2 and seen[-1]


def _text(random: Random) -> str:
    kind = random.choice(KINDS)
    if kind == "layers":
        return _layers(random)
    if kind == "decay":
        return _decay(random)
    return _EQUATIONS[kind](random)


def _number(random: Random, low: float, high: float, decimals: int) -> str:
    while True:
        text = f"{random.uniform(low, high):.{decimals}f}"
        if float(text):
            return text


def _numbers(random: Random, shape: tuple[int, ...], low: float, high: float) -> str:
    decimals = random.choice((1, 1, 2))
    if not shape:
        return _number(random, low, high, decimals)
    if len(shape) == 1:
        return "[" + ", ".join(_number(random, low, high, decimals) for _ in range(shape[0])) + "]"
    rows = (_numbers(random, shape[1:], low, high) for _ in range(shape[0]))
    return "[" + ", ".join(rows) + "]"


def _weights(random: Random, sizes: list[int], layout: str) -> str:
    biases = random.choice(("list", "list", "list", "number", "none"))
    text = "weights:\n"
    for index in range(1, len(sizes)):
        units, inputs = sizes[index], sizes[index - 1]
        shape = (units, inputs) if layout == "units_by_inputs" else (inputs, units)
        text += f"  W{index}: {_numbers(random, shape, -1.2, 1.2)}\n"
        if biases == "list":
            text += f"  b{index}: {_numbers(random, (units,), -0.6, 0.9)}\n"
        elif biases == "number":
            text += f"  b{index}: {_numbers(random, (), -0.6, 0.9)}\n"
    return text


def _sizes(random: Random, layers: int) -> list[int]:
    if random.random() < 0.4:
        return [random.choice((2, 2, 3, 4))] * (layers + 1)
    return [random.randint(1, 4) for _ in range(layers + 1)]


def _target(random: Random, loss: str, rows: int, units: int) -> str:
    """Return targets that go with a loss: classes, probabilities, ±1, or any numbers."""

    def row() -> str:
        if "cross_entropy" in loss and "binary" not in loss:
            hot = random.randrange(units)
            return "[" + ", ".join("1" if at == hot else "0" for at in range(units)) + "]"
        if "binary" in loss:
            return "[" + ", ".join(random.choice("01") for _ in range(units)) + "]"
        if loss == "hinge":
            return "[" + ", ".join(random.choice(("1", "-1")) for _ in range(units)) + "]"
        return _numbers(random, (units,), -1.5, 1.5)

    return "[" + ", ".join(row() for _ in range(rows)) + "]" if rows else row()


def _head(random: Random, units: int) -> tuple[str, str]:
    """Return an output activation and a loss that go together."""
    choice = random.randrange(10)
    if choice == 0 and units > 1:
        return "softmax", "cross_entropy"
    if choice == 1 and units > 1:
        return "identity", "softmax_cross_entropy"
    if choice == 2:
        return "sigmoid", "binary_cross_entropy"
    if choice == 3:
        return random.choice(("identity", "tanh")), "hinge"
    if choice == 4 and units > 1:
        return random.choice(("softmax", "log_softmax")), random.choice(PLAIN_LOSSES[:3])
    if choice == 5:
        return "sigmoid", "binary_cross_entropy(reduction=mean)"
    loss = random.choice(PLAIN_LOSSES)
    if "logits" in loss:
        return "identity", loss
    return random.choice(HIDDEN), loss


def _layers(random: Random, extra: str = "") -> str:
    layers = random.choice((1, 2, 2, 2, 3, 3, 4))
    sizes = _sizes(random, layers)
    layout = random.choice(("units_by_inputs", "units_by_inputs", "inputs_by_units"))
    rows = random.choice((0, 0, 0, 2, 3))
    one = random.choice(HIDDEN[:-1])
    same = random.random() < 0.5
    hidden = [one if same else random.choice(HIDDEN[:-1]) for _ in range(layers - 1)]
    last, loss = _head(random, sizes[-1])
    x = _numbers(random, (rows, sizes[0]) if rows else (sizes[0],), -1.5, 2.0)
    return (
        f"inputs: {{x: {x}}}\n"
        f"targets: {{y: {_target(random, loss, rows, sizes[-1])}}}\n"
        f"weights_layout: {layout}\n{_weights(random, sizes, layout)}"
        f"activations: [{', '.join([*hidden, last])}]\nloss: {loss}\n"
    )


def _decay(random: Random) -> str:
    layers = random.choice((1, 2, 2))
    sizes = _sizes(random, layers)
    one = random.choice(HIDDEN[:-1])
    squares = " + ".join(f"sum(W{index}^2)" for index in range(1, layers + 1))
    return (
        f"inputs: {{x: {_numbers(random, (sizes[0],), -1.5, 2.0)}}}\n"
        f"targets: {{y: {_numbers(random, (sizes[-1],), -1.5, 1.5)}}}\n"
        f"{_weights(random, sizes, 'units_by_inputs')}"
        f"activations: [{', '.join([one] * (layers - 1) + ['identity'])}]\n"
        f"constants: {{lam: {_number(random, 0.05, 0.6, 1)}}}\n"
        f"equations: |\n  E = {random.choice(PLAIN_LOSSES[:3])}(a{layers}, y)\n"
        f"  L = E + lam/2*({squares})\n"
    )


def _square(random: Random, count: int, inputs: int, equations: str) -> str:
    """Return a problem of equations over square weights W1, W2 and biases b1, b2."""
    numbers = "".join(
        f"  W{at}: {_numbers(random, (inputs, inputs), -1.2, 1.2)}\n"
        f"  b{at}: {_numbers(random, (inputs,), -0.6, 0.9)}\n"
        for at in range(1, count + 1)
    )
    return (
        f"inputs: {{x: {_numbers(random, (inputs,), -1.5, 2.0)}}}\n"
        f"targets: {{y: {_numbers(random, (inputs,), -1.5, 1.5)}}}\n"
        f"weights:\n{numbers}equations: |\n{equations}"
    )


def _skip(random: Random) -> str:
    f = random.choice(HIDDEN[:-1])
    lines = f"  z1 = W1 @ x + b1\n  a1 = {_call(f, 'z1')}\n  z2 = W2 @ a1 + b2\n  yhat = z2 + x\n"
    loss = random.choice(PLAIN_LOSSES[:3])
    return _square(random, 2, random.choice((2, 3)), lines) + f"loss: {loss}\n"


def _residual(random: Random) -> str:
    f = random.choice(HIDDEN[:-1])
    lines = (
        f"  z1 = W1 @ x + b1\n  a1 = {_call(f, 'z1')}\n"
        f"  z2 = W2 @ a1 + b2\n  a2 = {_call(f, 'z2')} + a1\n"
    )
    loss = random.choice(PLAIN_LOSSES[:3])
    return _square(random, 2, random.choice((2, 3)), lines) + f"loss: {loss}\n"


def _shared(random: Random) -> str:
    f = random.choice(("sigmoid", "tanh", "softplus"))
    lines = (
        f"  z1 = W1 @ x + b1\n  a1 = {_call(f, 'z1')}\n"
        f"  z2 = W1 @ a1 + b1\n  a2 = {_call(f, 'z2')}\n"
    )
    loss = random.choice(PLAIN_LOSSES[:3])
    return _square(random, 1, random.choice((2, 3)), lines) + f"loss: {loss}\n"


def _paths(random: Random) -> str:
    f, g = random.choice(HIDDEN[:-1]), random.choice(HIDDEN[:-1])
    lines = (
        f"  z1 = W1 @ x + b1\n  a1 = {_call(f, 'z1')}\n"
        f"  u = W2 @ a1 + b2\n  v = {_call(g, 'a1')}\n  yhat = u*v\n"
    )
    loss = random.choice(PLAIN_LOSSES[:3])
    return _square(random, 2, random.choice((2, 3)), lines) + f"loss: {loss}\n"


def _powers(random: Random) -> str:
    value = {name: _number(random, 0.3, 1.8, 1) for name in "xwv"}
    power = random.choice((2, 3, 4))
    outer = random.choice(("exp(-u)", "sqrt(u^2 + 1)", "sin(u)", "log(u^2 + 1)"))
    return (
        f"inputs: {{x: {value['x']}}}\nweights: {{w: {value['w']}, v: {value['v']}}}\n"
        f"equations: |\n  u = w*x^{power} - v\n  s = {outer}\n  L = (s - v)^{power}\n"
    )


def _kink(random: Random) -> str:
    """Return a network of whole numbers with one unit exactly at the kink of ReLU."""
    x = [random.choice((1, 2, -1)) for _ in range(2)]
    W = [[random.choice((1, 2, -1, -2)) for _ in x] for _ in range(2)]
    zero = -sum(w * v for w, v in zip(W[0], x, strict=True))
    one = 1 - sum(w * v for w, v in zip(W[1], x, strict=True))
    return (
        f"inputs: {{x: {x}}}\ntargets: {{y: [{_number(random, 0.5, 2, 1)}]}}\n"
        f"weights:\n  W1: {W}\n  b1: [{zero}, {one}]\n"
        f"  W2: {_numbers(random, (1, 2), -1.2, 1.2)}\n  b2: [{_number(random, -1, 1, 1)}]\n"
        f"activations: [relu, identity]\nloss: half_squared_error\n"
    )


def _call(activation: str, operand: str) -> str:
    name, bracket, rest = activation.partition("(")
    return f"{name}({operand}, {rest}" if bracket else f"{name}({operand})"


_EQUATIONS = {
    "skip": _skip,
    "residual": _residual,
    "shared": _shared,
    "paths": _paths,
    "powers": _powers,
    "kink": _kink,
}
