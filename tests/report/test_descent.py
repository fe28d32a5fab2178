"""The band of a descent: what is written, in which letters, and what has room."""

from __future__ import annotations

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.optimisers import OPTIMISERS, resolve
from gradcalc.engine.evaluate import evaluate
from gradcalc.errors import width
from gradcalc.report.catalogue.optimisers import optimiser_document
from gradcalc.report.formats.text import text_document
from gradcalc.report.solution.descent import method_words
from gradcalc.report.solution.page import page
from gradcalc.report.steps.updates import update_lines
from gradcalc.report.steps.view import View
from tests.shown import GOLDEN, golden

SURFACE = "inputs: {x: 1, y: 2}\nequations: f = -x^3 + 100*(y^2 - x)^2\n"
NETWORK = """\
inputs: {x: [[0.5, -1.25], [1, 0.5]]}
targets: {y: [[1], [-0.5]]}
weights:
  {W1: [[0.25, -0.5], [0.75, 0.5], [1, 2]], b1: [0.1, -0.2, 0.3], W2: [[0.5, -1, 1]], b2: 0.05}
activations: [tanh, identity]
loss: squared_error
"""
METHODS = [
    "steps: 3",
    "momentum: 0.9, dampening: 0.1, steps: 3",
    "method: nesterov, weight_decay: 0.1, maximise: true, steps: 3",
    "weight_decay: 0.1, decoupled: true, steps: 3",
    "method: rmsprop, steps: 3",
    "method: rmsprop, momentum: 0.5, centered: true, steps: 3",
    "method: adam, amsgrad: true, steps: 3",
    "method: adamw, steps: 3",
    "method: adagrad, lr_decay: 0.5, steps: 3",
]
every = pytest.mark.parametrize("method", METHODS)


def view(text: str, **settings: object) -> View:
    return View(gradcalc.solve(gradcalc.load(text)), **settings)  # type: ignore[arg-type]


def band(text: str, columns: int = 80, detail: str = "steps", **settings: object) -> str:
    shown = page(view(text, **settings), detail, columns).plain()
    head = "Ascent" if "\nAscent " in shown else "Descent"
    return shown.partition(f"\n{head} ")[2].partition("\nAnswer ")[0]


@every
@pytest.mark.parametrize("text", [SURFACE, NETWORK], ids=["surface", "network"])
def test_substitutions_have_the_value_beside_them(text: str, method: str) -> None:
    found = update_lines(view(text + f"descent: {{{method}}}\n"))
    seen = 0
    for line in found:
        step = line.step
        for written in (step.substitution, step.worked):
            if written is None:
                continue
            again = parse(format(written))
            assert again == written
            value = evaluate(again, {}, {}, line.view.problem.table)
            assert step.value is not None
            np.testing.assert_allclose(
                value.reshape(step.value.shape), step.value, rtol=2e-3, atol=2e-4
            )
            seen += 1
    assert seen >= len(found) // 2


@every
@pytest.mark.parametrize(
    ("columns", "detail"), [(40, "steps"), (40, "entries"), (60, "entries"), (80, "brief")]
)
def test_no_line_is_wider_than_the_page(method: str, columns: int, detail: str) -> None:
    for text in (SURFACE, NETWORK):
        for unicode in (True, False):
            whole = text + f"descent: {{{method}}}\n"
            shown = page(view(whole, unicode=unicode), detail, columns)
            for line in shown.plain().splitlines():
                assert width(line) <= columns, line


def test_lines_are_numbered_on_from_the_backward_pass() -> None:
    own = view(SURFACE + "descent: {momentum: 0.9}\n")
    assert [line.step.number for line in update_lines(own)] == [4, 5, 6, 7]
    assert [line.step.name for line in update_lines(own)] == ["v", "x", "v", "y"]


def test_the_first_step_and_a_row_a_step() -> None:
    shown = band(SURFACE + "descent: {learning_rate: 0.001, steps: 2}\n")
    assert " 4   x ← x − η ∂f/∂x = 1 − 0.001·(−603) = 1.603\n" in shown
    assert " 5   y ← y − η ∂f/∂y = 2 − 0.001·2400 = −0.4\n" in shown
    rows = [line.split() for line in shown.splitlines() if line[5:6].isdigit()]
    assert rows == [
        ["0", "1", "2", "899", "−603", "2400"],
        ["1", "1.603", "−0.4", "204.11", "280.89", "230.88"],
        ["2", "1.3221", "−0.63088", "83.085", "179.58", "233.2"],
    ]


