"""What counts as right: the three candidates, in their order, and the guards of the third."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.earlier_answers import Own
from gradcalc.grading.evaluation.follow_through import Style, evaluated, radius
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.verdict import Verdict
from tests.benchmarks.mistakes import measure, nothing, right

SQUARE = "inputs: {x: 3}\nweights: {w: 0.1234}\nequations: |\n  u = w*x\n  L = u^2\n"
TIE = "inputs: {x: 0.5}\nweights: {w: 0.25}\nequations: |\n  u = w*x\n  v = 8*u\n"
DIFFERENCE = """
inputs: {x: 1}
weights: {w: 1.0049, v: 1.0001}
equations: |
  a = w*x
  b = v*x
  d = a - b
"""


def two_layers(bias: str) -> str:
    return (
        "inputs: {x: [1.5]}\ntargets: {y: [1]}\n"
        f"weights: {{W1: [[2]], b1: [0.04], W2: [[2]], b2: [{bias}]}}\n"
        "activations: [identity, identity]\nloss: half_squared_error\n"
    )


def verdicts(problem: str, answers: str) -> dict[str, Verdict]:
    """Return the last verdict on each quantity."""
    return {each.name: each for each in check(gradcalc.load(problem), answers).verdicts}


def statuses(problem: str, answers: str) -> list[str]:
    return [each.status for each in check(gradcalc.load(problem), answers).verdicts]


# --- the first two candidates --------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        "u = 0.3702\nL = 0.13704804",  # exact
        "u = 0.37\nL = 0.1369",  # carried on as written
        "u = 0.37\nL = 0.1370",  # carried on unrounded
        "L = 0.137",
        "L = 0.13704",  # cut off
        "u = 0.370",
    ],
)
def test_right_answers(answers: str) -> None:
    assert set(statuses(SQUARE, answers)) == {"correct"}


@pytest.mark.parametrize("answers", ["L = 0.138", "L = -0.137", "L = 0", "L = 0.1372"])
def test_wrong_answers(answers: str) -> None:
    assert statuses(SQUARE, answers) == ["incorrect"]


def test_an_error_is_carried_forward() -> None:
    assert statuses(SQUARE, "u = 0.4702\nL = 0.22108804") == ["incorrect", "follows"]
    assert statuses(SQUARE, "u = 0.4702\nL = 0.137") == ["incorrect", "correct"]
    assert statuses(SQUARE, "u = 0.4702\nL = 0.25") == ["incorrect", "incorrect"]


def test_an_entry_that_does_not_read_the_wrong_one_is_simply_right() -> None:
    problem = """
inputs: {x: [1, 2]}
targets: {y: [1]}
weights: {W1: [[0.5, -0.3], [0.2, 0.4]], b1: [0, 0], W2: [[0.7, 0.1]], b2: [0]}
activations: [tanh, identity]
loss: half_squared_error
"""
    lines = lines_of(gradcalc.load(problem))
    rows = lines.values["dL/dW1"].round(4).tolist()
    gradient = "; ".join(" ".join(map(str, row)) for row in rows)
    found = verdicts(problem, f"dL/dW2 = 0.5 0.5\ndL/dW1 = {gradient}")
    assert found["dL/dW2"].status == "incorrect"
    assert found["dL/dW1"].status == "correct"


def test_zeros_that_make_everything_follow_are_no_answer() -> None:
    found = check(gradcalc.load(SQUARE), "u = 0\nL = 0")
    assert [each.status for each in found.verdicts] == ["incorrect", "incorrect"]
    assert found.findings[-1].trivial


# --- rounded on the way --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("1.00", "correct"),  # nothing rounded: 8 · 0.125
        ("1.04", "correct"),  # 0.13, halves up
        ("0.96", "correct"),  # 0.12, halves to even, or cut off
        ("0.92", "incorrect"),
        ("1.08", "incorrect"),
        ("0.00", "incorrect"),
    ],
)
def test_a_step_that_is_not_written_may_have_been_rounded(answer: str, status: str) -> None:
    found = verdicts(TIE, f"v = {answer}")["v"]
    assert (found.status, found.kept) == (status, False)


def test_a_step_inside_a_line_may_have_been_rounded() -> None:
    problem = two_layers("0.333").replace("[[2]], b1", "[[0.37]], b1")  # W1 x is 0.555
    assert statuses(problem, "z1 = 0.60") == ["correct"]  # 0.56 + 0.04
    assert statuses(problem, "z1 = 0.61") == ["incorrect"]


def test_how_the_problem_rounds_is_the_only_way() -> None:
    problem = TIE + "rounding: {decimals: 2}\n"
    assert not verdicts(problem, "v = 1.04")["v"].kept
    assert verdicts(problem, "v = 0.96")["v"].kept  # no longer explained by a rounded 0.12


# --- digits that were kept but not written ------------------------------------------------


def test_kept_digits_of_a_wrong_value_explain_the_next_line() -> None:
    found = verdicts(SQUARE, "u = 0.47\nL = 0.2211")  # 0.4702², where 0.47² is 0.2209
    assert (found["L"].status, found["L"].kept) == ("follows", True)
    assert statuses(SQUARE, "u = 0.47\nL = 0.2260") == ["incorrect", "incorrect"]


def test_what_would_let_0_pass_is_not_used() -> None:
    assert statuses(DIFFERENCE, "a = 1.00\nb = 1.00\nd = 0.0031") == [
        "correct",
        "correct",
        "incorrect",
    ]
    assert statuses(DIFFERENCE, "a = 1.00\nb = 1.00\nd = 0.0048")[-1] == "correct"


def test_what_would_let_the_other_sign_pass_is_not_used() -> None:
    assert statuses(DIFFERENCE, "a = 1.00\nb = 1.00\nd = -0.0048")[-1] == "incorrect"


def test_what_would_let_a_slip_pass_is_not_used() -> None:
    """With b2 left out z2 would be 0.003 less, which half a unit of z1 moves it by as well."""
    answers = "z1 = 3.1\nz2 = {}"
    assert statuses(two_layers("0.9"), answers.format("7.13"))[-1] == "follows"
    assert statuses(two_layers("0.003"), answers.format("6.233"))[-1] == "incorrect"


def test_a_written_value_that_equals_ours_has_no_radius() -> None:
    problem = """
