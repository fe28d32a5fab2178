"""Kinks that a file chooses, classes by number, learned slopes, losses that are not reduced."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.operations.operation import Operation, slopes_at_kink
from gradcalc.algebra.operations.table import TABLE
from gradcalc.report.solution.page import page
from gradcalc.report.steps.view import View
from tests.problem.refused import refused

CHOOSABLE = [row for row in TABLE if slopes_at_kink(row)]
AT = {
    "relu6": [0, 6],
    "hardtanh": [-1, 1],
    "hardsigmoid": [-3, 3],
    "hardswish": [-3, 3],
    "softshrink": [0.5, -0.5],
    "hardshrink": [0.5, -0.5],
    "threshold": [1, 1],
    "sparse_sigmoid": [-1, 1],
    "hinge": [1, 1],
    "hinge_embedding": [1, 1],
}
"""Where the kinks are, if not at 0; losses at a target of 1, of 0 where it is a difference."""
ON_ZERO = ("l1", "pinball", "huber", "smooth_l1")


def solve(text: str) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(text))


def on_the_kink(row: Operation, kinks: str = "") -> str:
    """Return a file with an input exactly on the kink of an operation."""
    x = AT.get(row.name, [0, 0])
    further = {"prelu": "0.25", "max": "0", "min": "0"}.get(row.name)
    if row.kind == "loss":
        target = -1 if row.name == "hinge_embedding" else 0 if row.name in ON_ZERO else 1
        at = [1, 1] if row.name == "mape" else x
        data = f"inputs: {{x: {at}}}\ntargets: {{t: [{target}, {target}]}}\n"
        call = f"{row.name}(x, t)"
        if row.name == "margin_ranking":
            data = "inputs: {x: [1, 2], b: [1, 2]}\ntargets: {t: [1, 1]}\n"
            call = "margin_ranking(x, b, t)"
        return f"{data}{kinks}equations: L = {call}\nfind: dL/dx\n"
    call = f"{row.name}(x, {further})" if further else f"{row.name}(x)"
    if row.name == "elu":
        call = "elu(x, alpha=2)"
    lines = f"equations: |\n  a = {call}\n  L = sum(a)\n"
    return f"inputs: {{x: {x}}}\n{kinks}{lines}find: dL/dx\n"


@pytest.mark.parametrize("row", CHOOSABLE, ids=lambda row: row.name)
def test_an_input_on_a_kink_is_flagged(row: Operation) -> None:
    solution = solve(on_the_kink(row))
    assert solution.check is not None
    assert any(kink.startswith("x[") for kink in solution.check.kinks)
    text = page(View(solution), "steps", 80).plain()
    assert "on a kink and were left out" in " ".join(text.split())
    assert " ".join(row.kink_note.split()) in " ".join(text.split())


@pytest.mark.parametrize(
    ("call", "x", "t"),
    [
        ("amax(x)", "[1, 1]", "0"),
        ("sum(sparsemax(x)^2)", "[1, 0]", "0"),
        ("norm(x)", "[0, 0]", "0"),
        ("sum(sign(x))", "[0, 1]", "0"),
        ("sum(x > 1)", "[1, 2]", "0"),
        ("sum(heaviside(x))", "[0, 2]", "0"),
        ("rmse(x, t)", "[1, 2]", "[1, 2]"),
        ("huber(x, t)", "[1, 0]", "[0, 0]"),
        ("smooth_l1(x, t)", "[1, 0]", "[0, 0]"),
        ("multi_margin(x, t)", "[2, 1]", "[1, 0]"),
        ("categorical_hinge(x, t)", "[2, 1]", "[1, 0]"),
        ("cosine_embedding(x, t, -1)", "[1, 0]", "[0, 1]"),
        ("triplet(x, t, 2*t)", "[0, 0]", "[1, 0]"),
    ],
)
def test_every_other_kink_is_flagged(call: str, x: str, t: str) -> None:
    solution = solve(
        f"inputs: {{x: {x}}}\ntargets: {{t: {t}}}\nequations: L = {call}\nfind: dL/dx\n"
        if ", t" in call
        else f"inputs: {{x: {x}}}\nequations: L = {call}\nfind: dL/dx\n"
    )
    assert solution.check is not None
    assert solution.check.kinks
    assert not solution.check.failed


@pytest.mark.parametrize("row", CHOOSABLE, ids=lambda row: row.name)
def test_a_file_chooses_the_derivative_at_a_kink(row: Operation) -> None:
    usual = solve(on_the_kink(row)).values["dL/dx"]
    chosen = solve(on_the_kink(row, f"kinks: {{{row.name}: 0.75}}\n"))
    found = chosen.values["dL/dx"]
    assert np.all(np.abs(found) % 0.375 == 0)
    assert np.all(found != 0)
    assert not np.allclose(found, usual)
    assert "0.75" in page(View(chosen), "steps", 80).plain()


def test_off_the_kink_nothing_changes() -> None:
    text = "inputs: {x: [-1, 2]}\n{}equations: |\n  a = relu(x)\n  L = sum(a^2)\nfind: dL/dx\n"
    usual = solve(text.replace("{}", ""))
    chosen = solve(text.replace("{}", "kinks: {relu: 1}\n"))
    assert chosen.values["dL/dx"].tolist() == usual.values["dL/dx"].tolist() == [0, 4]


def test_a_unit_that_is_off_by_its_given_output_is_on_no_kink() -> None:
    text = (
        "inputs: {z: [1, 2]}\nkinks: {relu: 1}\ngiven: {a: [0, 3]}\n"
        "equations: |\n  a = relu(z)\n  L = sum(a)\nfind: dL/dz\n"
    )
    assert solve(text).values["dL/dz"].tolist() == [0, 1]


def test_a_list_has_a_number_for_each_kink() -> None:
    text = on_the_kink(TABLE["relu6"], "kinks: {relu6: [1, 0.5]}\n")
    assert solve(text).values["dL/dx"].tolist() == [1, 0.5]


@pytest.mark.parametrize(
    ("kinks", "said"),
    [
        ("{sigmoid: 1}", "sigmoid has no kink"),
        ("{sign: 1}", "the derivative of sign at a kink cannot be chosen"),
        ("{rleu: 1}", "rleu is not a function"),
        ("{relu: [0, 1]}", "relu has 1 kink"),
        ("{relu: often}", "holds a number|is not a number"),
    ],
)
def test_kinks_that_are_refused(kinks: str, said: str) -> None:
    refused(on_the_kink(TABLE["relu"], f"kinks: {kinks}\n"), said)


# --- classes by number ------------------------------------------------------------

SCORES = "inputs: {z: [1, 2, -1]}\ntargets: {y: TARGET}\n"
SCORES += "equations: L = softmax_cross_entropy(z, y)\nfind: dL/dz\n"


def test_a_class_is_its_one_hot_vector() -> None:
    by_number = solve(SCORES.replace("TARGET", "{class: 2, of: 3}"))
    one_hot = solve(SCORES.replace("TARGET", "[0, 1, 0]"))
    for name in ("y", "L", "dL/dz"):
        assert by_number.values[name].tolist() == one_hot.values[name].tolist()


def test_a_batch_has_a_list_of_classes() -> None:
    text = SCORES.replace("[1, 2, -1]", "[[1, 2, -1], [0, 1, 0]]")
    found = solve(text.replace("TARGET", "{class: [3, 1], of: 3}"))
    assert found.values["y"].tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{class: 0, of: 3}", "there is no class 0 of 3"),
        ("{class: 4, of: 3}", "there is no class 4 of 3"),
        ("{class: 2}", "y needs class and of"),
        ("{class: 2, of: 1}", "two or more classes"),
        ("{class: two, of: 3}", "a class is a whole number"),
        ("{class: [], of: 3}", "no class"),
        ("{class: 1, of: 99999999}", "two or more classes|too many"),
        ("{class: 1, of: 3, shape: 3}", "shape does not describe a class"),
    ],
)
def test_classes_that_are_refused(target: str, said: str) -> None:
    refused(SCORES.replace("TARGET", target), said)


# --- the rest -----------------------------------------------------------------------

LAYER = """inputs: {x: [1, 2]}
targets: {y: [0.5, 1]}
weights: {W1: [[0.5, -1], [2, 0.5]], p: 0.25}
activations: [ACTIVATION]
loss: LOSS
"""


def layer(activation: str, loss: str = "mse") -> str:
    text = LAYER.replace("ACTIVATION", activation).replace("LOSS", loss)
    return text if "(p)" in activation else text.replace(", p: 0.25", "")


def test_a_slope_that_is_learned() -> None:
    solution = solve(layer("prelu(p)", "half_squared_error"))
    z = solution.values["z1"]  # −1.5, 3
    assert z.tolist() == [-1.5, 3]
    assert solution.values["dL/dp"] == (-0.375 - 0.5) * -1.5


@pytest.mark.parametrize(
    ("activation", "alpha"),
    [
        ("leaky_relu", 0.01),
        ("LeakyReLU", 0.01),
        ("keras.LeakyReLU", 0.2),
        ("tf.keras.layers.LeakyReLU", 0.2),
        ("torch.nn.LeakyReLU", 0.01),
        ("keras.LeakyReLU(negative_slope=0.5)", 0.5),
        ("'leaky_relu(negative_slope=0.3)'", 0.3),
    ],
)
def test_the_slope_of_a_framework(activation: str, alpha: float) -> None:
    assert solve(layer(activation)).values["yhat"].tolist() == [round(-1.5 * alpha, 3), 3]


@pytest.mark.parametrize(
    ("loss", "factor"),
    [("l1", 1), ("L1Loss", 0.5), ("torch.nn.functional.l1_loss", 0.5), ("nn.L1Loss", 0.5)],
)
def test_the_reduction_of_a_framework(loss: str, factor: float) -> None:
    assert solve(layer("identity", loss)).values["L"] == pytest.approx(4 * factor)


@pytest.mark.parametrize(
    ("activation", "loss", "said", "hint"),
    [
        ("prelu", "mse", "prelu takes alpha, which is learned", "p: 0.25"),
        ("relu(p)", "mse", "an activation is a name", "leaky_relu"),
        ("identity", "cosine_similarity", "means different things", "negative_cosine"),
        ("identity", "triplet", "triplet takes a, p, n", "L = triplet"),
        ("identity", "mse(reduction=none)", "reduction=none leaves", "mean"),
        ("identity", "optax.l2_loss", "reduction=none leaves", "mean"),
    ],
)
def test_what_is_refused(activation: str, loss: str, said: str, hint: str) -> None:
    error = refused(layer(activation, loss).replace(", p: 0.25", ""), said)
    assert error.hint is not None
    assert hint in error.hint


def test_weights_of_samples() -> None:
    text = """inputs: {z: [[1, 2, -1], [0, 1, 0]]}
targets: {y: {class: [3, 1], of: 3}}
constants: {w: [1, 3]}
equations: |
  l = softmax_cross_entropy(z, y, reduction=none)
  L = sum(w*l)/sum(w)
find: dL/dz
"""
    solution = solve(text)
    assert solution.values["l"].shape == (2,)
    assert solution.check is not None
    assert not solution.check.failed
    z, hot = solution.values["z"], solution.values["y"]
    soft = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    expected = (soft - hot) * [[0.25], [0.75]]
    np.testing.assert_allclose(solution.values["dL/dz"], expected, atol=1e-15)


def test_a_file_may_define_a_name_of_the_catalogue_anew() -> None:
    text = "inputs: {x: 2}\nequations: |\n  swish(z) = 3*z\n  y = swish(x)\n"
    assert solve(text).values["dy/dx"] == 3
    refused(text.replace("swish", "sigmoid"), "sigmoid is a function that gradcalc has")