def test_every_step_entry_by_entry() -> None:
    shown = band(SURFACE + "descent: {momentum: 0.5, steps: 2}\n", detail="entries")
    assert shown.count("before   gradient") == 2
    assert "Step 1, from f = 899:" in shown
    assert "Step 2, from f = 204.11:" in shown


def test_the_table_has_the_digits_that_tell_steps_apart() -> None:
    shown = band("inputs: {x: 1}\nequations: y = x^2\ndescent: {learning_rate: 1e-6, steps: 2}\n")
    assert "0.999998" in shown
    assert "0.999996" in shown


def test_decimals_are_those_of_values_and_not_of_steps() -> None:
    shown = band(SURFACE + "descent: {learning_rate: 0.001}\n", decimals=2)
    assert "\n     0      1.00    2.00   899.00" in shown
    assert "= 1 − 0.001·(−603.00) = 1.60\n" in shown


def test_many_steps_are_elided_and_shown_in_full() -> None:
    text = "inputs: {x: 1}\nequations: y = x^2\ndescent: {learning_rate: 0.01, steps: 60}\n"
    assert "⋮" in band(text)
    assert "\n     30 " not in band(text)
    assert "\n     60 " in band(text)
    whole = band(text, full=True)
    assert "⋮" not in whole
    assert all(f"\n     {step:2} " in whole for step in range(61))


def test_large_parameters_are_shown_after_the_last_step() -> None:
    shown = band(NETWORK + "descent: {learning_rate: 0.01, steps: 2}\n")
    assert "After 2 steps:" in shown
    assert "‖∇L‖ is the length of the gradient of L by all parameters." in shown


def test_a_descent_that_diverges_says_after_which_step() -> None:
    text = "inputs: {x: 3}\nequations: y = x^4\ndescent: {learning_rate: 10, steps: 9}\n"
    shown = band(text)
    words = " ".join(shown.split())
    assert "!  After step" in shown
    assert "of 9 steps are done. Try a smaller learning rate." in words
    assert "\n     0 " in shown


def test_letters_have_the_equations_alone() -> None:
    text = "equations: f = x^2\nfind: df/dx\ndescent: {method: adam, steps: 3}\n"
    shown = band(text)
    assert "m ← β₁ m + (1 − β₁) g\n" in shown
    assert "x ← x − η m̂ / (√v̂ + ε)\n" in shown
    assert "step   " not in shown


def test_letters_of_the_problem_are_not_taken() -> None:
    text = "inputs: {v: 1, t: 2}\nequations: g = v^2*t\ndescent: {method: adam}\n"
    shown = band(text)
    assert "g_t ← ∂g/∂v" in shown
    assert "v_t ← β₂ v_t + (1 − β₂) g_t²" in shown
    assert "v ← v − η m̂ / (√v̂ + ε)" in shown


def test_letters_of_the_author_are_not_taken() -> None:
    text = "weights: {w: 1}\nequations: f = w^2\nnames: {w: m}\ndescent: {method: adam}\n"
    shown = band(text)
    assert "m_t ← β₁ m_t" in shown
    assert "m ← m − η m̂ / (√v̂ + ε)" in shown


def test_ascii_has_an_arrow() -> None:
    shown = band(SURFACE + "descent: {learning_rate: 0.001}\n", unicode=False)
    assert shown.isascii()
    assert "x <- x - eta*df/dx" in shown


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("steps: 1", "Gradient descent"),
        ("maximise: true", "Gradient ascent"),
        ("momentum: 0.9", "Gradient descent with momentum"),
        ("method: nesterov", "Gradient descent with Nesterov's momentum"),
        (
            "momentum: 0.9, dampening: 0.1, weight_decay: 1",
            "Gradient descent with momentum, dampening and weight decay",
        ),
        (
            "weight_decay: 0.1, decoupled: true",
            "Gradient descent with decoupled weight decay",
        ),
        ("method: adamw", "AdamW"),
        ("method: adam, amsgrad: true, maximise: true", "Adam with AMSGrad, climbing"),
    ],
)
def test_the_words_for_a_method(method: str, words: str) -> None:
    problem = gradcalc.load(SURFACE + f"descent: {{{method}}}\n")
    assert problem.descent is not None
    assert method_words(problem.descent) == words


@pytest.mark.parametrize("name", [row.name for row in OPTIMISERS])
def test_the_sheet_of_an_optimiser(name: str) -> None:
    found = resolve(name)
    assert found is not None
    golden(GOLDEN / "ops" / f"{name}.txt", text_document([optimiser_document(*found)]))
