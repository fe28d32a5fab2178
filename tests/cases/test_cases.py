"""Every shipped problem against numbers that were worked out without gradcalc.

Each case states the values of its problem as decimals worked by hand, or derives them
with plain NumPy, line by line, from numbers written here once more.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import erf, exp, log, sqrt, tanh
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import format
from tests.cases.layers import LAYERS

PROBLEMS = Path(__file__).parents[2] / "problems"
Values = dict[str, object]
WORKED: dict[str, Callable[[], Values]] = {}
LETTERS = {path.stem for path in PROBLEMS.glob("*-letters.yaml")}


def worked(name: str) -> Callable[[Callable[[], Values]], Callable[[], Values]]:
    def keep(case: Callable[[], Values]) -> Callable[[], Values]:
        WORKED[name] = case
        return case

    return keep


def sigma(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


def arrays(*values):
    return tuple(np.array(value, dtype=float) for value in values)


# --- from the documents ------------------------------------------------------------------


@worked("relu-squared-loss")
def relu_squared_loss() -> Values:  # the document's own table; option (i)
    return {
        "y": [0.1, 0, 0.4, 0.7, 0],
        "L": 0.86,
        "dL/dy": [0.2, 0, -1.2, 1.4, 0],
        "dy/dz": [1, 0, 1, 1, 0],
        "dL/dz": [0.2, 0, -1.2, 1.4, 0],
    }


@worked("relu-squared-loss-sharper")
def relu_squared_loss_sharper() -> Values:  # y₂ = 0 is off, and misses its target by 1
    return {
        "y": [0.1, 0, 0.4, 0.7, 0],
        "L": 1.86,
        "dL/dy": [0.2, -2, -1.2, 1.4, 0],
        "dy/dz": [1, 0, 1, 1, 0],
        "dL/dz": [0.2, 0, -1.2, 1.4, 0],
    }


@worked("relu-network-given-values")
def relu_network_given_values() -> Values:
    # The document multiplies by W2 where its transpose is due and gets −4.54, −5.18.
    return {
        "z1": [1.5, 3.4],
        "z3": [15.5],
        "L": 2,
        "dL/dyhat": [-2],
        "dL/dz3": [-2],
        "dL/dW3": [[-12, -14]],
        "dL/db3": -2,
        "dL/da2": [-2.2, -2.4],
        "dL/dz2": [-2.2, -2.4],
        "dL/dW2": [[-8.8, -11], [-9.6, -12]],
        "dL/db2": [-2.2, -2.4],
        "dL/da1": [-3.7, -4.16],
        "dL/dz1": [-3.7, -4.16],
        "dL/dW1": [[-3.7, -7.4, -11.1], [-4.16, -8.32, -12.48]],
        "dL/db1": [-3.7, -4.16],
    }


@worked("relu-backward")
def relu_backward() -> Values:  # dZ = dA, and 0 where Z <= 0
    return {
        "A": [[1.5, 0, 0], [0, 2, 0]],
        "dA/dZ": [[1, 0, 0], [0, 1, 0]],
        "dL/dZ": [[0.2, 0, 0], [0, -1, 0]],
    }


@worked("polynomial-partials")
def polynomial_partials() -> Values:  # −3x² − 200(y² − x) and 400y(y² − x) at (1, 2)
    return {"f": -1 + 100 * 9, "df/dx": -3 - 600, "df/dy": 2400}


@worked("polynomial-descent")
def polynomial_descent() -> Values:
    return polynomial_partials()


@worked("weight-decay-step")
@worked("scaled-relu-regression")
def scaled_relu_regression() -> Values:
    return {
        "z1": [0.2, 0.6, -0.4],
        "a1": [1, 3, 0],
        "z2": [0, 0.7],
        "yhat": [0, 0.7],
        "L": 1.49,
        "dL/dyhat": [-2, 1.4],
        "dL/dW2": [[-2, -6, 0], [1.4, 4.2, 0]],
        "dL/db2": [-2, 1.4],
        "dL/da1": [-0.82, 0.9, -0.66],
        "da1/dz1": [5, 5, 0],
        "dL/dz1": [-4.1, 4.5, 0],
        "dL/dW1": [[-4.1, 8.2], [4.5, -9], [0, 0]],
        "dL/db1": [-4.1, 4.5, 0],
    }


@worked("scaled-relu-regression-batch")
def scaled_relu_regression_batch() -> Values:
    x, y = arrays([[1, -2], [2, 1], [-1, 1.5]], [[1, 0], [2, -1], [0, 1]])
    w1, b1 = arrays([[0.5, 0.2], [-0.4, -0.6], [0.3, 0.4]], [0.1, -0.2, 0.1])
    w2, b2 = arrays([[0.2, -0.1, 0.4], [-0.3, 0.5, 0.1]], [0.1, -0.5])
    z1 = np.array([w1 @ row + b1 for row in x])
    a1 = 5 * np.clip(z1, 0, None)
    yhat = np.array([w2 @ row + b2 for row in a1])
    error = 2 * (yhat - y)
    delta = (error @ w2) * np.where(z1 > 0, 5.0, 0.0)
    return {
        "z1": [[0.2, 0.6, -0.4], [1.3, -1.6, 1.1], [-0.1, -0.7, 0.4]],
        "L": ((yhat - y) ** 2).sum(),
        "dL/dyhat": error,
        "dL/dW2": sum(np.outer(e, a) for e, a in zip(error, a1, strict=True)),
        "dL/db2": error.sum(axis=0),
        "dL/dz1": delta,
        "dL/dW1": sum(np.outer(d, row) for d, row in zip(delta, x, strict=True)),
        "dL/db1": delta.sum(axis=0),
    }


def tanh_sigmoid(x, y, loss: str) -> Values:
    """Work the network of tanh and sigmoid sample by sample."""
    w1, b1 = arrays([[0.2, -0.3, 0.1], [0.4, 0.1, -0.2]], [0.1, -0.1])
    w2, b2 = arrays([[0.6, -0.5], [-0.2, 0.3]], [0.2, 0])
    total, grads = 0.0, [0 * w1, 0 * b1, 0 * w2, 0 * b2]
    for row, target in zip(*arrays(x, y), strict=True):
        h = np.tanh(w1 @ row + b1)
        out = sigma(w2 @ h + b2)
        if loss == "squared":
            total += ((out - target) ** 2).sum()
            d2 = 2 * (out - target) * out * (1 - out)
        else:  # the sigmoid cancels the denominators of the cross-entropy
            share = 1 / (len(x) * len(target))
            total -= share * np.log(np.where(target == 1, out, 1 - out)).sum()
            d2 = share * (out - target)
        d1 = (w2.T @ d2) * (1 - h**2)
        parts = np.outer(d1, row), d1, np.outer(d2, h), d2
        grads = [grad + part for grad, part in zip(grads, parts, strict=True)]
    return dict(zip(("L", "dL/dW1", "dL/db1", "dL/dW2", "dL/db2"), (total, *grads), strict=True))


ONE = [[0.5, -1, 2]], [[1, 0]]
FOUR = (
    [[0.5, -1, 2], [1, 0, -0.5], [-1.5, 2, 1], [0, 0.5, 0.5]],
    [[1, 0], [0, 0], [1, 1], [0, 1]],
)
WORKED["tanh-sigmoid-regression"] = lambda: tanh_sigmoid(*ONE, "squared")
WORKED["tanh-sigmoid-regression-batch"] = lambda: tanh_sigmoid(*FOUR, "squared")
WORKED["tanh-sigmoid-cross-entropy"] = lambda: tanh_sigmoid(*ONE, "entropy")
WORKED["tanh-sigmoid-cross-entropy-batch"] = lambda: tanh_sigmoid(*FOUR, "entropy")


@worked("hand-calculation")
def hand_calculation() -> Values:
    x = (0.18, 2.42, 1.34)
    h1, h2 = (1 / (1 + exp(-z)) for z in (0.7384, -0.8796))
    o = 1 / (1 + exp(-(0.26 - 0.25 * h1 + 0.68 * h2)))
    d = (o + 1.29) * o * (1 - o)
    d1, d2 = d * -0.25 * h1 * (1 - h1), d * 0.68 * h2 * (1 - h2)
    return {
        "z1": [0.7384, -0.8796],
        "a1": [h1, h2],
        "L": (o + 1.29) ** 2 / 2,
        "dL/dW2": [[d * h1], [d * h2]],
        "dL/db2": [d],
        "dL/dW1": [[d1 * value, d2 * value] for value in x],
        "dL/db1": [d1, d2],
    }


@worked("hand-calculation-rounded")
def hand_calculation_rounded() -> Values:
    def exact(*factors: str) -> float:
        product = Fraction(1)
        for factor in factors:
            product *= Fraction(factor)
        return float(product)

    d1, d2 = ("-0.11", "0.68", "0.32"), ("0.31", "0.29", "0.71")
    return {
        "a1": [0.68, 0.29],
        "z2": [0.2872],
        "yhat": [0.57],
        "L": 1.7298,
        "dL/dyhat": [1.86],
        "dL/dz2": [0.455886],
        "dL/dW2": [[exact("0.455886", "0.68")], [exact("0.455886", "0.29")]],
        "dL/db2": [0.455886],
        "dL/da1": [-0.11, 0.31],
        "dL/dz1": [exact(*d1), exact(*d2)],
        "dL/dW1": [[exact(*d1, x), exact(*d2, x)] for x in ("0.18", "2.42", "1.34")],
        "dL/db1": [exact(*d1), exact(*d2)],
    }


# --- circuits and functions --------------------------------------------------------------


@worked("scalar-circuit")
def scalar_circuit() -> Values:  # as printed in the course notes
    return {"q": 3, "f": -12, "df/dq": -4, "df/dx": -4, "df/dy": -4, "df/dz": 3}


@worked("two-paths")
def two_paths() -> Values:  # as printed in the article
    return {"c": 3, "d": 2, "e": 6, "de/dc": 2, "de/dd": 3, "de/da": 2, "de/db": 5}


@worked("activation-derivatives")
def activation_derivatives() -> Values:
    x = np.array([-2, -0.5, 0, 0.5, 2])
    below = np.array([(1 + erf(v / sqrt(2))) / 2 for v in x])
    density = np.exp(-(x**2) / 2) / sqrt(2 * np.pi)
    return {
        "r": [0, 0, 0, 0.5, 2],
        "l": [-0.02, -0.005, 0, 0.5, 2],
        "s": np.log(1 + np.exp(x)),
        "g": x * below,
        "dr/dx": [0, 0, 0, 1, 1],
        "dl/dx": [0.01, 0.01, 0.01, 1, 1],
        "ds/dx": sigma(x),
        "dg/dx": below + x * density,
        "df/dx": sigma(x) + below + x * density + [0.01, 0.01, 0.01, 2, 2],
    }


@worked("logistic-neuron")
def logistic_neuron() -> Values:  # the notes print 0.73 and, by 0.2: −1, −2, 1; 2, −3
    slope = exp(-1) / (1 + exp(-1)) ** 2
    return {
        "z": 1,
        "f": 1 / (1 + exp(-1)),
        "df/dw": [-slope, -2 * slope],
        "df/db": slope,
        "df/dx": [2 * slope, -3 * slope],
    }


@worked("vector-length")
def vector_length() -> Values:
    return {"r": 5, "dr/dx": [0.6, 0.8]}


@worked("cosine-similarity")
def cosine_similarity() -> Values:  # −(t/5 − 3 s/125)
    return {"L": -0.6, "dL/ds": [-0.128, 0.096, 0]}


# --- activations -------------------------------------------------------------------------


@worked("individual-neuron")
def individual_neuron() -> Values:  # the example of the file
    yhat = 1 / (1 + exp(-0.8))
    delta = (yhat - 0.9) * yhat * (1 - yhat)
    return {
        "z1": [0.8],
        "L": (yhat - 0.9) ** 2 / 2,
        "dL/dW1": [[2 * delta, -delta]],
        "dL/db1": delta,
    }


@worked("tanh-network")
def tanh_network() -> Values:
    h1, h2 = tanh(0.1), tanh(-0.6)
    error = h1 - 0.5 * h2 + 0.2 - 0.5
    d1, d2 = error * (1 - h1**2), -0.5 * error * (1 - h2**2)
    return {
        "z1": [0.1, -0.6],
        "L": error**2 / 2,
        "dL/dW2": [[error * h1, error * h2]],
        "dL/db2": [error],
        "dL/dW1": [[0.5 * d1, -d1], [0.5 * d2, -d2]],
        "dL/db1": [d1, d2],
    }


@worked("leaky-relu-network")
def leaky_relu_network() -> Values:
    return {
        "z1": [-1, 2],
        "a1": [-0.1, 2],
        "yhat": [2],
        "L": 0.5,
        "dL/dW2": [[-0.1, 2]],
        "dL/db2": [1],
        "dL/da1": [2, 1],
        "da1/dz1": [0.1, 1],
        "dL/dz1": [0.2, 1],
        "dL/dW1": [[0.2, 0.4], [1, 2]],
        "dL/db1": [0.2, 1],
    }


@worked("own-activation")
def own_activation() -> Values:
    (z,) = arrays([-0.5, 1])
    s = sigma(z)
    a = z * s
    error = a[0] + 2 * a[1]
    delta = error * np.array([1, 2]) * (s + z * s * (1 - s))
    return {
        "z1": z,
        "a1": a,
        "dL/dW2": error * a[None, :],
        "dL/dz1": delta,
        "dL/dW1": np.outer(delta, [1, -2]),
        "dL/db1": delta,
    }


@worked("relu-at-zero")
def relu_at_zero() -> Values:
    return {
        "z1": [0, 3],
        "yhat": [3],
        "dL/dW2": [[0, 6]],
        "dL/db2": [2],
        "dL/da1": [2, 2],
        "da1/dz1": [0, 1],
        "dL/dz1": [0, 2],
        "dL/dW1": [[0, 0], [2, 4]],
        "dL/db1": [0, 2],
    }


@worked("dead-unit")
def dead_unit() -> Values:
    return {
        "z1": [[2.5, -4], [3, -4], [1, -2]],
        "a1": [[2.5, 0], [3, 0], [1, 0]],
        "yhat": [[1], [1.2], [0.4]],
        "L": 0.9,
        "dL/dyhat": [[0], [1.2], [-0.6]],
        "dL/dW2": [[3, 0]],
        "dL/db2": [0.6],
        "dL/dz1": [[0, 0], [0.48, 0], [-0.24, 0]],
        "dL/dW1": [[0.96, 0.24], [0, 0]],
        "dL/db1": [0.24, 0],
    }


@worked("vanishing-gradient")
def vanishing_gradient() -> Values:
    a = [1.0]
    for _ in range(4):
        a.append(1 / (1 + exp(-a[-1])))
    found: Values = {"yhat": [a[4]], "L": (a[4] - 1) ** 2 / 2}
    delta = a[4] - 1
    for layer in (4, 3, 2, 1):
        delta *= a[layer] * (1 - a[layer])
        found[f"dL/db{layer}"] = [delta]
        found[f"dL/dW{layer}"] = [[delta * a[layer - 1]]]
    return found


@worked("xor-network")
def xor_network() -> Values:  # only the last sample is wrong: 1 in place of 0
    return {
        "a1": [[0, 0], [1, 0], [1, 0], [2, 1]],
        "yhat": [[0], [1], [1], [1]],
        "L": 1,
        "dL/dyhat": [[0], [0], [0], [2]],
        "dL/dW2": [[4, 2]],
        "dL/db2": [2],
        "dL/dW1": [[2, 2], [-2, -2]],
        "dL/db1": [2, -2],
    }


# --- layers ------------------------------------------------------------------------------


@worked("layer-without-bias")
def layer_without_bias() -> Values:
    return {
        "z1": [-1.5, 4],
        "yhat": [-2],
        "dL/dyhat": [-3],
        "dL/dW2": [[0, -12]],
        "dL/da1": [-3, 1.5],
        "dL/dz1": [0, 1.5],
        "dL/dW1": [[0, 0], [1.5, 3]],
    }


@worked("shared-bias")
def shared_bias() -> Values:
    return {
        "z1": [0.3, 1],
        "L": 0.745,
        "dL/dyhat": [-0.7, 1],
        "dL/dW1": [[-0.7, 0.7], [1, -1]],
        "dL/db1": 0.3,
    }


@worked("batch-sum")
def batch_sum() -> Values:
    return {
        "yhat": [[-0.4], [-0.4], [0.6], [1.1]],
        "L": 0.16 + 1.96 + 0.16 + 0.01,
        "dL/dyhat": [[-0.8], [-2.8], [-0.8], [0.2]],
        "dL/dW1": [[-8.8, -12]],
        "dL/db1": [-4.2],
    }


@worked("batch-mean")
def batch_mean() -> Values:
    return {
        "L": 2.29 / 4,
        "dL/dyhat": [[-0.2], [-0.7], [-0.2], [0.05]],
        "dL/dW1": [[-2.2, -3]],
        "dL/db1": [-1.05],
    }


@worked("skip-connection")
def skip_connection() -> Values:
    return {
        "z1": [-1, 2],
        "z2": [1.1, 0.2],
        "yhat": [2.1, 2.2],
        "dL/dyhat": [2.1, 0.2],
        "dL/dW2": [[0, 4.2], [0, 0.4]],
        "dL/da1": [0.43, 1.09],
        "dL/dz1": [0, 1.09],
        "dL/dW1": [[0, 0], [1.09, 2.18]],
        "dL/db1": [0, 1.09],
        "dL/dx": [2.1 + 0.545, 0.2 + 0.545],
    }


@worked("recurrent-cell")
def recurrent_cell() -> Values:
    h1 = tanh(0.6 * 0.5 + 0.8 * 1 + 0.1)
    h2 = tanh(0.6 * h1 - 0.8 * 0.5 + 0.1)
    d2 = (h2 - 0.8) * (1 - h2**2)
    d1 = d2 * 0.6 * (1 - h1**2)
    return {
        "h1": h1,
        "h2": h2,
        "L": (h2 - 0.8) ** 2 / 2,
        "dL/dh1": d2 * 0.6,
        "dL/dw": d2 * h1 + d1 * 0.5,
        "dL/du": d2 * -0.5 + d1 * 1,
        "dL/db": d2 + d1,
    }


@worked("weight-decay")
def weight_decay() -> Values:  # without the penalty: [[0.9, −0.9], [0.36, −0.36]] and so on
    return {
        "z1": [0.5, 1.5],
        "a2": [1.2],
        "E": 0.02,
        "L": 0.02 + 0.05 * (0.25 + 0.04 + 1 + 0.25 + 1 + 0.16),
        "dL/dW2": [[0.1 + 0.1, 0.3 + 0.04]],
        "dL/db2": [0.2],
        "dL/dW1": [[0.2 + 0.05, -0.2 + 0.02], [0.08 + 0.1, -0.08 - 0.05]],
        "dL/db1": [0.2, 0.08],
    }


@worked("attention-head")
def attention_head() -> Values:
    q, t = arrays([1, 0.5], [0, 1])
    keys, v = arrays([[1, 0], [0, 1], [1, 1]], [[1, 2], [0, 1], [-1, 0]])
    e = np.exp(np.array([1, 0.5, 1.5]) / sqrt(2))
    a = e / e.sum()
    o = a @ v
    da = v @ (o - t)
    ds = (np.diag(a) - np.outer(a, a)) @ da
    return {
        "a": a,
        "o": o,
        "dL/dV": np.outer(a, o - t),
        "dL/da": da,
        "dL/ds": ds,
        "dL/dK": np.outer(ds, q) / sqrt(2),
        "dL/dq": keys.T @ ds / sqrt(2),
    }


# --- losses ------------------------------------------------------------------------------


@worked("softmax-cross-entropy")
def softmax_cross_entropy() -> Values:
    e = np.exp([0.5, 0.2, 0.5])
    p = e / e.sum()
    delta = p - [0, 0, 1]
    return {
        "z1": [0.5, 0.2, 0.5],
        "yhat": p,
        "L": -log(p[2]),
        "dL/dyhat": [0, 0, -1 / p[2]],
        "dyhat/dz1": np.diag(p) - np.outer(p, p),
        "dL/dz1": delta,
        "dL/dW1": np.outer(delta, [1, 2]),
        "dL/db1": delta,
    }


@worked("softmax-cross-entropy-logits")
def softmax_cross_entropy_logits() -> Values:
    same = softmax_cross_entropy()
    return {name: same[name] for name in ("z1", "L", "dL/dz1", "dL/dW1", "dL/db1")}


@worked("softmax-batch")
def softmax_batch() -> Values:
    z, y = arrays(
        [[0.5, 0.2, 0.5], [0, -0.25, 0.3], [0.2, 0, 0.3]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    )
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    delta = (p - y) / 3
    return {
        "z1": z,
        "L": -np.log(p[y == 1]).mean(),
        "dL/dz1": delta,
        "dL/dW1": delta.T @ np.array([[1, 2], [-1, 0.5], [0, 1]]),
        "dL/db1": delta.sum(axis=0),
    }


@worked("adam-steps")
@worked("logistic-unit")
def logistic_unit() -> Values:
    p = 1 / (1 + exp(-0.5))
    return {
        "yhat": [p],
        "L": -log(p),
        "dL/dyhat": [-1 / p],
        "dL/dz1": [p - 1],
        "dL/dW1": [[2 * (p - 1), 1 - p]],
        "dL/db1": [p - 1],
    }


@worked("momentum-steps")
def momentum_steps() -> Values:
    return {"y": [0, 0], "L": 6.5, "dL/dy": [-2, -3], "dL/dw": -8, "dL/db": -5}


@worked("logistic-unit-logits")
def logistic_unit_logits() -> Values:
    same = logistic_unit()
    return {name: same[name] for name in ("L", "dL/dz1", "dL/dW1", "dL/db1")}


@worked("huber-within")
def huber_within() -> Values:
    return {"yhat": [2.5], "L": 0.08, "dL/dyhat": [0.4], "dL/dW1": [[0.4, 0.8]], "dL/db1": [0.4]}


@worked("huber-beyond")
def huber_beyond() -> Values:
    return {"L": 1.125, "dL/dyhat": [-0.5], "dL/dW1": [[-0.5, -1]], "dL/db1": [-0.5]}


@worked("hinge-loss")
def hinge_loss() -> Values:
    return {
        "yhat": [[1.5], [0], [-1.5]],
        "L": 3.5,
        "dL/dyhat": [[0], [-1], [-1]],
        "dL/dW1": [[0.5, -2]],
        "dL/db1": [-2],
    }


@worked("l1-loss")
def l1_loss() -> Values:
    return {"L": 1.5, "dL/ds": [-1, 0, 1]}


# --- the comparisons ---------------------------------------------------------------------


WORKED |= LAYERS


def solved(name: str, **settings: str) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(PROBLEMS / f"{name}.yaml"), **settings)


def assert_values(values, expected: Values) -> None:
    for name, value in expected.items():
        assert values[name].shape == np.shape(value), name
        np.testing.assert_allclose(values[name], value, rtol=1e-12, atol=1e-14, err_msg=name)


def test_every_problem_has_a_case():
    assert {path.stem for path in PROBLEMS.glob("*.yaml")} == set(WORKED) | LETTERS


@pytest.mark.parametrize("name", sorted(WORKED))
def test_values_are_those_worked_out(name):
    assert_values(solved(name).values, WORKED[name]())


@pytest.mark.parametrize("name", sorted(WORKED))
def test_every_line_agrees_with_central_differences(name):
    check = solved(name).check
    assert not check.failed
    assert check.max_error < 1e-8


@pytest.mark.parametrize("name", sorted(WORKED))
def test_everything_that_is_asked_for_is_worked_out(name):
    found = gradcalc.load(PROBLEMS / f"{name}.yaml").find
    assert {reference.name for reference in found} <= set(WORKED[name]())


@pytest.mark.parametrize("path", sorted(PROBLEMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_files_are_short_and_tidy(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert len(text.splitlines()) <= 26
    assert all(len(line) <= 96 and line == line.rstrip() for line in text.splitlines())
    assert gradcalc.load(path).title in text
    assert path.stem == path.stem.lower() and "_" not in path.stem


def test_the_catalogue_lists_every_problem_once():
    text = (PROBLEMS / "README.md").read_text(encoding="utf-8")
    for path in PROBLEMS.glob("*.yaml"):
        assert text.count(f"[{path.name}]({path.name})") == 1, path.name


# --- what the documents print ------------------------------------------------------------

# name, entry, digits after the point, and the figure that the document prints. It prints
# +0.0043 for the first weight though its own factors give −0.0043, and 0.1544 for 0.15447.
PRINTED = [
    ("a1", 0, "0.68"), ("a1", 1, "0.29"), ("z2", 0, "0.2872"), ("yhat", 0, "0.57"),
    ("L", (), "1.73"), ("dL/dyhat", 0, "1.86"), ("dL/dW2", (0, 0), "0.31"),
    ("dL/dW2", (1, 0), "0.13"), ("dL/db2", 0, "0.46"), ("dL/da1", 0, "-0.11"),
    ("dL/da1", 1, "0.31"), ("dL/dW1", (1, 0), "-0.0579"), ("dL/dW1", (2, 0), "-0.0321"),
    ("dL/dW1", (0, 1), "0.0115"), ("dL/dW1", (1, 1), "0.1545"), ("dL/dW1", (2, 1), "0.0855"),
    ("dL/db1", 0, "-0.0239"), ("dL/db1", 1, "0.0638"), ("dL/dW1", (0, 0), "-0.0043"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "entry", "figure"), PRINTED)
def test_the_rounded_hand_calculation_matches_to_the_digit(name, entry, figure):
    digits = len(figure.partition(".")[2])
    value = float(solved("hand-calculation-rounded").values[name][entry])
    assert f"{value:.{digits}f}" == figure


def test_the_exact_hand_calculation():
    values = solved("hand-calculation").values
    assert f"{values['dL/dW1'][0, 0]:.7f}" == "-0.0044882"
    assert [f"{value:.7f}" for value in values["dL/dW2"].ravel()] == ["0.3084463", "0.1336817"]
    assert f"{values['dL/db2'][0]:.7f}" == "0.4558460"


def test_the_rounded_solution_keeps_the_exact_one():
    exact = solved("hand-calculation").values
    rounded = solved("hand-calculation-rounded")
    assert_values(rounded.exact, {name: exact[name] for name in exact})


def test_given_values_are_trusted_and_compared():
    found = {item.name: item for item in solved("relu-network-given-values").comparisons}
    np.testing.assert_allclose(found["yhat"].given, [8])
    np.testing.assert_allclose(found["yhat"].computed, [15.5])
    np.testing.assert_allclose(found["yhat"].recomputed, [11.157])
    np.testing.assert_allclose(found["a1"].computed, [1.5, 3.4])
    np.testing.assert_allclose(found["a2"].computed, [7.1, 9])
    assert all(item.differs for item in found.values())


def test_given_values_can_be_recomputed():
    values = solved("relu-network-given-values", given="recompute").values
    np.testing.assert_allclose(values["yhat"], [11.157], rtol=1e-12)
    np.testing.assert_allclose(values["dL/dyhat"], [1.157], rtol=1e-12)
    np.testing.assert_allclose(values["dL/dW3"], [[1.157 * 4.07, 1.157 * 5.15]], rtol=1e-12)


def test_contradicting_given_values_can_be_refused():
    with pytest.raises(gradcalc.ProblemError, match="the given a1 contradicts the equations"):
        solved("relu-network-given-values", given="fail")


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_a_relu_passes_the_gradient_on_where_its_input_is_positive(shape):
    upstream = np.round(np.linspace(-1, 1, 6)[: int(np.prod(shape))], 1).reshape(shape)
    z = np.array([-2, 0, 1e-9, 3, -1e-9, 0])[: int(np.prod(shape))].reshape(shape)
    text = f"inputs: {{Z: {z.tolist()}}}\nequations: A = relu(Z)\n"
    text += f"given: {{dL/dA: {upstream.tolist()}}}\nfind: dL/dZ\n"
    values = gradcalc.solve(gradcalc.load(text)).values
    np.testing.assert_array_equal(values["dL/dZ"], np.where(z > 0, upstream, 0))


# --- letters -----------------------------------------------------------------------------


def lines(problem) -> dict[str, str]:
    nodes = (*problem.visible.forward, *problem.visible.backward)
    return {node.name: format(node.expr) for node in nodes}


def test_partial_derivatives_in_letters_are_those_of_the_document():
    problem = gradcalc.load(PROBLEMS / "polynomial-partials-letters.yaml")
    assert not problem.numeric
    assert not gradcalc.solve(problem).values
    found = lines(problem)
    assert found["df/dx"] == "-3*x^2 - 200*(y^2 - x)"
    assert found["df/dy"] == "400*y*(y^2 - x)"


def test_the_network_in_letters_has_the_lines_of_the_one_in_numbers():
    letters = gradcalc.load(PROBLEMS / "scaled-relu-letters.yaml")
    assert lines(letters) == lines(gradcalc.load(PROBLEMS / "scaled-relu-regression.yaml"))
    shapes = {**letters.forward.shapes, **letters.backward.graph.shapes}
    assert shapes["W1"] == shapes["dL/dW1"] == ("M", "N")
    assert shapes["W2"] == shapes["dL/dW2"] == ("K", "M")
    assert shapes["dL/dz1"] == shapes["da1/dz1"] == ("M",)
    assert shapes["L"] == ()


def test_the_classifier_in_letters():
    found = lines(gradcalc.load(PROBLEMS / "relu-classifier-letters.yaml"))
    assert found["dL/dyhat"] == "(yhat - y)/(yhat*(1 - yhat))"
    assert found["dyhat/dz2"] == "yhat*(1 - yhat)"
    assert found["dL/dz2"] == "dL/dyhat * dyhat/dz2"
    assert found["dL/dW2"] == "outer(dL/dz2, a1)"
    assert found["dL/da1"] == "W2.T @ dL/dz2"
    assert found["dL/dW1"] == "outer(dL/dz1, x)"


def test_the_chain_rule_through_any_inner_function():
    problem = gradcalc.load(PROBLEMS / "chain-rule-letters.yaml")
    assert not problem.numeric
    assert lines(problem) == {
        "x": "g(w)",
        "y": "sigmoid(x)",
        "dy/dy": "1",
        "dy/dx": "y*(1 - y)",
        "dx/dw": "g'(w)",
        "dy/dw": "dy/dx * dx/dw",
    }
