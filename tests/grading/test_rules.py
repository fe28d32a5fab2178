"""Every rule of the library on a small network, its wrong value worked out by hand in NumPy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import SimpleNamespace as Names

import numpy as np
import pytest

import gradcalc
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.mistakes.library import RULES, slips_of
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.mistakes.search import Search
from tests.benchmarks.students import Style, values_of

EXACT = Style(17, True, False)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


X, Y = np.array([1.0, -2.0]), np.array([0.5, 1.0])
W1, B1 = np.array([[0.5, -0.3], [0.2, 0.4]]), np.array([0.1, -0.2])
W2, B2 = np.array([[0.7, 0.1], [-0.6, 0.3]]), np.array([0.05, -0.1])
XS, YS = np.array([[1.0, -2.0], [0.5, 0.4]]), np.array([[0.5, 1.0], [1.0, 0.0]])


def file(activations: str, loss: str, batch: bool = False, **other: str) -> str:
    """Return a 2-2-2 network with these numbers as a problem file."""
    x, y = (XS, YS) if batch else (X, Y)
    layers = {"W1": W1, "b1": B1, "W2": W2, "b2": B2}
    weights = ", ".join(f"{name}: {value.tolist()}" for name, value in layers.items())
    keys = {
        "inputs": f"{{x: {x.tolist()}}}",
        "targets": f"{{y: {y.tolist()}}}",
        "weights": f"{{{weights}}}",
        "activations": f"[{activations}]",
        "loss": loss,
        **other,
    }
    return "".join(f"{key}: {value}\n" for key, value in keys.items())


def square(activation: str = "sigmoid") -> Names:
    """Return both passes of tanh, then an activation, then the squared error."""
    n = Names()
    n.z1 = W1 @ X + B1
    n.a1 = np.tanh(n.z1)
    n.z2 = W2 @ n.a1 + B2
    n.yhat = sigmoid(n.z2) if activation == "sigmoid" else n.z2
    n.e = 2 * (n.yhat - Y)
    n.d2 = n.e * n.yhat * (1 - n.yhat) if activation == "sigmoid" else n.e
    n.gW2 = np.outer(n.d2, n.a1)
    n.da1 = W2.T @ n.d2
    n.d1 = n.da1 * (1 - n.a1**2)
    n.gW1 = np.outer(n.d1, X)
    return n


def batch() -> Names:
    """Return both passes of a batch of two through tanh to the mean squared error."""
    n = Names()
    n.z1 = XS @ W1.T + B1
    n.a1 = np.tanh(n.z1)
    n.yhat = n.a1 @ W2.T + B2
    n.d2 = 2 * (n.yhat - YS) / 4
    n.d1 = (n.d2 @ W2) * (1 - n.a1**2)
    return n


S = square()
LINEAR = square("identity")
B = batch()
SQUARE = file("tanh, sigmoid", "squared_error")
MEAN = file("tanh, identity", "mse", batch=True)
BCE = file("tanh, sigmoid", "binary_cross_entropy")
LOGITS = file("tanh, identity", "binary_cross_entropy_with_logits")
RELU = file("relu, identity", "squared_error")
FAR = file("relu, identity", "squared_error", targets="{y: [8, -5]}")
CE = file("tanh, softmax", "cross_entropy", targets="{y: [0, 1]}")
KINK = """
inputs: {x: [1, 2]}
targets: {y: [1]}
weights: {W1: [[2, -1], [1, 1]], b1: [0, -1], W2: [[0.5, -0.3]], b2: [0.1]}
activations: [relu, identity]
loss: half_squared_error
"""
SKIP = f"""
inputs: {{x: {X.tolist()}}}
targets: {{y: {Y.tolist()}}}
weights: {{W1: {W1.tolist()}, b1: {B1.tolist()}}}
equations: |
  z1 = W1 @ x + b1
  a1 = tanh(z1)
  yhat = a1*z1