inputs: {x: [1]}
targets: {y: [10]}
weights: {W1: [[0.8]], W2: [[0.7]]}
activations: [identity, identity]
given: {yhat: 8}
loss: half_squared_error
"""
    found = verdicts(problem, "dL/dyhat = -2\ndL/da1 = -1.8")
    assert found["dL/dyhat"].status == "correct"
    assert found["dL/da1"].status == "incorrect"


def test_the_radius_of_a_sum_is_the_sum_of_its_parts() -> None:
    problem = gradcalc.load(two_layers("0.9").replace("[[2]], b1: [0.04]", "[[2]], b1: [0.05]"))
    lines = lines_of(problem)
    own = {"z1": Own(np.array([3.1]), np.array([True]))}
    found = radius(lines, "z2", own, {"z1": np.array([0.05])}, Style(1, 2))
    assert found is not None
    # a1 is not written: rounded to one decimal, or two digits
    np.testing.assert_allclose(found[0], [2 * 3.1 + 0.9])
    np.testing.assert_allclose(found[1], [2 * 0.05 + 2 * 0.05])


def test_an_interval_that_holds_a_kink_counts_with_both_branches() -> None:
    problem = gradcalc.load(
        "inputs: {x: 0.5}\nweights: {w: 0.01}\nequations: |\n  u = w*x\n  v = 4*relu(u)\n"
    )
    own = {"u": Own(np.asarray(0.0), np.asarray(True))}
    found = radius(lines_of(problem), "v", own, {"u": np.asarray(0.005)}, Style(2, 1))
    assert found is not None
    middle, room = found
    assert float(middle) == 0
    assert float(room) == pytest.approx(0.02)


def test_a_measure_that_is_asked_for_has_no_radius() -> None:
    answers = "u = 0.47\nL = 0.2211"
    tolerance = Tolerance("decimals", 4)
    review = check(gradcalc.load(SQUARE), answers, tolerance)
    assert [each.status for each in review.verdicts] == ["incorrect", "incorrect"]


# --- the values behind it ------------------------------------------------------------------


def test_only_the_lines_that_a_value_needs_give_the_same_value() -> None:
    lines = lines_of(gradcalc.load(two_layers("0.9")))
    own = {"z1": Own(np.array([3.1]), np.array([True]))}
    whole = evaluated(lines, own)
    for name in lines.by_name:
        if name != "z1":
            alone = evaluated(lines, own, target=name)[name]
            np.testing.assert_array_equal(alone, whole[name])


def test_right_answers_are_never_found_wrong() -> None:
    counts = measure((right, seed) for seed in range(400, 408))
    assert counts.right["sheets"] > 350
    assert counts.right["accused"] == 0


def test_wrong_numbers_are_not_taken_for_right_or_explained_by_chance() -> None:
    counts = measure((nothing, seed) for seed in range(400, 405))
    assert counts.nothing["sheets"] > 40
    assert counts.nothing["a rule"] <= 1
    assert counts.nothing["missed"] <= 1
