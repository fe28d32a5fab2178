"""A narrow page says what a wide one does: nothing is left out in silence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gradcalc
from gradcalc.errors import ProblemError, width
from gradcalc.report.page import Page
from gradcalc.report.solution.answer import INNER_VALUE, counted
from gradcalc.report.solution.page import page
from gradcalc.report.solution.step_text import write_step
from gradcalc.report.steps.steps import Step, steps
from gradcalc.report.steps.view import View
from tests.report.random_problems import problem
from tests.shown import PROBLEMS

WIDEST = 100
WIDTHS = (40, 46, 52, 59, 60, 66, 72, 80, 90)
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![0-9.⁰¹²³⁴-⁹⁻])")
ELIDED = ("largest", "too wide")
"""Words of a value that is shortened, and says so."""
NETWORK = """
inputs: {x: [1, 2]}
weights: {W1: [[1, -2], [0.5, 1]], b1: [0.1, 0.2], W2: [[1, 2], [-1, 0.5]], b2: [0.3, -0.4]}
targets: {y: [1, 0]}
activations: [relu, softmax]
loss: cross_entropy
"""


def solved(source: Path | str) -> gradcalc.Solution | None:
    try:
        return gradcalc.solve(gradcalc.load(source))
    except ProblemError:
        return None


def line(view: View, step: Step, columns: int) -> str:
    found = Page(columns)
    write_step(found, view, step)
    return found.plain()


def faults(solution: gradcalc.Solution) -> list[str]:
    """Return the lines that say less at some width, and the rows that are too wide."""
    view, found = View(solution), []
    for step in steps(solution):
        if not step.number:
            continue
        due = set(NUMBER.findall(line(view, step, WIDEST)))
        for columns in WIDTHS:
            text = line(view, step, columns)
            lost = due - set(NUMBER.findall(text))
            if any(word in text for word in ELIDED):
                lost -= set(NUMBER.findall(" ".join(step.texts or ())))
            if lost:
                found.append(f"{columns}: {step.name} has lost {sorted(lost)}\n{text}")
            if any(width(row) > columns for row in text.splitlines()):
                found.append(f"{columns}: {step.name} is too wide\n{text}")
    return found


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_lines_of_shipped_problems(path: Path) -> None:
    solution = solved(path)
    assert solution is not None
    assert faults(solution) == []


@pytest.mark.parametrize("seed", range(40))
def test_lines_of_random_problems(seed: int) -> None:
    solution = solved(problem(seed))
    if solution is not None:
        assert faults(solution) == []


WORKED = re.compile(r"(\S+·\S+|2 \(.*?\)) = +(\S+)")


@pytest.mark.parametrize("columns", [40, 52, 60, 72])
def test_a_table_of_entries_is_split_where_it_is_too_wide(columns: int) -> None:
    solution = solved(next(path for path in PROBLEMS if path.stem == "relu-squared-loss"))
    assert solution is not None
    tables = [page(View(solution), columns=wide).plain() for wide in (columns, WIDEST)]
    narrow, whole = (text[text.index("entry by entry:") :].partition("═")[0] for text in tables)
    worked = {"".join(found) for found in WORKED.findall(whole)}
    assert worked and worked <= {"".join(found) for found in WORKED.findall(narrow)}
    assert all(width(row) <= columns for row in narrow.splitlines())


def test_what_has_no_name_is_counted() -> None:
    assert counted("", 2, INNER_VALUE) == "2 inner values"
    assert counted("z₂", 2, INNER_VALUE) == "z₂ and 2 inner values"
    assert counted("z₂", 1, INNER_VALUE) == "z₂ and an inner value"
    assert counted("z₂, z₃", 0, INNER_VALUE) == "z₂, z₃"


GIVEN = re.compile(r"^ +(\S+)  given ", re.MULTILINE)


@pytest.mark.parametrize("seed", [*PROBLEMS, *range(1, 200, 2)], ids=str)
def test_what_is_called_given_was_handed_in(seed: Path | int) -> None:
    solution = solved(problem(seed) if isinstance(seed, int) else seed)
    if solution is None or not solution.problem.given:
        return
    view = View(solution)
    handed = {view.notation.name(name) for name in solution.problem.given}
    assert set(GIVEN.findall(page(view, columns=50).plain())) <= handed
    noted = {step.name for step in steps(solution) if step.note == "given"}
    assert noted <= set(solution.problem.given)


def test_a_product_that_is_too_wide_is_written_in_a_row() -> None:
    solution = solved(NETWORK)
    assert solution is not None
    text = page(View(solution), columns=60, lines="7").plain()
    assert "= diag(0.99142, 0.0085775) − (0.99142, 0.0085775) [ 0.99142 0.0085775 ]" in " ".join(
        text.split()
    )
