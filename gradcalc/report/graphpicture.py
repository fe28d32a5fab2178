"""The computational graph of a solution as a picture that every format draws."""

from __future__ import annotations

from gradcalc.errors import ProblemError
from gradcalc.report.graphdetail import Operations
from gradcalc.report.graphlines import LineNodes
from gradcalc.report.graphmodel import Picture
from gradcalc.report.view import View

MOST_SPOTS = 400


def picture(view: View, *, detail: bool = False) -> Picture:
    """Return the graph as the worked solution has it; with `detail`, one operation a node.

    Raises ProblemError where it has more nodes than a picture has room for.
    """
    problem = view.problem
    lines = problem.forward.nodes if detail else problem.visible.forward
    if len(lines) + len(problem.data) > MOST_SPOTS:
        raise ProblemError(
            f"the graph has {len(lines)} lines; a picture has room for {MOST_SPOTS}",
            hint="`gradcalc solve` shows all lines; gradcalc graph --network draws the layers",
        )
    return (Operations if detail else LineNodes)(view).made()