loss: half_squared_error
"""
CURVE = """
inputs: {x: 0.5}
weights: {w: 1.2, v: 0.4}
equations: |
  u = w*x
  s = exp(-u)
  L = (s - v)^3
"""
SHARED = """
inputs: {x: [1, -2]}
targets: {y: [0.5, 1]}
weights: {W1: [[0.5, -0.3], [0.2, 0.4]], b1: 0.3}
activations: [tanh]
loss: squared_error
"""


def relu_pass() -> Names:
    n = Names()
    n.z1 = W1 @ X + B1
    n.a1 = np.maximum(n.z1, 0)
    n.d2 = 2 * (W2 @ n.a1 + B2 - np.array([8, -5]))
    n.da1 = W2.T @ n.d2
    return n


def ce_pass() -> Names:
    n = Names()
    n.s = softmax(W2 @ np.tanh(W1 @ X + B1) + B2)
    n.g = -np.array([0, 1]) / n.s
    return n


R, C = relu_pass(), ce_pass()
P = sigmoid(LINEAR.z2)
U = 1.2 * 0.5
E = np.exp(-U)


@dataclass(frozen=True)
class Case:
    """A slip on a network: where, and what it makes of a quantity."""

    rule: str
    problem: str
    at: str
    target: str
    value: object
    variant: str | None = None


CASES = [
    Case("loss-target-dropped", SQUARE, "dL/dyhat", "dL/dyhat", 2 * S.yhat),
    Case("loss-sign", SQUARE, "dL/dyhat", "dL/dyhat", 2 * (Y - S.yhat)),
    Case("loss-factor-2", SQUARE, "dL/dyhat", "dL/dyhat", S.yhat - Y, "dropped"),
    Case(
        "loss-factor-2",
        file("tanh, sigmoid", "half_squared_error"),
        "dL/dyhat",
        "dL/dyhat",
        2 * (S.yhat - Y),
        "doubled",
    ),
    Case("loss-reduction", MEAN, "dL/dyhat", "dL/dyhat", 2 * (B.yhat - YS), "lost"),
    Case("loss-reduction", SQUARE, "dL/dyhat", "dL/dyhat", S.yhat - Y, "over 2"),
    Case("reduction-twice", MEAN, "dL/dW2", "dL/dW2", B.d2.T @ B.a1 / 2),
    Case("act-skipped", SQUARE, "dL/dz2", "dL/dz2", 2 * (S.z2 - Y)),
    Case("act-derivative-missing", SQUARE, "dL/dz1", "dL/dz1", S.da1),
    Case(
        "act-forward-missing",
        SQUARE,
        "yhat",
        "dL/dz2",
        2 * (S.z2 - Y) * S.z2 * (1 - S.z2),
    ),
    Case("act-derivative-extra", BCE, "dL/dz2", "dL/dz2", (P - Y) * P * (1 - P)),
    Case("act-derivative-extra", LOGITS, "dL/dyhat", "dL/dyhat", (P - Y) * P * (1 - P)),
    Case(
        "act-wrong-argument",
        SQUARE,
        "dL/dz2",
        "dL/dz2",
        S.e * sigmoid(S.yhat) * (1 - sigmoid(S.yhat)),
        "at the output",
    ),
    Case(
        "act-wrong-argument",
        SQUARE,
        "dL/dz2",
        "dL/dz2",
        S.e * S.z2 * (1 - S.z2),
        "at the pre-activation",
    ),
    Case("act-local-wrong", SQUARE, "dL/dz2", "dL/dz2", S.e * (1 - S.yhat), "1 - y"),
    Case("act-local-wrong", SQUARE, "dL/dz1", "dL/dz1", S.da1 * (1 - S.a1), "1 - y"),
    Case("relu-mask-upstream", FAR, "dL/dz1", "dL/dz1", np.maximum(R.da1, 0)),
    Case("relu-at-zero", KINK, "dL/dz1", "dL/dz1", np.array([0.5, -0.3]) * (0.1 - 0.6 - 1)),
    Case("softmax-diagonal", CE, "dL/dz2", "dL/dz2", C.g * C.s * (1 - C.s)),
    Case("weight-not-transposed", SQUARE, "dL/da1", "dL/da1", W2 @ S.d2),
    Case("weight-missing", SQUARE, "dL/da1", "dL/da1", S.d2),
    Case("weight-wrong-layer", SQUARE, "dL/da1", "dL/da1", W1.T @ S.d2, "W1 False"),
    Case("weight-gradient-propagated", SQUARE, "dL/da1", "dL/da1", S.gW2.T @ S.d2),
    Case("raw-error-propagated", SQUARE, "dL/da1", "dL/da1", W2.T @ S.e),
    Case("elementwise-for-product", MEAN, "z1", "z1", XS * W1.T + B1),
    Case("outer-transposed", SQUARE, "dL/dW1", "dL/dW1", S.gW1.T),
    Case("input-replaced-by-weight", SQUARE, "dL/dW2", "dL/dW2", S.d2[:, None] * W2),
    Case("input-not-activated", SQUARE, "dL/dW2", "dL/dW2", np.outer(S.d2, S.z1)),
    Case("weight-transposed", SQUARE, "z1", "z1", W1.T @ X + B1),
    Case("bias-forgotten", SQUARE, "z1", "z1", W1 @ X),
    Case("bias-times-input", SQUARE, "dL/db1", "dL/db1", S.d1 * B1, "b1"),
    Case("bias-times-input", SQUARE, "dL/db2", "dL/db2", S.d2 * S.a1, "a1"),
    Case("bias-not-summed", MEAN, "dL/db2", "dL/db2", B.d2, ""),
    Case("bias-not-summed", MEAN, "dL/db2", "dL/db2", B.d2.mean(axis=0), "mean"),
    Case(
        "bias-not-summed",
        SHARED,
        "dL/db1",
        "dL/db1",
        2 * (np.tanh(W1 @ X + 0.3) - Y) * (1 - np.tanh(W1 @ X + 0.3) ** 2),
    ),
    Case(
        "paths-not-summed",
        SKIP,
        "dL/dz1",
        "dL/dz1",
        (LINEAR.a1 * LINEAR.z1 - Y) * LINEAR.a1,
        "only 1",
    ),
    Case(
        "paths-not-summed",
        SKIP,
        "dL/dz1",
        "dL/dz1",
        (LINEAR.a1 * LINEAR.z1 - Y) * LINEAR.z1 * (1 - LINEAR.a1**2),
        "only 0",
    ),
    Case("inner-derivative-missing", CURVE, "dL/du", "dL/du", -3 * (E - 0.4) ** 2),
    Case("power-rule", CURVE, "dL/dv", "dL/ds", (E - 0.4) ** 2, "x^(n - 1)"),
    Case("power-rule", CURVE, "dL/dv", "dL/ds", 3 * (E - 0.4) ** 3, "n*x^n"),
]


def slip(lines: Lines, case: Case) -> Slip:
    """Return the slip that a case is about."""
    found = [
        each
        for each in slips_of(lines)
        if (each.rule, each.at, each.systematic) == (case.rule, case.at, False)
        and (case.variant is None or each.variant.split(" at ")[0] == case.variant)
    ]
    assert found, sorted({(each.rule, each.at, each.variant) for each in slips_of(lines)})
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.variant or case.at}")
def test_a_slip_gives_the_value_worked_out_by_hand(case: Case) -> None:
    lines = lines_of(gradcalc.load(case.problem))
    made = slip(lines, case)
    values = values_of(lines, (made,), EXACT)
    assert values is not None
    np.testing.assert_allclose(values[case.target], case.value, rtol=1e-12, atol=1e-15)
    right = lines.values[case.target]
    assert right.shape != np.shape(case.value) or not np.allclose(right, case.value, 1e-3, 1e-6)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.variant or case.at}")
def test_the_search_gives_the_same_value(case: Case) -> None:
    lines = lines_of(gradcalc.load(case.problem))
    ((_, value),) = Search(lines, case.target).effects([(slip(lines, case),)])
    assert value is not None
    np.testing.assert_allclose(value, case.value, rtol=1e-12, atol=1e-15)


def test_every_rule_has_a_network_on_which_it_shows() -> None:
    assert {case.rule for case in CASES} == set(RULES)
    assert len(RULES) >= 22


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.variant or case.at}")
def test_the_words_of_a_rule_have_formulas_for_all_that_they_name(case: Case) -> None:
    rule, lines = RULES[case.rule], lines_of(gradcalc.load(case.problem))
    words = {*slip(lines, case).words, "variant"}
    assert set(re.findall(r"{(\w+)}", rule.student + rule.label)) <= words
    assert rule.teacher.endswith(".")
    assert rule.student.endswith(".")
    assert rule.source


def test_the_ids_of_the_catalogue_stay() -> None:
    stable = {
        "loss-factor-2", "loss-sign", "loss-target-dropped", "loss-reduction", "reduction-twice",
        "act-derivative-missing", "act-skipped", "act-derivative-extra", "act-wrong-argument",
        "act-local-wrong", "relu-mask-upstream", "relu-at-zero", "softmax-diagonal",
        "weight-not-transposed", "weight-wrong-layer", "weight-gradient-propagated",
        "outer-transposed", "elementwise-for-product", "input-replaced-by-weight",
        "raw-error-propagated", "bias-not-summed", "paths-not-summed",
    }  # fmt: skip
    assert stable <= set(RULES)


# --- systematic slips ----------------------------------------------------------------------


def everywhere(lines: Lines, rule: str) -> Slip:
    return next(each for each in slips_of(lines) if each.rule == rule and each.systematic)


def test_a_systematic_slip_is_made_at_every_layer() -> None:
    lines = lines_of(gradcalc.load(SQUARE))
    made = everywhere(lines, "act-derivative-missing")
    values = values_of(lines, (made,), EXACT)
    assert values is not None
    np.testing.assert_allclose(values["dL/dz2"], S.e)
    np.testing.assert_allclose(values["dL/dz1"], W2.T @ S.e)


def test_biases_forgotten_everywhere_are_out_of_every_layer() -> None:
    lines = lines_of(gradcalc.load(SQUARE))
    values = values_of(lines, (everywhere(lines, "bias-forgotten"),), EXACT)
    assert values is not None
    np.testing.assert_allclose(values["z2"], W2 @ np.tanh(W1 @ X))


@pytest.mark.parametrize("problem", [SQUARE, MEAN, BCE, RELU, CE, SKIP, CURVE, SHARED])
def test_no_two_single_slips_have_one_key(problem: str) -> None:
    lines = lines_of(gradcalc.load(problem))
    keys = [each.key for each in slips_of(lines) if not each.systematic]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("problem", [SQUARE, MEAN, BCE, LOGITS, RELU, CE, SKIP, CURVE, SHARED])
def test_every_slip_can_be_made(problem: str) -> None:
    """Each gives values for all lines, and reads nothing that comes later."""
    lines = lines_of(gradcalc.load(problem))
    for each in slips_of(lines):
        values_of(lines, (each,), EXACT)


CONVENTIONS = {
    "half": "loss-factor-2",
    "reduction": "loss-reduction",
    "layout": "outer-transposed",
    "relu_at_zero": "relu-at-zero",
}


@pytest.mark.parametrize("key", CONVENTIONS)
def test_each_convention_is_one_rule(key: str) -> None:
    assert [rule.id for rule in RULES.values() if rule.convention == key] == [CONVENTIONS[key]]
