r"""Worked solutions of backpropagation problems, from one list of equations.

>>> import gradcalc
>>> problem = gradcalc.load("inputs: {x: 3}\nequations: y = x^2\n")
>>> solution = gradcalc.solve(problem)
>>> float(solution.values["dy/dx"])
6.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.errors import ProblemError as ProblemError
    from gradcalc.grading.answers import Sheet as Sheet
    from gradcalc.grading.lint import lint as lint
    from gradcalc.grading.marking import check as check
    from gradcalc.grading.options import OptionsReview as OptionsReview
    from gradcalc.grading.options import check_options as check_options
    from gradcalc.grading.verdict import Finding as Finding
    from gradcalc.grading.verdict import Review as Review
    from gradcalc.grading.verdict import Verdict as Verdict
    from gradcalc.problem.loader import load as load
    from gradcalc.problem.model import Problem as Problem
    from gradcalc.problem.model import Solution as Solution
    from gradcalc.problem.solve import solve as solve
    from gradcalc.problem.training import Training as Training
    from gradcalc.problem.training import Update as Update
    from gradcalc.report.shown import Report as Report
    from gradcalc.report.shown import show as show
    from gradcalc.report.steps import Step as Step
    from gradcalc.report.steps import steps as steps

_WHERE = {
    "ProblemError": "gradcalc.errors",
    "Finding": "gradcalc.grading.verdict",
    "OptionsReview": "gradcalc.grading.options",
    "Problem": "gradcalc.problem.model",
    "Report": "gradcalc.report.shown",
    "Review": "gradcalc.grading.verdict",
    "Sheet": "gradcalc.grading.answers",
    "Solution": "gradcalc.problem.model",
    "Step": "gradcalc.report.steps",
    "Training": "gradcalc.problem.training",
    "Update": "gradcalc.problem.training",
    "Verdict": "gradcalc.grading.verdict",
    "check": "gradcalc.grading.marking",
    "check_options": "gradcalc.grading.options",
    "lint": "gradcalc.grading.lint",
    "load": "gradcalc.problem.loader",
    "show": "gradcalc.report.shown",
    "solve": "gradcalc.problem.solve",
    "steps": "gradcalc.report.steps",
}
__all__ = [
    "Finding",
    "OptionsReview",
    "Problem",
    "ProblemError",
    "Report",
    "Review",
    "Sheet",
    "Solution",
    "Step",
    "Training",
    "Update",
    "Verdict",
    "check",
    "check_options",
    "lint",
    "load",
    "show",
    "solve",
    "steps",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that --help stays light."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(name)
