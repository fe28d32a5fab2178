"""Every pattern of difference, and what is none."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

import gradcalc
from gradcalc.grading.answers.written import read_written
from gradcalc.grading.evaluation.comparison import Tolerance, typed
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.mistakes.patterns import PATTERN_IDS, Pattern, near_digits, pattern

OWN = Tolerance()
ROW = [0.123, -0.456, 0.789]
SQUARE = [[0.123, -0.456], [0.789, 0.321]]


def found(texts: Sequence[str], due: object) -> Pattern | None:
    """Return the pattern between written numbers and those due, over the entries that differ."""
    right = np.array(due, dtype=float)
    cells = [None if text == "_" else read_written(text) for text in texts]
    written = typed(cells, right.shape)
    wrong = written.mask & ~written.agrees(right, OWN)
    return pattern(written, right, wrong, OWN)


def name(texts: Sequence[str], due: object) -> str | None:
    each = found(texts, due)
    return each.id if each else None


@pytest.mark.parametrize(
    ("texts", "due", "expected"),
    [
        (["-0.123", "0.456", "-0.789"], ROW, "negated"),
        (["0.123", "0.456", "0.789"], ROW, "sign-slip"),
        (["-0.25"], 0.25, "sign-slip"),
        (["0.246", "-0.912", "1.578"], ROW, "scaled"),
        (["0.0615", "-0.228", "0.3945"], ROW, "scaled"),
        (["1.23", "-4.56", "7.89"], ROW, "decimal-slip"),
        (["0.123", "-4.56", "0.789"], ROW, "decimal-slip"),
        (["25"], 0.25, "decimal-slip"),
        (["0.123", "0.789", "-0.456", "0.321"], SQUARE, "layout-transposed"),
        (["0.789", "0.321", "0.123", "-0.456"], SQUARE, "rows-swapped"),
        (["-0.456", "0.123", "0.321", "0.789"], SQUARE, "columns-swapped"),
        (["0.123", "0.789", "-0.456"], ROW, "entries-swapped"),
        (["0.321", "-0.456", "0.789", "0.123"], SQUARE, "entries-swapped"),
        (["0.128", "-0.456", "0.789"], ROW, "digit-slip"),
        (["0.123", "-0.465", "0.789"], ROW, "digit-slip"),
        (["0.572"], 0.527, "digit-slip"),
        (["0.123", "-0.456", "0.5"], ROW, "arithmetic-slip"),
        (["0.93"], 0.25, None),
        (["0.93", "0.17", "0.11"], ROW, None),
        (["0.123", "_", "-0.789"], ROW, "sign-slip"),
    ],
)
def test_a_difference_has_its_pattern(texts: list[str], due: object, expected: str | None) -> None:
    assert name(texts, due) == expected


def test_a_given_value_that_is_computed_anew_is_a_conflict() -> None:
    problem = gradcalc.load(
        "inputs: {x: 2}\nweights: {w: 3}\ngiven: {u: 5}\nequations: |\n  u = w*x\n  L = u^2\n"
    )
    review = check(problem, "u = 6")
    assert review.findings[0].ids == ("given-value-conflict",)
    assert check(problem, "u = 5").right


@pytest.mark.parametrize("answer", ["[6, 2]", "[[2, 4, 6], [2, 4, 6]]", "[6]", "[2, 4, 6, 8]"])
def test_a_given_value_in_another_shape_is_no_conflict(answer: str) -> None:
    problem = gradcalc.load(
        "inputs: {x: [1, 2, 3]}\nweights: {w: 2}\ngiven: {u: [5, 4, 6]}\n"
        "equations: |\n  u = w*x\n  L = sum(u^2)\n"
    )
    (finding,) = check(problem, f"u = {answer}").findings
    assert finding.shape
    assert finding.ids == ()


def test_every_pattern_has_its_test() -> None:
    seen = {
        mark.args[1][at][2]
        for mark in test_a_difference_has_its_pattern.pytestmark  # type: ignore[attr-defined]
        for at in range(len(mark.args[1]))
    }
    assert seen - {None} | {"given-value-conflict"} == set(PATTERN_IDS)


def test_the_factor_and_the_entries_are_named() -> None:
    each = found(["0.246", "-0.912", "1.578"], ROW)
    assert each == Pattern("scaled", ((0,), (1,), (2,)), Fraction(2))
    each = found(["0.123", "0.456", "0.789"], ROW)
    assert each == Pattern("sign-slip", ((1,),))


def test_a_zero_is_no_slip_of_the_sign() -> None:
    assert name(["0.00", "-0.456", "0.789"], [0.123, -0.456, 0.789]) == "arithmetic-slip"


@pytest.mark.parametrize(
    ("text", "other", "near"),
    [
        ("1.31", "1.34", True),
        ("0.1454", "0.1544", True),
        ("13.1", "11.3", True),
        ("3.11", "1.13", False),
        ("2.13", "1.23", True),
        ("0.31", "0.310", False),
        ("0.31", "0.31", False),
        ("-0.31", "0.31", False),
        ("0.35", "0.53", True),
    ],
)
def test_digits_that_are_near(text: str, other: str, near: bool) -> None:
    assert near_digits(text, other) is near
