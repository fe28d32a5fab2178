"""A measure that is asked for decides alone: entries, what follows, options, formulas, a class."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

import gradcalc
from gradcalc.cli import gradcalc as command
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.options import check_options
from gradcalc.problem.model import Problem

NEURON = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
find: [z1, yhat, dL/dz1]
"""  # z1 = 0.8, yhat = 0.68997, dL/dz1 = -0.06632
SQUARE = "inputs: {x: 1.25}\nequations: |\n  u = x^2\n  v = 10*u\n"  # u = 1.5625
TWO, ABSOLUTE = Tolerance("decimals", 2), Tolerance("absolute", 0.001)
MEASURES = {
    ("--decimals", "2"): TWO,
    ("--significant", "2"): Tolerance("significant", 2),
    ("--abs", "0.001"): ABSOLUTE,
    ("--rel", "0.001"): Tolerance("relative", 0.001),
}


def statuses(problem: Problem, sheet: str, tolerance: Tolerance) -> list[str]:
    return [verdict.status for verdict in check(problem, sheet, tolerance).verdicts]


@pytest.mark.parametrize("text", ["0.6", "0.7", "0.68", "1", ".7", "69e-2"])
@pytest.mark.parametrize("options", MEASURES, ids="".join)
def test_check_and_grade_judge_by_it(options: tuple[str, str], text: str, tmp_path: Path) -> None:
    due, measure = 0.6899744811276125, MEASURES[options].measure
    number = float(text)
    right = {
        "decimals": f"{number:.2f}" == f"{due:.2f}",
        "significant": f"{number:.1e}" == f"{due:.1e}",
        "absolute": abs(number - due) <= 0.001,
        "relative": abs(number - due) <= 0.001 * due,
    }[measure]
    problem, table, book = (tmp_path / name for name in ("p.yaml", "class.csv", "book.csv"))
    problem.write_text(NEURON)
    table.write_text(f"student_id,yhat\nsome,{text}\n")
    for call in (
        ["check", str(problem), "-a", f"yhat = {text}", *options],
        ["grade", str(problem), str(table), "--only", "some", *options],
    ):
        found = CliRunner().invoke(command, call, standalone_mode=False)
        assert ("✓" in found.stdout, "✗" in found.stdout) == (right, not right), call
    for more in ([], ["--values-only"]):
        call = ["grade", str(problem), str(table), "-o", str(book), *options, *more]
        CliRunner().invoke(command, call, standalone_mode=False)
        (row,) = csv.DictReader(book.read_text().splitlines())
        assert float(row["score"]) == float(right), more


def rounded(text: str) -> set[Decimal]:
    """Return a number to two decimals; halves go either way."""
    step = Decimal("0.01")
    return {Decimal(text).quantize(step, way) for way in (ROUND_HALF_UP, ROUND_HALF_DOWN)}


def test_two_decimals_accept_what_rounds_to_the_same_and_nothing_else() -> None:
    problem = gradcalc.load(SQUARE)
    for thousandths in range(1500, 1630):
        text = f"{thousandths / 1000:.3f}"
        right = bool(rounded(text) & rounded("1.5625"))
        assert statuses(problem, f"u = {text}", TWO) == ["correct" if right else "incorrect"], text
    assert statuses(problem, "u = 1.6", TWO) == ["incorrect"]
    assert statuses(problem, "u = 2", TWO) == ["incorrect"]


def test_what_follows_is_held_against_the_own_values_as_they_are_written() -> None:
    problem = gradcalc.load(SQUARE)
    assert statuses(problem, "u = 1.7\nv = 17", ABSOLUTE) == ["incorrect", "follows"]
    # 17.3 is 10 times 1.73, which rounds to 1.7
    assert statuses(problem, "u = 1.7\nv = 17.3", ABSOLUTE) == ["incorrect", "incorrect"]
    assert statuses(problem, "u = 1.7\nv = 17.3", Tolerance()) == ["incorrect", "follows"]


def test_nothing_is_cut_off_or_rounded_on_the_way() -> None:
    problem = gradcalc.load(SQUARE)
    assert statuses(problem, "u = 1.562", Tolerance("decimals", 3)) == ["correct"]  # 1.5625
    assert statuses(problem, "u = 1.56\nv = 15.6", ABSOLUTE) == ["incorrect", "follows"]
    assert statuses(problem, "v = 15.6", ABSOLUTE) == ["incorrect"]
    assert statuses(problem, "u = 1.5\nu = 2", Tolerance("absolute", 0.1)) == [
        "correct",
        "incorrect",
    ]


def test_a_zero_is_held_against_it_too() -> None:
    problem = gradcalc.load("inputs: {x: 0.02}\nequations: |\n  u = x^2\n  v = u - 0.0004\n")
    assert statuses(problem, "u = 0", ABSOLUTE) == ["correct"]
    assert statuses(problem, "u = 0", Tolerance("absolute", 0.0003)) == ["incorrect"]
    assert statuses(problem, "u = 0.00", Tolerance("relative", 0.5)) == ["incorrect"]
    assert statuses(problem, "v = 0", Tolerance("absolute", 0)) == ["correct"]


def test_a_formula_is_held_against_it_at_the_data() -> None:
    problem = gradcalc.load(SQUARE)
    assert statuses(problem, "v = 9.9*u", ABSOLUTE) == ["incorrect"]
    assert statuses(problem, "v = 9.9*u", Tolerance("relative", 0.02)) == ["correct"]
    assert statuses(problem, "v = 10*x^2", TWO) == ["correct"]
    letters = gradcalc.load("equations: u = x^2\nfind: du/dx\n")
    assert statuses(letters, "du/dx = 1.99*x", Tolerance("absolute", 1)) == ["incorrect"]


def test_options_and_letters_are_held_against_it() -> None:
    problem = gradcalc.load(SQUARE + "find: u\noptions: {a: 1.6, b: 1.5, c: 2.4}\n")
    assert check_options(problem).key == ("a",)
    assert check_options(problem, ABSOLUTE).key == ()
    assert check_options(problem, Tolerance("absolute", 0.1)).key == ("a", "b")
    assert statuses(problem, "answer = a", Tolerance()) == ["correct"]
    assert statuses(problem, "answer = a", ABSOLUTE) == ["incorrect"]


def test_a_mistake_is_named_within_it() -> None:
    problem = gradcalc.load(NEURON)  # dL/dz1 with t - y is 0.06632
    (finding,) = check(problem, "dL/dz1 = 0.0668", ABSOLUTE).findings
    assert "loss-sign" in finding.ids
    (finding,) = check(problem, "dL/dz1 = 0.07", ABSOLUTE).findings
    assert "loss-sign" not in finding.ids


def test_the_measure_of_a_rounded_problem_takes_its_steps_as_it_says() -> None:
    problem = gradcalc.load(SQUARE + "rounding: {decimals: 1}\n")
    assert statuses(problem, "v = 16", ABSOLUTE) == ["correct"]  # 10 times 1.6
    assert statuses(problem, "v = 15.625", ABSOLUTE) == ["correct"]
    assert statuses(problem, "v = 15.7", ABSOLUTE) == ["incorrect"]
