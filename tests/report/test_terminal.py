"""The page of a solution: what fits, what is said, and what never happens to a number."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.errors import width
from gradcalc.report.page import STYLES
from gradcalc.report.solution.page import page
from gradcalc.report.steps.steps import build_steps
from gradcalc.report.steps.view import View
from tests.shown import PROBLEMS, ROOT

every = pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)


@cache
def solved(text: str | Path) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(text))


@cache
def shown(text: str | Path, columns: int = 80, detail: str = "steps", **settings: object) -> str:
    return page(View(solved(text), **settings), detail, columns).plain()  # type: ignore[arg-type]


@every
@pytest.mark.parametrize(
    ("columns", "unicode"), [(40, True), (40, False), (60, True), (80, True), (100, False)]
)
def test_no_line_is_wider_than_the_page(path: Path, columns: int, unicode: bool) -> None:
    for line in shown(path, columns, unicode=unicode).splitlines():
        assert width(line) <= columns, line


@every
def test_every_value_is_on_a_narrow_page_too(path: Path) -> None:
    view = View(solved(path))
    text = page(view, "steps", 40).plain()
    for step in build_steps(view):
        if step.texts and len(step.texts) <= 4:
            for number in step.texts:
                assert view.notation.number(number) in text, (step.name, number)


@every
@pytest.mark.parametrize("detail", ["brief", "steps", "entries"])
def test_no_float_noise_and_no_minus_zero(path: Path, detail: str) -> None:
    text = shown(path, detail=detail)
    assert not re.search(r"\d\.\d{9,}", text)
    for step in build_steps(View(solved(path)), detail):
        assert not [number for number in step.texts or () if re.fullmatch(r"-0(\.0*)?", number)]
    proof = re.sub(r"largest\s+error\s+[^)]*", "", text)
    assert not re.search(r"10⁻¹[5-9]", proof)


def test_styles_are_the_ones_that_are_used() -> None:
    used = {
        style for path in PROBLEMS for line in page(View(solved(path))).lines for _, style in line
    }
    assert used - {"plain"} <= set(STYLES)


def test_brief_has_no_substitution_and_entries_have_all() -> None:
    path = ROOT / "problems" / "relu-squared-loss.yaml"
    assert "(0.1 − 0)" not in shown(path, detail="brief").replace("2 (0.1 − 0)", "")
    text = shown(path, detail="entries")
    for line in (
        "∂L/∂y₁ = 2 (y₁ − t₁) = 2 (0.1 − 0) =  0.2",
        "∂L/∂y₃ = 2 (y₃ − t₃) = 2 (0.4 − 1) = −1.2",
        "∂L/∂z₂ = ∂L/∂y₂ ∂y₂/∂z₂ = 0·0    =  0",
    ):
        assert line in text


def test_given_values_are_set_beside_what_the_equations_make_of_them() -> None:
    text = shown(ROOT / "problems" / "relu-network-given-values.yaml")
    assert "The given values contradict the equations" in text
    for number in ("15.5", "11.157", "1.157", "(1.5, 3.4)", "(7.1, 9)", "(4.07, 5.15)"):
        assert number in text
    assert "--given recompute every gradient changes its sign" in text


def test_given_values_that_are_only_rounded_do_not_contradict() -> None:
    text = shown(
        "inputs: {z: [0.5, 1.5]}\ntargets: {t: [0, 1]}\nequations: |\n"
        "  y = sigmoid(z)\n  L = squared_error(y, t)\ngiven: {y: [0.62, 0.82]}\n"
    )
    assert "rounded" in text
    assert "contradict" not in text


def test_the_matching_option_is_named() -> None:
    text = shown(ROOT / "problems" / "relu-squared-loss.yaml")
    assert "option i" in text


def test_a_large_matrix_is_elided_and_shown_whole_on_request() -> None:
    rows = ", ".join(str([round(0.01 * (i + j), 2) for j in range(12)]) for i in range(12))
    problem = (
        f"inputs: {{x: {[1] * 12}}}\ntargets: {{y: {[0] * 12}}}\n"
        f"weights: {{W1: [{rows}]}}\nactivations: [identity]\nloss: squared_error\n"
    )
    text = shown(problem)
    assert "…" in text
    assert "12×12, largest 0.22 at [12,12]" in text
    whole = shown(problem, full=True)
    assert "…" not in whole
    assert "0.22" in whole


def test_decimals_are_those_asked_for() -> None:
    text = shown(ROOT / "problems" / "hand-calculation.yaml", decimals=3)
    assert "∂E/∂b⁽²⁾ = ∂E/∂z⁽²⁾ = 0.456" in text
    assert "0.45585" not in text


def test_text_of_the_file_is_never_markup_or_control() -> None:
    text = shown(
        'title: "[bold]a[/x] :smile: \\e[31m \\u202e b"\ninputs: {x: 1}\nequations: y = x^2\n'
    )
    assert "[bold]a[/x] :smile:" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m" in text


def test_a_unit_on_a_kink_is_noted_in_its_line_and_left_out_of_the_check() -> None:
    text = shown(ROOT / "problems" / "relu-at-zero.yaml")
    assert "on the kink: ReLU′(0) = 0" in text
    assert "sits on a kink and was left out" in " ".join(text.split())


def test_jacobians_are_whole_matrices() -> None:
    solution = solved(ROOT / "problems" / "tanh-sigmoid-regression.yaml")
    found = {step.name: step for step in build_steps(View(solution, jacobians=True))}
    for name in ("da1/dz1", "dyhat/dz2"):
        value = found[name].value
        assert value is not None
        assert np.array_equal(value, np.diag(solution.values[name]))


def test_letters_give_formulas_and_no_numbers() -> None:
    text = shown(ROOT / "problems" / "polynomial-partials-letters.yaml")
    assert "∂f/∂x = −3 x² − 200 (y² − x)" in text
    assert "∂f/∂y = 400 y (y² − x)" in text
    assert "central differences" not in text


def test_a_vector_function_of_one_entry_without_a_formula_is_shown() -> None:
    assert "sparsemax(2 x)" in shown("inputs: {x: [0.5]}\nequations: L = sum(sparsemax(2*x))\n")
