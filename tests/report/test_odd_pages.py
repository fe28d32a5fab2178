"""Pages, pictures and scripts of files whose quantities are put together in rare ways."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import format
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from gradcalc.report.pictures.graph_operations import picture
from gradcalc.report.scripts.numpy_script import numpy_script
from gradcalc.report.solution.document import document
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.solution.sample_band import shares
from gradcalc.report.steps.view import View
from tests.proof.files.agreement import differences
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


NUMBERS_CARRIED = """
inputs: {x: [1.5, 2.5]}
weights: {w: [0.3, -0.2, 1.1]}
equations: |
  k = 0.123456
  h = w^2
  q = 2/3*sum(h)
  L = q + k*x[1]
find: [dL/dw, dL/dx]
"""
HIDDEN_BY_GIVEN = """
weights: {s: 0.7}
equations: |
  a = s*s
  b = s*a
  c = a*3 + 1
  L = 2*c
given: {dL/dc: 0, L: 0.5}
"""
JACOBIAN = """
inputs: {v: [0.5, -1]}
targets: {y: [1, 0]}
equations: |
  p = softmax(v)
  E = sum((p - y)^2)
find: dE/dv
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
    assert solution_line(View(solution), detail)


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


@pytest.mark.parametrize(
    ("more", "name", "due"),
    [
        ("rounding: {decimals: 1}", "dL/dw", [0.4, -0.3, 1.5]),  # 2·0.7·w
        ("rounding: {dL/dq: 0, dL/dh: 1}", "dL/dw", [0.42, -0.28, 1.54]),
        ("rounding: {k: 2}", "L", 2 / 3 * 1.34 + 0.12 * 1.5),
        ("rounding: {k: 2}", "dL/dx", [0.12, 0]),
        ("given: {k: 0.5}", "dL/dx", [0.5, 0]),
        ("given: {dL/dq: 3}", "dL/dw", [1.2, -0.8, 4.4]),
        ("given: {dL/dh: [1, 2, 3]}", "dL/dw", [0.6, -0.8, 6.6]),
        ("names: {h: a}\ngiven: {dL/da: [1, 2, 3]}", "dL/dw", [0.6, -0.8, 6.6]),
        ("rounding: {decimals: 2}\ngiven: {dL/dh: [0.125, 1, 0]}", "dL/dw", [0.08, -0.4, 0]),
    ],
)
def test_a_number_that_is_given_or_rounded_is_read_by_its_name(
    more: str, name: str, due: object
) -> None:
    solution = solved(NUMBERS_CARRIED + more + "\n")
    np.testing.assert_allclose(solution.values[name], due, rtol=1e-12)
    assert list(differences(solution)) == []


def test_a_number_that_rounding_leaves_is_written_in() -> None:
    found = solved(NUMBERS_CARRIED + "rounding: {decimals: 2}\n")
    lines = {node.name: format(node.expr) for node in found.problem.visible.backward}
    assert lines["dL/dh"] == "2/3"  # dL/dq is 1
    assert lines["dL/dw"] == "2 * dL/dh * w"


def test_a_given_number_is_read_in_letters() -> None:
    shown = page(View(solved(GIVEN_IN_LETTERS)), "steps", 80).plain()
    assert "∂L/∂b = ∂L/∂h ⊙ cos(b)" in shown
    assert "2 ∂L/∂h ⊙ cos(b) ⊙ x" in shown


def test_a_rounded_line_is_read_by_its_name_where_no_gradient_reads_it() -> None:
    solution = solved(HIDDEN_BY_GIVEN + "rounding: {decimals: 1, mode: truncate}\n")
    assert float(solution.values["b"]) == pytest.approx(0.2)  # 0.7·0.4
    assert "b = s a = 0.7·0.4 = 0.2" in page(View(solution), "steps", 80).plain()
    assert list(differences(solution)) == []


def test_a_jacobian_is_rounded_as_every_line() -> None:
    solution = solved(JACOBIAN + "rounding: {decimals: 1}\n")
    assert solution.values["dp/dv"].tolist() == [[0.2, -0.2], [-0.2, 0.2]]
    assert list(differences(solution)) == []


@pytest.mark.parametrize(
    ("layout", "due"), [("numerator", [0.26, 0.65]), ("denominator", [-0.13, 0.26])]
)
@pytest.mark.parametrize("names", ["", "names: {p: q}\n"])
def test_a_given_jacobian_is_what_the_gradient_comes_from(
    layout: str, due: list[float], names: str
) -> None:
    own = "q" if names else "p"
    text = f"given: {{dE/d{own}: [-1.3, 1.3], d{own}/dv: [[0.3, 0.2], [0.5, 0.7]]}}\n"
    solution = solved(f"{JACOBIAN}{text}{names}jacobian_layout: {layout}\n")
    np.testing.assert_allclose(solution.values["dE/dv"], due, rtol=1e-12)
    (jacobian,) = (each for each in solution.comparisons if each.name == "dp/dv")
    np.testing.assert_allclose(
        jacobian.recomputed, np.diag(p := solution.values["p"]) - np.outer(p, p)
    )
    assert solution.check is not None
    assert solution.check.failed == ()
    assert list(differences(solution)) == []
    assert gradcalc.check(solution.problem, f"dE/dv = {due}\n").right


@pytest.mark.parametrize("operands", ["q, p", "p, q"])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", ["huber", "mse", "binary_cross_entropy_with_logits", "l1"])
def test_a_loss_compares_a_number_with_one_entry(name: str, reduction: str, operands: str) -> None:
    solution = solved(
        "inputs: {q: [0.4]}\nweights: {p: 0.7}\nequations: |\n"
        f"  h = {name}({operands}, reduction={reduction})\n  L = mean(h)\n"
        "find: [dL/dp, dL/dq]\n"
    )
    assert solution.values["h"].shape == ((1,) if reduction == "none" else ())
    assert solution.values["dL/dp"].shape == ()
    assert solution.values["dL/dq"].shape == (1,)
    assert solution.check is not None
    assert solution.check.failed == ()
    assert list(differences(solution)) == []


def test_places_count_from_1() -> None:
    with pytest.raises(ProblemError) as caught:
        solved("inputs: {x: [1]}\nequations: |\n  h = place(x, first=0, of=3)\n  L = sum(h)\n")
    assert "first is a whole number from 1" in caught.value.label


def test_a_given_diagonal_is_shown_as_a_matrix() -> None:
    solution = solved(
        "weights: {w: [0.6, -0.9]}\nequations: |\n  h = gelu(w)\n  L = sum(h^2)\n"
        "given: {dh/dw: [0.93, 0.5]}\n"
    )
    shown = page(View(solution, jacobians=True), "steps", 80).plain()
    assert "⎡ 0.93  0   ⎤" in shown
    assert "⎣ 0     0.5 ⎦" in shown


@pytest.mark.parametrize("number", ["1.5e308", "4503599627370497.5", "1e-320"])
@pytest.mark.parametrize("digits", ["decimals: 15", "decimals: 0", "significant: 3"])
def test_rounding_in_a_script_keeps_numbers_near_the_end_of_the_range(
    number: str, digits: str
) -> None:
    solution = solved(
        f"inputs: {{x: {number}}}\nequations: y = x\nfind: y\nrounding: {{{digits}}}\n"
    )
    np.testing.assert_allclose(run(numpy_script(solution))["y"], solution.values["y"], rtol=1e-15)
