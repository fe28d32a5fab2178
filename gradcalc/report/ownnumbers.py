"""Say whose numbers a problem has, where every student has numbers of their own."""

from __future__ import annotations

from gradcalc.errors import visible
from gradcalc.problem.model import Data, Problem
from gradcalc.problem.naming import Reference
from gradcalc.report.lettering import Lettering

MOST = 12
"""Entries of a quantity, and names, that are written out."""


def whose(problem: Problem, notation: Lettering) -> str | None:
    """Return whose numbers a problem has, None where all students have the same."""
    if problem.individual is None:
        return None
    names = _names(problem.individual.entries, problem, notation)
    if len(names) > MOST:
        names = [*names[: MOST - 1], f"{len(names) - MOST + 1} more"]
    drawn = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    verb = "are" if len(names) > 1 else "is"
    if problem.student is None:
        return f"the example of the file; {drawn} {verb} drawn for every student"
    return f"{visible(problem.student)}; {drawn} {verb} drawn for this student"


def own_numbers(problem: Problem, notation: Lettering) -> str | None:
    """Return the numbers that only this student has: `x = (0.5, 2), y = 1`."""
    if not problem.own:
        return None
    return ", ".join(_written(problem.data[name], notation) for name in problem.own)


def _names(entries: tuple[Reference, ...], problem: Problem, notation: Lettering) -> list[str]:
    """Return the names of what is drawn, a quantity of which all entries are as a whole."""
    found: dict[str, None] = {}
    for ref in entries:
        count = sum(other.name == ref.name for other in entries)
        whole = ref.index is None or count == problem.data[ref.name].array.size
        shown = notation.name(ref.name)
        if not whole and ref.index is not None:
            shown = notation.entry_name(ref.name, ref.index)
        found[shown] = None
    return list(found)


def _written(data: Data, notation: Lettering) -> str:
    name, value = notation.name(data.name), data.array
    if data.texts is None or value.size > MOST:
        return f"{name} ({value.size} numbers)"
    cells = [notation.number(text) for text in data.texts]
    if not value.shape:
        return f"{name} = {cells[0]}"
    wide = value.shape[-1]
    rows = [", ".join(cells[at : at + wide]) for at in range(0, len(cells), wide)]
    return f"{name} = ({'; '.join(rows)})"
