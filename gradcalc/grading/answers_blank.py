"""Write the sheet to fill in: every computed quantity with a blank for each entry."""

from __future__ import annotations

from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.algebra.shapes import Shape, describe, size
from gradcalc.errors import visible
from gradcalc.problem.model import Problem
from gradcalc.problem.naming import Reference, is_hidden

MAX_BLANKS = 400


def blank_sheet(problem: Problem) -> str:
    """Return the text of an answer sheet with all values left out."""
    names = [name for name in problem.named if _asked(problem, name)]
    title = " ".join(visible(problem.title).split())
    head = [
        f"# {title}",
        "# Put numbers for the _, as many digits as you worked with: 0.31, -2, 1/3.",
        "# A matrix is written row by row, a semicolon between rows.",
        "# What you leave as _ counts as blank; lines may be left out or added.",
    ]
    shapes = problem.visible.shapes
    lines = [f"{_shown(problem, name)} = {_blanks(shapes[name])}" for name in names]
    return "\n".join([*head, "", *lines]) + "\n"


def _asked(problem: Problem, name: str) -> bool:
    """Tell whether a quantity is computed and worth a line of its own."""
    if Reference(name) in problem.find:
        return name not in problem.given
    parts = gradient_parts(name)
    local = parts is not None and parts[0] != problem.loss
    own = name == gradient_name(problem.loss, problem.loss)
    return not (local or own or name in problem.data or name in problem.given or is_hidden(name))


def _shown(problem: Problem, name: str) -> str:
    """Return the author's name where it is read back as the same quantity."""
    shown = problem.names.shown(name)
    found = problem.lexicon.read(shown)
    return shown if found == Reference(name) else name


def _blanks(shape: Shape) -> str:
    """Return a blank for each entry in rows, or one for all where there are letters or many.

    >>> _blanks((2, 3)), _blanks(("N",))
    ('_ _ _; _ _ _', '_   # N entries')
    """
    count = size(shape)
    if count is None or count > MAX_BLANKS or len(shape) > 2:
        return f"_   # {describe(shape)}"
    *rows, columns = (1, 1, *shape)[-2:]
    row = " ".join("_" * int(columns))
    return "; ".join([row] * int(rows[0]))
