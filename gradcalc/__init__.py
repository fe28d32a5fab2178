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
    from gradcalc.problem.loader import load as load
    from gradcalc.problem.model import Problem as Problem
    from gradcalc.problem.model import Solution as Solution
    from gradcalc.problem.solve import solve as solve
    from gradcalc.report.steps import Step as Step
    from gradcalc.report.steps import steps as steps

_WHERE = {
    "ProblemError": "gradcalc.errors",
    "Problem": "gradcalc.problem.model",
    "Solution": "gradcalc.problem.model",
    "Step": "gradcalc.report.steps",
    "load": "gradcalc.problem.loader",
    "solve": "gradcalc.problem.solve",
    "steps": "gradcalc.report.steps",
}
__all__ = ["Problem", "ProblemError", "Solution", "Step", "load", "solve", "steps"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that --help stays light."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(name)
