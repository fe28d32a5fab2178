"""Sentences under the answer: where each occurs, that its numbers hold, and nowhere else."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.operations import kernels
from gradcalc.algebra.operations.table import TABLE
from gradcalc.errors import width
from gradcalc.report.catalogue.operations import operation_document
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page
from gradcalc.report.solution.learning_notes import MOST, notes
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.steps.view import View
from tests.shown import PROBLEMS

SHIPPED = {
    "dead-unit": ["Unit 2 of z⁽¹⁾ is off for all 3 samples and learns nothing from them"],
    "layer-without-bias": ["Unit 1 of z⁽¹⁾ is off for this input and learns nothing from it"],
    "relu-at-zero": ["Unit 1 of z⁽¹⁾ is off for this input and learns nothing from it"],
    "scaled-relu-regression": ["Unit 3 of z⁽¹⁾ is off for this input and learns nothing from it"],
    "vanishing-gradient": ["The gradient vanishes from ∂L/∂z⁽⁴⁾ back to ∂L/∂z⁽¹⁾"],
    "weight-decay-step": ["Unit 3 of z⁽¹⁾ is off for this input and learns nothing from it"],
}


def view(text: str, unicode: bool = True) -> View:
    return View(gradcalc.solve(gradcalc.load(text)), unicode=unicode)


def said(text: str) -> tuple[str, ...]:
    return notes(view(text))


def test_the_notes_of_the_shipped_problems() -> None:
    found = {
        path.stem: [note.partition(":")[0] for note in notes(View(solution))]
        for path in PROBLEMS
        if notes(View(solution := gradcalc.solve(gradcalc.load(path))))
    }
    assert found == SHIPPED


# --- units that are off -----------------------------------------------------------

NETWORK = """
inputs: {{x: {x}}}
targets: {{y: {y}}}
weights: {{W1: [[1, 1], [1, -1], [-1, -1]], b1: [0, 0, 0], W2: [[1, 1, 1]], b2: [0]}}
activations: [{activation}, identity]
loss: half_squared_error
"""


def network(x: str, y: str = "1", activation: str = "relu") -> str:
    return NETWORK.format(x=x, y=y, activation=activation)


@pytest.mark.parametrize(
    ("x", "who", "what"),
    [
        ("[1, 2]", "Units 2 and 3 of z⁽¹⁾ are", "rows 2 and 3 of ∂L/∂W⁽¹⁾ are 0."),
        ("[2, 1]", "Unit 3 of z⁽¹⁾ is", "row 3 of ∂L/∂W⁽¹⁾ is 0."),
        ("[-1, -2]", "Unit 1 of z⁽¹⁾ is", "row 1 of ∂L/∂W⁽¹⁾ is 0."),
        ("[0, 0]", "All 3 units of z⁽¹⁾ are", "∂L/∂W⁽¹⁾ is 0."),
    ],
)
def test_a_unit_is_off_for_an_input(x: str, who: str, what: str) -> None:
    learns = "learns" if who.endswith("is") else "learn"
    assert said(network(x)) == (f"{who} off for this input and {learns} nothing from it: {what}",)


def test_a_unit_is_off_for_some_or_for_all_samples_of_a_batch() -> None:
    assert said(network("[[2, 1], [-3, -1]]", "[[1], [0]]")) == ()
    assert said(network("[[2, 1], [3, 1]]", "[[1], [0]]")) == (
        "Unit 3 of z⁽¹⁾ is off for all 2 samples and learns nothing from them: row 3 of ∂L/∂W⁽¹⁾"
        " is 0. If no other sample switches it on, the unit is dead; a slope below 0 keeps a unit"
        " learning (leaky_relu, elu, softplus; gradcalc ops relu).",
    )


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "softplus", "gelu"])
def test_the_cures_have_no_unit_that_is_off(activation: str) -> None:
    assert said(network("[1, 2]", activation=activation)) == ()


def test_a_function_made_of_relu_switches_off_as_well() -> None:
    text = network("[1, 2]", activation="f") + "equations: f(z) = 5*relu(z)\n"
    assert said(text)[0].startswith("Units 2 and 3")


def test_a_penalty_still_teaches_a_unit_that_is_off() -> None:
    text = network("[1, 2]").replace("loss: half_squared_error\n", "")
    text += "equations: L = half_squared_error(a2, y) + 0.1*sum(W1^2)\n"
    assert said(text) == ()


def test_columns_belong_to_units_where_weights_are_inputs_by_units() -> None:
    text = """
