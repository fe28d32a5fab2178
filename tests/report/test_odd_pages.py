"""Pages, pictures and scripts of files whose quantities are put together in rare ways."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.problem.model import Solution
from gradcalc.report.graphpicture import picture
from gradcalc.report.numpyscript import numpy_script
from gradcalc.report.record import line
from gradcalc.report.samples import shares
from gradcalc.report.terminal import page
from gradcalc.report.view import View
from gradcalc.report.writing import document
from tests.report.scripts import run

GIVEN_IN_LETTERS = """
inputs: {x: {shape: 2}}
equations: |
  b = x^2
  h = sin(b)
  L = 3*sum(h)
given: {b: [0.7, 0.2], dL/dh: [1, 2]}
"""
GIVEN_NUMBER = """
inputs: {a: {shape: 1}}
equations: |
  b = a^2
  L = 3*b
given: {b: 0.7}
"""
CONSTANT = """
constants: {k: [1, 2]}
weights: {w: [3, 4]}
equations: |
  h = k
  L = sum(h*w)
find: dL/dh
"""
MEAN = """
inputs: {x: [2, 1]}
equations: |
  h = soft_sign(x)
  L = mean(h)
"""


def solved(text: str) -> Solution:
    return gradcalc.solve(gradcalc.load(text))


@pytest.mark.parametrize("text", [GIVEN_IN_LETTERS, GIVEN_NUMBER])
@pytest.mark.parametrize("detail", ["brief", "steps", "entries"])
def test_a_given_value_is_shown_in_a_problem_of_letters(text: str, detail: str) -> None:
    solution = solved(text)
    shown = page(View(solution), detail, 80).plain()
    assert "b = (0.7, 0.2)" in shown or "b = 0.7 " in shown
    assert document(View(solution, typeset=True), detail)
    assert line(View(solution), detail)


def test_an_upstream_gradient_is_shown_in_a_problem_of_letters() -> None:
    assert "∂L/∂h = (1, 2)" in page(View(solved(GIVEN_IN_LETTERS)), "steps", 80).plain()


@pytest.mark.parametrize("detail", [False, True])
def test_no_gradient_is_passed_back_to_a_constant(detail: bool) -> None:
    solution = solved(CONSTANT)
    assert not [edge for edge in solution.problem.backward.edges if edge.operand == "k"]
    (link,) = [each for each in picture(View(solution), detail=detail).links if each.source == "k"]
    assert link.gradient == ""


@pytest.mark.parametrize("turned", ["numerator", "denominator"])
def test_a_jacobian_times_one_number_in_every_row(turned: str) -> None:
    shown = page(View(solved(MEAN), jacobians=True, turned=turned), "steps", 80).plain()
    assert "0.055556" in shown


@pytest.mark.parametrize(
    ("lines", "shape"),
    [
        ("f(s) = 0.5^3\n  h = f(u)", (3,)),
        ("f(s) = 2\n  h = f(f(u)) + f(1)", (3,)),
        ("f(s, r) = s^2\n  h = f(1, u)", (3,)),
    ],
)
def test_a_function_that_does_not_read_its_operand_has_its_shape(
    lines: str, shape: tuple[int, ...]
) -> None:
    solution = solved(f"inputs: {{u: [1, 2, 3]}}\nequations: |\n  {lines}\n  L = sum(h)\n")
    found = run(numpy_script(solution))
    assert np.shape(found["h"]) == shape
    np.testing.assert_allclose(found["h"], solution.values["h"])
    np.testing.assert_allclose(found["L"], solution.values["L"])


def test_a_batch_that_no_gradient_comes_from_has_no_shares() -> None:
    solution = solved(
        "inputs: {v: [[0.5, 0], [1.2, 2]]}\n"
        "targets: {u: [[1, 2], [1, 2]]}\n"
        "weights: {x: [[0.1, 1, 2], [0.5, 0, 0.8]]}\n"
        "equations: |\n  h = categorical_hinge(v, u)\n  L = h + sum(erf(x))\n"
    )
    assert shares(View(solution)) is None
    assert page(View(solution), "entries", 80).plain()


def test_a_loss_of_a_thing_and_itself_without_a_reduction() -> None:
    solution = solved(
        "weights: {x: [[1, 2, 3], [3, 0.5, 1]]}\n"
        "equations: |\n  l = softmax_cross_entropy(x, x, reduction=none)\n  L = sum(l^2)\n"
    )
    assert solution.check is not None
    assert solution.check.failed == ()


def test_a_condition_that_is_a_number_jumps_at_0() -> None:
    solution = solved(
        "weights: {B: [3, 0, 2]}\nequations: |\n  h = where(B, B, 2*B)\n  L = sum(h)\n"
    )
    assert solution.values["dL/dB"].tolist() == [1, 2, 1]
    assert solution.check is not None
    assert solution.check.failed == ()
    assert solution.check.kinks == ("B[2]",)


def test_a_line_is_not_filled_with_numbers_that_are_none() -> None:
    problem = gradcalc.load(
        "inputs: {x: 3}\nweights: {w: 2}\nequations: |\n  z = w*x\n  q = z^2\n  L = q*x\n"
    )
    review = gradcalc.check(problem, "z = 1e308\nL = 5\ndL/dw = 5\n")
    assert "L = q x" in str(gradcalc.show(review))
