"""Formulas as they are printed: no ambiguity, no sign after a sign, no −0."""

from __future__ import annotations

import pytest

import gradcalc
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.simplify import tidy
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.solution.page import page
from gradcalc.report.steps.view import View
from tests.shown import ROOT

SHAPES = {"a": ("n",), "b": ("n",), "A": ("m", "n"), "x": (), "y": (), "z": ()}


def notation(unicode: bool = True, table: Table = TABLE) -> Notation:
    return Notation(SHAPES, unicode=unicode, table=table)


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        ("2*(x - y)", "2 (x − y)"),
        ("-3*x^2 - 200*(y^2 - x)", "−3 x² − 200 (y² − x)"),
        ("1 - (-1)*x", "1 − (−1 x)"),
        ("x + (-2)*y", "x + (−2) y"),
        ("x - (-2)", "x − (−2)"),
        ("-(-2)*x", "−(−2 x)"),
        ("x^(-2)", "x⁻²"),
        ("(-2)^2", "(−2)²"),
        ("1/2*x", "½ x"),
        ("1/10*x", "(1/10) x"),
        ("log(1 - y)*(1 - x)", "(1 − x) ln(1 − y)"),
        ("sin(x)*y", "sin(x)·y"),
        ("outer(a*b, a)", "(a ⊙ b) aᵀ"),
        ("outer(2*a, b)", "2 a bᵀ"),
        ("(a*b) @ A.T", "(a ⊙ b) Aᵀ"),
        ("a @ b", "aᵀ b"),
        ("(a @ b)*a", "(aᵀ b) a"),
        ("outer(a/x, b)", "(a / x) bᵀ"),
        ("where(x > y, x, -y)^2", "(x if x > y, else −y)²"),
        ("1/2*sum(a^2)", "½ Σ a²"),
        ("sum(a*b)", "Σ (a ⊙ b)"),
        ("sqrt(2)*x", "√2 x"),
        ("sqrt(x + y)", "√(x + y)"),
        ("norm(a)^2", "‖a‖²"),
    ],
)
def test_formulas(formula: str, printed: str) -> None:
    assert notation().line(parse(formula)) == printed


def test_two_cases_stand_after_a_brace_only_as_a_whole_formula() -> None:
    rows = notation().whole(parse("where(x > 0, x, 2*x)")).rows
    assert [row.rstrip() for row in rows] == ["⎧ x     where x > 0", "⎩ 2 x   otherwise"]
    assert notation().whole(parse("2*where(x > 0, x, y)")).height == 1


@pytest.mark.parametrize(
    ("formula", "tidied"),
    [("8 - 10", "8 - 10"), ("0.1 - 0", "0.1 - 0"), ("1 + (2 + x)", "1 + 2 + x")],
)
def test_numbers_in_formulas_are_written_plainly(formula: str, tidied: str) -> None:
    from gradcalc.algebra.formula.syntax import format

    assert format(tidy(parse(formula))) == format(parse(tidied))


def test_no_sign_follows_a_sign_on_any_page_with_negative_numbers() -> None:
    text = (
        "inputs: {x: [[-1, -2], [-3, 4]]}\ntargets: {y: [[-1], [1]]}\n"
        "weights: {W1: [[-1, -0.5]], b1: [-30]}\nactivations: [identity]\nloss: hinge\n"
    )
    shown = page(View(gradcalc.solve(gradcalc.load(text)))).plain()
    for bad in ("− −", "+ −", "·−", "−−", "−0 "):
        assert bad not in shown, bad


def test_no_minus_zero_where_a_target_is_0() -> None:
    solution = gradcalc.solve(gradcalc.load(ROOT / "problems" / "softmax-cross-entropy.yaml"))
    assert "(−0 " not in page(View(solution)).plain()


def test_a_sample_times_inputs_by_units_is_written_with_columns() -> None:
    text = (
        "inputs: {x: [1, 2]}\ntargets: {y: 1}\nweights_layout: inputs_by_units\n"
        "weights: {W1: [[1], [2]]}\nactivations: [identity]\nloss: half_squared_error\n"
    )
    shown = page(View(gradcalc.solve(gradcalc.load(text)))).plain()
    assert "W⁽¹⁾ᵀ x" in shown
    assert "∂L/∂W⁽¹⁾ = x ∂L/∂z⁽¹⁾" in shown


def test_options_that_none_has_and_a_declared_answer_that_is_another_are_said() -> None:
    text = "inputs: {x: 3}\nequations: y = x^2\nfind: dy/dx\noptions: {a: 5, b: 6}\nanswer: a\n"
    shown = page(View(gradcalc.solve(gradcalc.load(text)))).plain()
    assert "! The file's answer is a; the value is that of option b." in shown
    shown = page(View(gradcalc.solve(gradcalc.load(text.replace("6", "7"))))).plain()
    assert "no option has this value" in shown


def test_given_values_set_aside_are_compared_with_the_given_ones_before_them() -> None:
    text = "inputs: {x: 2}\nequations: |\n  u = 2*x\n  v = 3*u\n  w = v^2\ngiven: {u: 5, v: 16}\n"
    for mode in ("trust", "recompute"):
        found = gradcalc.solve(gradcalc.load(text), mode).comparisons  # type: ignore[arg-type]
        assert [float(c.computed) for c in found] == [4, 15]
        assert [float(c.recomputed) for c in found] == [4, 12]