inputs: {x: [1, 2]}
targets: {y: 1}
weights_layout: inputs_by_units
weights: {W1: [[1, -1], [1, -1]], b1: [0, 0], W2: [[1], [1]], b2: [0]}
activations: [relu, identity]
loss: half_squared_error
"""
    assert said(text) == (
        "Unit 2 of z⁽¹⁾ is off for this input and learns nothing from it: column 2 of ∂L/∂W⁽¹⁾"
        " is 0.",
    )


# --- gradients that shrink --------------------------------------------------------


def deep(weight: float, layers: int, activation: str = "sigmoid") -> str:
    weights = ", ".join(f"W{n}: [[{weight}]], b{n}: [0]" for n in range(1, layers + 1))
    return (
        f"inputs: {{x: [1]}}\ntargets: {{y: 1}}\nweights: {{{weights}}}\n"
        f"activations: [{', '.join([activation] * layers)}]\nloss: half_squared_error\n"
    )


STEADY = deep(4, 4).replace("x: [1]", "x: [0.5]").replace(": [0]", ": [-2]")
"""Every z is 0, where four times the slope of the sigmoid is 1."""


def test_a_gradient_that_vanishes_is_shown_with_its_numbers() -> None:
    text = deep(1, 4)
    (note,) = said(text)
    values = gradcalc.solve(gradcalc.load(text)).values
    sizes = [abs(values[f"dL/dz{n}"].item()) for n in (4, 3, 2, 1)]
    assert re.search(r": (.*) in size", note).group(1) == ", ".join(f"{s:.3g}" for s in sizes)  # type: ignore[union-attr]
    assert f"{sizes[0] / sizes[-1]:.0f} times less" in note
    assert "σ′ ≤ 1/4" in note


@pytest.mark.parametrize("text", [deep(1, 2), STEADY, deep(1, 4, "relu"), deep(1, 3, "tanh")])
def test_a_gradient_that_arrives_is_not_said_to_vanish(text: str) -> None:
    assert not any("vanishes" in note for note in said(text))


def test_small_weights_make_it_vanish_with_any_activation() -> None:
    (note,) = said(deep(0.1, 3, "leaky_relu"))
    assert "vanishes" in note
    assert "≤" not in note


# --- saturated units --------------------------------------------------------------


def unit(weight: float, activation: str, loss: str = "half_squared_error") -> str:
    return (
        f"inputs: {{x: [1]}}\ntargets: {{y: 0}}\nweights: {{W1: [[{weight}]], b1: [0]}}\n"
        f"activations: [{activation}]\nloss: {loss}\n"
    )


@pytest.mark.parametrize(
    ("activation", "just", "not_yet"), [("sigmoid", 4.6, 4.5), ("tanh", 3.0, 2.98)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_unit_is_saturated_from_a_slope_of_one_hundredth(
    activation: str, just: float, not_yet: float, sign: int
) -> None:
    (note,) = said(unit(sign * just, activation))
    assert "is saturated" in note
    assert said(unit(sign * not_yet, activation)) == ()


def test_the_numbers_of_a_saturated_unit() -> None:
    (note,) = said(unit(6, "sigmoid"))
    assert note == (
        "ŷ = 0.9975 is saturated: its slope is 0.00247, and little passes:"
        " ∂L/∂ŷ = 0.9975, but ∂L/∂z⁽¹⁾ = 0.00246."
    )
    y = float(kernels.sigmoid(np.array(6.0)))
    assert (f"{y:.4f}", f"{y * (1 - y):.5f}", f"{y * y * (1 - y):.3g}") == (
        "0.9975",
        "0.00247",
        "0.00246",
    )


def test_in_front_of_a_cross_entropy_the_slope_cancels() -> None:
    assert said(unit(6, "sigmoid", "binary_cross_entropy")) == ()


def test_of_several_saturated_units_the_worst_is_named() -> None:
    text = """
