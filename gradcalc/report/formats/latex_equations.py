"""Equations as LaTeX displays: broken at their sides, in smaller type where they are too wide."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

from gradcalc.report.blocks import Equalities, Equation, EquationList, Text
from gradcalc.report.formats.latex_words import length, words
from gradcalc.report.mathematics.latex import latex
from gradcalc.report.mathematics.tree import extent, lines, tall

ROOM = 78
"""Digits that fit beside each other on a line of the article."""
WIDEST = 1e9
SMALLEST = 1.9
"""How many times what fits the page in normal type fits it in the smallest."""
SIZES = ((1.0, "normalsize"), (1.25, "footnotesize"), (1.6, "scriptsize"), (99.0, "tiny"))


def rows_of(shown: Equation, room: float) -> list[str]:
    """Return an equation in one row where it fits, else a row for each of its sides."""
    sign = r"\leftarrow" if shown.sign == "←" else "="
    name = latex(shown.name)
    if not shown.sides:
        return [f"& {name}"]
    whole = extent(shown.name) + fsum(extent(side) + 3 for side in shown.sides)
    if room == WIDEST or (whole <= room * 0.8 and sum(map(tall, shown.sides)) < 4):
        return [f"{name} &{sign} {' = '.join(map(latex, shown.sides))}"]
    rows = []
    for at, side in enumerate(shown.sides):
        lead = f"{name} &{sign} " if at == 0 else "&= "
        first, *more = lines(side, room - extent(shown.name) - 3, large=True)
        rows.append(lead + latex(first))
        rows += [f"&\\qquad {{}}{latex(each)}" for each in more]
    return rows


def flowing(shown: EquationList, room: float) -> list[list[tuple[Equation, Text]]]:
    """Return equations in rows, as many in each as there is room for; words end a row."""
    found: list[list[tuple[Equation, Text]]] = []
    used = 0.0
    for each, said in shown.rows:
        wide = extent(each.name) + fsum(extent(side) + 3 for side in each.sides) + length(said) + 4
        if not found or used + wide > room or found[-1][-1][1]:
            found.append([])
            used = 0.0
        found[-1].append((each, said))
        used += wide
    return found


def together(row: list[tuple[Equation, Text]]) -> str:
    """Return equations beside each other, without signs to align them at."""
    shown = (rows_of(each, WIDEST)[0].replace("&", "", 1).strip() for each, _ in row)
    return r"\qquad ".join(shown)


def equality_rows(block: Equalities, room: float) -> list[tuple[str, Text]]:
    """Return what a name equals in rows, the words of each beside the last of its rows."""
    found: list[tuple[str, Text]] = []
    for at, (side, said) in enumerate(block.rows):
        lead = f"{latex(block.name)} &= " if at == 0 else "&= "
        first, *more = lines(side, room - extent(block.name) - 3, large=True)
        rows = [lead + latex(first), *(f"&\\qquad {{}}{latex(each)}" for each in more)]
        found += [(row, "") for row in rows[:-1]]
        last = (more or [first])[-1]
        if extent(block.name) + extent(last) + 0.85 * length(said) + 7 <= room or not said:
            found.append((rows[-1], said))
        else:
            found += [(rows[-1], ""), ("&\\qquad ", said)]
    return found


def equalities(block: Equalities) -> str:
    """Return what a name equals, row after row."""
    rows = [
        row + (f"\\qquad\\text{{\\small {words(said)}}}" if said else "")
        for row, said in equality_rows(block, ROOM)
    ]
    return aligned_rows(rows, widest(Equation(block.name, tuple(side for side, _ in block.rows))))


def equations(block: EquationList) -> str:
    """Return equations with a label."""
    found = []
    for row in flowing(block, ROOM):
        first, said = row[0][0], row[-1][1]
        beside = aligned_rows([f"& {together(row)}"], widest(first), said)
        found.append(beside if len(row) > 1 else display(first, said))
    return "".join(found)


def display(shown: Equation, said: Text = "", number: str = "") -> str:
    """Return an equation with its number, words beside its first row or over it."""
    shown = _fitting(shown)
    rows = rows_of(shown, ROOM)
    first = extent(shown.name) + 3 + (extent(shown.sides[0]) if shown.sides else 0)
    if len(rows) == 1:
        first = extent(shown.name) + fsum(extent(side) + 3 for side in shown.sides)
    beside = first + 0.85 * length(said) + 4 <= ROOM
    over = (
        ""
        if beside or not said
        else f"\\hspace*{{\\mathindent}}{{\\small {words(said)}}}\\nopagebreak\n"
    )
    return over + aligned_rows(rows, widest(shown), said if beside else "", number)


def aligned_rows(rows: list[str], wide: float, said: Text = "", number: str = "") -> str:
    tag = f"\\tag*{{{number}}}" if number else ""
    beside = f"\\qquad\\text{{\\small {words(said)}}}" if said else ""
    inner = "\\\\\n".join([f"{rows[0]}{beside}{tag}", *rows[1:]])
    return sized(f"\\begin{{align*}}\n{inner}\n\\end{{align*}}\n", wide)


def _fitting(shown: Equation) -> Equation:
    """Return an equation without what stands between and fits the page in no type."""
    first, *between = shown.sides[:-1] or (None,)
    room = SMALLEST * ROOM
    kept = [
        side
        for side in between
        if side is not None and max(map(extent, lines(side, ROOM, large=True))) <= room
    ]
    return shown if first is None else replace(shown, sides=(first, *kept, shown.sides[-1]))


def widest(shown: Equation) -> float:
    """Return how wide an equation is that is broken wherever it can be."""
    room = ROOM - extent(shown.name) - 3
    sides = [extent(each) for side in shown.sides for each in lines(side, room, large=True)]
    return extent(shown.name) + 3 + max(sides, default=0)


def sized(body: str, wide: float) -> str:
    """Return a formula in smaller type where it is too wide for the page."""
    size = next(name for factor, name in SIZES if wide <= factor * ROOM or factor > 50)
    return body if size == "normalsize" else f"{{\\{size}\n{body}}}\n"
