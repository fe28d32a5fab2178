r"""Worked solutions of backpropagation problems, from one list of equations.

>>> import gradcalc
>>> problem = gradcalc.load("inputs: {x: 3}\nequations: y = x^2\n")
>>> solution = gradcalc.solve(problem)
>>> float(solution.values["dy/dx"])
6.0

The packages, the lowest first; each may import those above it in this list:

    errors     a place in a file, the one error type, did-you-mean; everyone may import it
    algebra    the formula, the table of operations, rewriting, derivations, optimisers
    engine     the computational graph, its backward pass, its values, the proof of both
    problem    a problem file is read and checked whole, and solved
    grading    answers, mistakes, marking, a class
    report     what people read: mathematics, steps, pictures, scripts, documents, pages
    cli        one module for each command

There is room for more: `export`, one neutral item and a writer for each learning platform, and
`practice`, the tutor, stand between report and cli; updates and second derivatives are lines,
of engine and problem; a further axis is one of algebra's shapes; a format is a module of
`report/formats`, a gradebook and a kind of submission one of `grading/classes` and
`grading/submissions`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcalc.errors import ProblemError
    from gradcalc.grading.answers.sheet import Sheet
    from gradcalc.grading.marking.mark_sheet import check
    from gradcalc.grading.marking.options import OptionsReview, check_options
    from gradcalc.grading.marking.verdict import Review, Verdict
    from gradcalc.grading.mistakes.diagnosis import Finding
    from gradcalc.grading.questions.lint import lint
    from gradcalc.problem.model import Problem
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.solution import Solution, Training, Update
    from gradcalc.problem.solve import solve
    from gradcalc.report.notebook import Report, show
    from gradcalc.report.steps.steps import Step, steps

_WHERE = {
    "ProblemError": "gradcalc.errors",
    "Finding": "gradcalc.grading.mistakes.diagnosis",
    "OptionsReview": "gradcalc.grading.marking.options",
    "Problem": "gradcalc.problem.model",
    "Report": "gradcalc.report.notebook",
    "Review": "gradcalc.grading.marking.verdict",
    "Sheet": "gradcalc.grading.answers.sheet",
    "Solution": "gradcalc.problem.solution",
    "Step": "gradcalc.report.steps.steps",
    "Training": "gradcalc.problem.solution",
    "Update": "gradcalc.problem.solution",
    "Verdict": "gradcalc.grading.marking.verdict",
    "check": "gradcalc.grading.marking.mark_sheet",
    "check_options": "gradcalc.grading.marking.options",
    "lint": "gradcalc.grading.questions.lint",
    "load": "gradcalc.problem.reading.loader",
    "show": "gradcalc.report.notebook",
    "solve": "gradcalc.problem.solve",
    "steps": "gradcalc.report.steps.steps",
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
