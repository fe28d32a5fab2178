"""What the page prints can be typed: into a sheet, and as the headers of a class's table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradcalc.errors import Source
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.answers.sheet import read_sheet
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.submissions.headers import read_headers
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference
from gradcalc.problem.reading.loader import load
from gradcalc.problem.solve import solve
from gradcalc.problem.text.source import read_source
from tests.grading.printed import Typed, printed, random_problems

SHIPPED = [
    problem
    for path in sorted((Path(__file__).parents[2] / "problems").glob("*.yaml"))
    if (problem := load(read_source(path))).numeric
]
RANDOM, MARKED = 200, 12


def refused(problem: Problem, rows: list[Typed]) -> list[str]:
    """Return the lines that are not read as what they were printed for."""
    text = "\n".join(row.line for row in rows)
    answers = read_sheet(Source("page.txt", text), problem).answers
    by_line = {answer.line: answer for answer in answers}
    values = solve(problem).values
    found = []
    for line, row in enumerate(rows, start=1):
        answer = by_line.get(line)
        if answer is None or answer.name != row.quantity or answer.reason is not None:
            found.append(f"{row.line}: {answer}")
            continue
        due = np.asarray(values[row.quantity])
        own = due if answer.index is None else due[answer.index]
        written = [cell.value for cell in answer.cells if cell is not None]
        shape = () if answer.index is not None else due.shape
        if answer.shape != shape or not np.allclose(
            np.reshape(written, own.shape), own, rtol=1e-4, atol=1e-12
        ):
            found.append(f"{row.line}: {written} for {own}")
    return found


def columns_refused(problem: Problem, rows: list[Typed]) -> list[str]:
    """Return the names that are not read as headers of what they were printed for."""
    found = []
    for row in rows:
        if row.known:
            continue
        headers = read_headers(["student_id", row.name], Quantities(problem))
        meant = headers.wholes.get(1) or headers.entries[1].name
        if meant != row.quantity or headers.ignored:
            found.append(row.name)
    return found


@pytest.mark.parametrize("problem", SHIPPED, ids=lambda problem: Path(problem.source.name).stem)
def test_the_page_of_a_shipped_problem_can_be_typed(problem: Problem) -> None:
    solution = solve(problem)
    for unicode, typeset in ((True, False), (False, False), (True, True)):
        rows = printed(solution, unicode=unicode, typeset=typeset)
        assert not refused(problem, rows)
        assert not columns_refused(problem, rows)


def test_the_pages_of_random_problems_can_be_typed() -> None:
    for at, problem in enumerate(random_problems(RANDOM, seed=1)):
        solution = solve(problem)
        for unicode in (True, False):
            rows = printed(solution, unicode=unicode)
            assert not refused(problem, rows), problem.source.text
            if at < MARKED * 4:
                assert not columns_refused(problem, rows), problem.source.text
            if at < MARKED:
                review = check(problem, "\n".join(row.line for row in rows))
                wrong = [each for each in review.verdicts if each.status != "correct"]
                assert not wrong, problem.source.text


NAMED = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3], [0.1, 0.2]], b1: [0.1, 0.2], W2: [[0.4, 0.6]], b2: 0.3}
activations: [sigmoid, sigmoid]
loss: half_squared_error
"""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("∂L/∂z⁽¹⁾₂", Reference("dL/dz1", (1,))),
        ("∂L/∂W⁽¹⁾₂₁", Reference("dL/dW1", (1, 0))),
        (r"\frac{\partial L}{\partial W^{(1)}_{21}}", Reference("dL/dW1", (1, 0))),
        ("∂a⁽¹⁾₂/∂z⁽¹⁾₂", Reference("da1/dz1", (1,))),
        ("da1[2]/dz1[2]", Reference("da1/dz1", (1,))),
        ("x₂", Reference("x", (1,))),
        ("Z1", Reference("z1")),
        ("A1", Reference("a1")),
        ("dZ1", Reference("dL/dz1")),
        ("dA1[2]", Reference("dL/da1", (1,))),
        ("DL/DZ1", Reference("dL/dz1")),
        ("dJ/dW1", Reference("dL/dW1")),
        ("∂C/∂z⁽¹⁾₂", Reference("dL/dz1", (1,))),
        ("dcost/dw2", Reference("dL/dW2")),
        ("dLoss/db1", Reference("dL/db1")),
        ("J", Reference("L")),
        ("Yhat", Reference("yhat")),
    ],
)
def test_names_that_are_nearly_ours_are_understood(typed: str, meant: Reference) -> None:
    assert Quantities(load(NAMED)).find(typed) == meant


def test_a_name_that_something_has_keeps_its_meaning() -> None:
    problem = load(
        "inputs: {z: [1, 2], Z: 3, J: 2, δ: 0.5}\nequations: |\n  e = z*Z*J*δ\n  L = sum(e)\n"
        "find: [dL/dz, dL/dZ, dL/dJ]\n"
    )
    find = Quantities(problem).find
    assert [find(name) for name in ("z", "Z", "J", "dZ", "dL/dJ", "δ", "delta")] == [
        Reference("z"),
        Reference("Z"),
        Reference("J"),
        Reference("dL/dZ"),
        Reference("dL/dJ"),
        Reference("δ"),
        Reference("δ"),
    ]
    both = load("inputs: {aB: 1, Ab: 2}\nequations: L = aB*Ab\n")
    assert isinstance(Quantities(both).find("ab"), str)  # two are meant: no guess
    letters = load("inputs: {x: {shape: C}}\nequations: L = sum(x^2)\n")
    assert isinstance(Quantities(letters).find("C"), str)  # a dimension


def test_find_and_options_read_names_as_sheets_do() -> None:
    problem = load(NAMED + "find: [dJ/dW1, ∂L/∂z⁽¹⁾₂, dA1]\n")
    assert problem.find == (
        Reference("dL/dW1"),
        Reference("dL/dz1", (1,)),
        Reference("dL/da1"),
    )


@pytest.mark.parametrize("value", ["1", "[1, 1, 1]", "1 1 1"])
def test_one_number_stands_for_a_list_of_which_the_page_prints_one(value: str) -> None:
    problem = load("inputs: {x: [1, 2, 4]}\nequations: |\n  g = x^2\n  L = sum(g)\nfind: dL/dg\n")
    (verdict, *rest) = check(problem, f"∂L/∂g = {value}").verdicts
    assert [each.status for each in (verdict, *rest)] == ["correct"] * 3
    wrong = check(problem, "∂L/∂g = 2").verdicts
    assert [each.status for each in wrong] == ["incorrect"] * 3
    other = check(problem, "g = 1").verdicts  # the page prints no number for this list
    assert [each.status for each in other] == ["incorrect"]
    letters = load("inputs: {x: {shape: N}}\nequations: |\n  g = x^2\n  L = sum(g)\nfind: dL/dg\n")
    assert check(letters, "dL/dg = 1").verdicts[0].status == "correct"
    assert check(letters, "dL/dg = 2").verdicts[0].status == "incorrect"


@pytest.mark.parametrize("value", ["8", "[8]", "[[8]]"])
def test_one_entry_is_one_thing_however_it_is_put(value: str) -> None:
    for data in ("3", "[3]", "[[3]]"):
        problem = load(f"inputs: {{x: {data}}}\nequations: |\n  z = x + 5\n  L = sum(z)\n")
        assert [each.status for each in check(problem, f"z = {value}").verdicts] == ["correct"]
