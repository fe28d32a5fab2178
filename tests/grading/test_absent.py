"""Answers beside values that do not exist: not judged wrong, no points lost, the rest judged."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.grading.classes.individual import problem_of
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.problem.reading.loader import load

HERE = Path(__file__).parents[1] / "report" / "without_a_value"
NETWORK = HERE / "root-in-a-network.yaml"


def statuses(sheet: str) -> Counter[tuple[str, bool]]:
    review = check(load(str(NETWORK)), sheet)
    return Counter((verdict.status, verdict.absent) for verdict in review.verdicts)


@pytest.mark.parametrize("written", ["0", "5", "-1.25", "none", "does not exist"])
def test_what_stands_for_a_value_that_does_not_exist_is_not_wrong(written: str) -> None:
    assert statuses(f"dL/dz1[1] = {written}\n") == {("correct", True): 1}


def test_the_other_entries_are_judged() -> None:
    assert statuses("dL/dz1 = 0 1.6024\n") == {("correct", True): 1, ("correct", False): 1}
    assert statuses("dL/dz1 = 0 9.5\n") == {("correct", True): 1, ("incorrect", False): 1}
    assert statuses("dL/dW1 = 3 3; 1.6024 3.2049\n") == {
        ("correct", True): 2,
        ("correct", False): 2,
    }


def test_what_follows_from_it_is_judged_where_it_exists() -> None:
    sheet = "dL/dz1 = 7 2.5\ndL/db1 = 7 2.5\ndL/dW2 = 0 4.9675\n"
    assert statuses(sheet) == {
        ("correct", True): 2,
        ("incorrect", False): 1,
        ("follows", False): 1,
        ("correct", False): 2,
    }


def test_the_review_says_it() -> None:
    review = check(load(str(NETWORK)), "dL/dz1 = 0 1.6024\n")
    assert review.right
    assert review.warnings == (
        "dL/dz1 does not exist at [1]: sqrt(z1) has no derivative at z1 = 0;"
        " it is not judged there",
    )


@pytest.mark.parametrize(
    ("cells", "score"),
    [
        (("none", "1.6024"), 2.0),
        (("0", "1.6024"), 2.0),
        (("", "1.6024"), 2.0),
        (("9", "9"), 1.5),
        (("", ""), 1.5),
    ],
)
def test_no_points_are_lost(cells: tuple[str, str], score: float, tmp_path: Path) -> None:
    table, book = tmp_path / "class.csv", tmp_path / "book.csv"
    rows = ["id,dL/db1[1],dL/db1[2],dL/db2", f"a,{','.join(cells)},2.8214"]
    table.write_text("\n".join(rows) + "\n")
    code = run(("grade", str(NETWORK), str(table), "-o", str(book)))
    assert code == 0
    _, row = book.read_text().splitlines()
    assert float(row.split(",")[1]) == pytest.approx(score)


def test_options_are_compared_where_the_value_exists() -> None:
    review = gradcalc.check_options(load(str(HERE / "options.yaml")))
    assert review.key == ("b",)
    assert any("does not exist at [1]" in warning for warning in review.warnings)


def test_lint_says_what_does_not_exist_of_what_is_asked_for() -> None:
    found = gradcalc.lint(load(str(NETWORK)))
    assert not found.fine
    assert [gap.name for gap in found.gaps] == ["dL/dW1", "dL/db1"]


def test_the_lines_are_the_solution() -> None:
    for path in sorted(HERE.glob("*.yaml")):
        problem = load(str(path))
        if problem.rounding is not None:
            continue
        solution, lines = gradcalc.solve(problem), lines_of(problem)
        assert lines.gaps == solution.gaps
        for name, value in solution.values.items():
            if name in lines.values:
                np.testing.assert_array_equal(value, lines.values[name])


INDIVIDUAL = """\
inputs: {x: [1, 4]}
weights: {w: [1, 1]}
equations: |
  u = w*x
  L = sum(sqrt(u))
individual:
  seed: s
  x[1]: [0, 1]
"""


def test_a_student_whose_numbers_give_no_value_is_judged_where_there_is_one(
    tmp_path: Path,
) -> None:
    problem, table = tmp_path / "p.yaml", tmp_path / "class.csv"
    book = tmp_path / "book.csv"
    problem.write_text(INDIVIDUAL)
    base = load(INDIVIDUAL)
    first = {key: float(problem_of(base, key).data["x"].array[0]) for key in "12345678"}
    assert set(first.values()) == {0.0, 1.0}
    rows = ["id,dL/dw[1],dL/dw[2]", *(f"{key},0.5,{1 if int(key) % 2 else 9}" for key in first)]
    table.write_text("\n".join(rows) + "\n")
    assert run(("grade", str(problem), str(table), "-o", str(book))) == 0
    _, *lines = book.read_text().splitlines()
    scores = {line.split(",")[0]: float(line.split(",")[1]) for line in lines}
    assert scores == {key: 1.0 if int(key) % 2 else 0.5 for key in first}
