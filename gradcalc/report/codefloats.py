"""Say in a script where the binary floats that it computes with differ from the page."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.engine.evaluate import EvaluationError
from gradcalc.problem.naming import is_hidden
from gradcalc.report.codelayout import LINE, comment

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array
    from gradcalc.problem.model import Problem, Solution

CLOSE = 1e-9
"""Relative to the value: what binary floats differ by without anything cancelling."""
MOST = 8
"""Lines that are named; more are counted."""


def said_of_floats(solution: Solution) -> list[str]:
    """Return a comment on the lines that floats compute differently; none where there are none."""
    names = missed(solution)
    if not names:
        return []
    shown = [solution.problem.names.shown(name) for name in names]
    listed = ", ".join(shown[:MOST])
    rest = f" and {len(shown) - MOST} more" if len(shown) > MOST else ""
    verb = "differs" if len(shown) == 1 else "differ"
    text = (
        "Floats are binary: 0.1 + 0.2 - 0.3 is not 0 in them. Where the page has an exact 0 or"
        f" a tie, a script can miss it; here {listed}{rest} {verb} from the page."
    )
    return [comment(line) for line in wrap(text, LINE - 2)]


def missed(solution: Solution) -> tuple[str, ...]:
    """Return the lines whose value in plain floats is another one, in their order."""
    problem = solution.problem
    if not solution.values:
        return ()
    floats = _in_floats(solution)
    old = {new: name for name, new in problem.visible.names.items()}
    named = [name for name in solution.values if not is_hidden(name)]
    return tuple(
        name
        for name in named
        if name not in problem.jacobians
        and old.get(name, name) in floats
        and _differ(np.asarray(solution.values[name]), floats[old.get(name, name)])
    )


def _in_floats(solution: Solution) -> Mapping[str, Array]:
    problem: Problem = solution.problem
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {name: problem.given[name].array for name in solution.fixed if name not in start}
    try:
        return problem.compiled(exact=False).run(start, fixed, problem.rounding)
    except EvaluationError:
        return {}


def _differ(exact: Array, floats: Array) -> bool:
    gap = np.abs(exact - floats)
    return bool((gap > CLOSE * np.abs(exact)).any())