inputs: {x: [1]}
targets: {y: 1}
weights: {W1: [[5], [-7], [0.1], [6]], b1: [0, 0, 0, 0], W2: [[1, 1, 1, 1]], b2: [0]}
activations: [sigmoid, identity]
loss: half_squared_error
"""
    (note,) = said(text)
    assert note.startswith("a⁽¹⁾₂ = 0.0009111 is saturated")
    assert note.endswith(" 2 more are, too.")


# --- softmax ----------------------------------------------------------------------


def softmax(gap: float, loss: str = "cross_entropy") -> str:
    return (
        f"inputs: {{z: [{gap}, 0]}}\ntargets: {{t: [1, 0]}}\n"
        f"equations: |\n  p = softmax(z)\n  L = {loss}(p, t)\n"
    )


def test_a_share_close_to_one_is_remarked_on() -> None:
    (note,) = said(softmax(8))
    assert note.startswith("p₁ = 0.99966 is close to 1, but not 1. exp(z) is above 0")
    assert said(softmax(6)) == ()


def test_a_share_close_to_zero_is_remarked_on() -> None:
    text = (
        "inputs: {z: [1, 1, -9]}\ntargets: {t: [1, 0, 0]}\n"
        "equations: |\n  p = softmax(z)\n  L = squared_error(p, t)\n"
    )
    (note,) = said(text)
    assert re.match(r"p₃ = 2\.2\d*·10⁻⁵ is close to 0, but not 0\.", note)


def test_a_share_that_is_stored_as_one_is_said_to_be_none() -> None:
    (note,) = said(softmax(50))
    assert note.startswith("p₁ prints as 1 and is not: the digits run out.")


def test_a_softmax_of_one_entry_is_all_of_the_sum() -> None:
    text = "inputs: {z: [[3], [4]]}\nequations: |\n  p = softmax(z)\n  L = sum(p^2)\n"
    assert said(text) == ()


# --- on the page ------------------------------------------------------------------

MANY = """
inputs: {x: [1, 2]}
targets: {y: [1, 0]}
weights: {W1: [[1, 1], [-1, -1]], b1: [0, 0], W2: [[9, 1], [0.1, 1]], b2: [0, 0],
          W3: [[20, 1], [0.1, 1]], b3: [0, 0]}
activations: [relu, sigmoid, softmax]
loss: squared_error
"""


def test_a_page_has_at_most_three_notes_in_lines_that_fit() -> None:
    assert 2 <= len(said(MANY)) <= MOST
    for unicode in (True, False):
        text = page(view(MANY, unicode), columns=60).plain()
        assert all(width(row) <= 60 for row in text.splitlines())
        assert "saturated" in text
        assert unicode or text.isascii()
    assert json.loads(solution_line(view(MANY)))["notes"] == list(said(MANY))


def test_letters_have_no_notes() -> None:
    letters = "inputs: {x: {shape: N}}\ntargets: {y: {shape: K}}\nunits: [M, K]\n"
    assert said(letters + "activations: [relu, identity]\nloss: squared_error\n") == ()


# --- the sheets of operations -----------------------------------------------------

REMARKED = [
    *("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "gelu", "softmax")
]


@pytest.mark.parametrize("name", REMARKED)
@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("columns", [60, 80])
def test_a_sheet_has_its_remark(name: str, unicode: bool, columns: int) -> None:
    document = operation_document(TABLE, Apply(name, (Symbol("x"),)), unicode=unicode)
    text = write_document(Page(columns, unicode), document).plain()
    assert "Learning" in text
    assert all(width(row) <= columns for row in text.splitlines())
    assert unicode or text.isascii()


def test_only_these_rows_have_one() -> None:
    assert {row.name for row in TABLE if row.remark} == set(REMARKED)


def slope(name: str, x: float) -> float:
    text = f"inputs: {{z: {x}}}\nequations: L = {name}(z)\n"
    return gradcalc.solve(gradcalc.load(text)).values["dL/dz"].item()


def test_the_numbers_of_the_remarks() -> None:
    for name, shown in (("sigmoid", "0.0066"), ("tanh", "0.00018"), ("softplus", "0.0067")):
        assert shown in TABLE[name].remark
        assert f"{slope(name, -5):.2g}" == shown
    assert "−0.0000071" in TABLE["gelu"].remark
    assert f"{slope('gelu', -5):.7f}" == "-0.0000071"
    assert slope("gelu", -0.755) < 0 < slope("gelu", -0.745)
    assert slope("sigmoid", 0) == 0.25
    assert slope("tanh", 0) == 1
    one, almost = (kernels.softmax(np.array([gap, 0.0])) for gap in (37.0, 36.0))
    assert one[0] == 1 > almost[0]
    none, some = (kernels.softmax(np.array([gap, 0.0])) for gap in (746.0, 745.0))
    assert none[1] == 0 < some[1]
