"""Whatever solves can be shown: at any detail, width and alphabet, and as JSON."""

from __future__ import annotations

import json
import re

import pytest

import gradcalc
from gradcalc.errors import width
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.steps.view import View
from tests.report.random_problems import problem

SIGNS = re.compile(r"[−-] [−-]\d|[+·] −\d|−−")


@pytest.mark.parametrize("seed", range(40))
def test_a_random_problem_is_shown_or_refused(seed: int) -> None:
    try:
        solution = gradcalc.solve(gradcalc.load(problem(seed)))
    except gradcalc.ProblemError:
        return
    assert solution.check is not None
    assert solution.check.failed == ()
    for detail, columns, unicode, jacobians in (
        ("brief", 80, True, False),
        ("steps", 80, True, True),
        ("steps", 40, False, False),
        ("entries", 80, False, False),
        ("entries", 40, True, False),
    ):
        view = View(solution, unicode=unicode, jacobians=jacobians)
        text = page(view, detail, columns).plain()
        for row in text.splitlines():
            assert width(row) <= columns, row
            assert not (unicode and SIGNS.search(row)), row
    assert json.loads(solution_line(View(solution)))["schema"] == "gradcalc/solution/1"


def test_most_random_problems_are_not_refused() -> None:
    solved = 0
    for seed in range(40):
        try:
            gradcalc.solve(gradcalc.load(problem(seed)))
        except gradcalc.ProblemError:
            continue
        solved += 1
    assert solved >= 15
