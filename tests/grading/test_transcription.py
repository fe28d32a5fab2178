"""Answers that come from one operand copied wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.mistakes.patterns import AsIf, misreadings
from gradcalc.problem.names import Reference

PROBLEM = """
inputs: {x: [0.18, 2.42, 1.34]}
targets: {y: [0.5]}
weights:
  W1: [[-0.1, 0.19, 0.49], [-0.15, -0.07, -0.48]]
  b1: [-0.36, -0.04]
  W2: [[-0.25, 0.68]]
  b2: [0.26]
activations: [sigmoid, identity]
loss: half_squared_error
"""


def read(answers: str) -> AsIf | None:
    return check(gradcalc.load(PROBLEM), answers).findings[0].as_if


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("1.34", "1.31"),  # a digit
        ("1.34", "1.43"),  # two neighbours
        ("1.34", "-1.34"),  # the sign
        ("-1.34", "1.34"),
        ("1.34", "13.4"),  # the point
        ("1.34", "0.134"),
    ],
)
def test_a_misreading(text: str, other: str) -> None:
    assert other in set(misreadings(text))


@pytest.mark.parametrize("text", ["1/3", "2e-3", "_", "x", ""])
def test_what_is_no_plain_decimal_has_no_misreadings(text: str) -> None:
    assert list(misreadings(text)) == []


@given(st.decimals(-99, 99, places=2, allow_nan=False))
def test_misreadings_are_other_numbers_each_once(value: object) -> None:
    text = str(value)
    found = list(misreadings(text))
    assert len(found) == len(set(found))
    assert text not in found
    assert all(float(other) is not None for other in found)


def test_an_input_copied_wrongly_is_found() -> None:
    # z1 with x[3] = 1.31 for 1.34: 0.4598 - 0.018 - 0.36 + 0.49 * 1.31
    assert read("z1 = 0.7237 -0.8652") == AsIf(Reference("x", (2,)), "1.31", "1.34")


def test_a_weight_copied_wrongly_is_found() -> None:
    # W1[2,2] read as 0.07: -0.027 + 0.07*2.42 - 0.48*1.34 - 0.04
    assert read("z1 = 0.7384 -0.5408") == AsIf(Reference("W1", (1, 1)), "0.07", "-0.07")


def test_the_own_value_before_is_what_was_copied() -> None:
    # -0.25 * 0.6766 + 0.68 * 0.2393 + 0.26: two digits of the writer's 0.2933 swapped
    found = read("a1 = 0.6766 0.2933\nyhat = 0.253574")
    assert found == AsIf(Reference("a1", (1,)), "0.2393", "0.2933")


def test_what_two_operands_explain_equally_is_not_claimed() -> None:
    problem = gradcalc.load(
        "inputs: {x: 12, u: 12}\nweights: {w: 1}\nequations: |\n  v = x + u\n  L = w*v\n"
    )
    assert check(problem, "v = 33").findings[0].as_if is None


def test_a_number_that_comes_from_nothing_is_not_claimed() -> None:
    assert read("z1 = 0.1111 0.9999") is None


def test_the_texts_of_the_data() -> None:
    texts = lines_of(gradcalc.load(PROBLEM)).texts
    assert texts["x"][2,] == "1.34"
    assert texts["W1"][1, 1] == "-0.07"
    assert sum(map(len, texts.values())) == 3 + 1 + 6 + 2 + 2 + 1
