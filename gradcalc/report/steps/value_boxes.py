"""Values and equations as boxes, fitted to the columns there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Expr
from gradcalc.errors import width
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import (
    Box,
    aligned,
    beside,
    bracketed,
    joined,
    matrix,
    text,
)
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

SHOWN = 8
CORNER = 3
EQUALS = " = "
OPERATORS = (" = ", " + ", " − ", " - ", " · ", " ⊙ ", " / ", " ", "*", "·")


def value_box(
    view: View,
    value: Array,
    texts: Sequence[str] | None,
    *,
    drawn: bool = False,
    room: int = 1000,
) -> Box:
    """Return a value: a number, (a, b, c), a column or a matrix; large ones elided."""
    if value.size == 1:
        return text(view.notation.number(texts[0] if texts else figure(float(value.ravel()[0]))))
    limit = value.size if view.full else SHOWN
    if all(n <= SHOWN for n in value.shape) and value.ndim <= 2:
        box = _array(view, value, texts, limit, CORNER, drawn)
        return box if box.width <= room or view.full else _by_rows(view, value, texts, room)
    for corner in (CORNER, 2, 1):
        box = _array(view, value, texts, limit, corner, drawn)
        if box.width <= room or view.full:
            return box
        limit = 2 * corner - 1
    shape = "×".join(str(n) for n in value.shape)
    return _left([f"{shape} numbers,", _largest(view, value)])


def _by_rows(view: View, value: Array, texts: Sequence[str] | None, room: int) -> Box:
    """Return an array that is too wide for the page as lists of numbers, a row each."""
    width_of = value.shape[-1]
    cells = [
        view.notation.number(texts[i] if texts else figure(x, view.decimals))
        for i, x in enumerate(value.ravel().tolist())
    ]
    lines: list[str] = []
    for at in range(0, len(cells), width_of):
        row = "(" + ", ".join(cells[at : at + width_of]) + ")"
        lead = f"row {at // width_of + 1}  " if value.ndim == 2 else ""
        pieces = broken(row, room - len(lead), (", ",))
        lines += [(lead if i == 0 else " " * len(lead)) + piece for i, piece in enumerate(pieces)]
    return _left(lines)


def _left(lines: Sequence[str]) -> Box:
    widest = max(width(line) for line in lines)
    return Box(tuple(line + " " * (widest - width(line)) for line in lines))


def _array(
    view: View, value: Array, texts: Sequence[str] | None, limit: int, corner: int, drawn: bool
) -> Box:
    picks = [_picked(n, limit, corner) for n in value.shape]
    dots = "…" if view.unicode else "..."

    def cell(index: tuple[int, ...]) -> str:
        at = int(np.ravel_multi_index(index, value.shape))
        return view.notation.number(
            texts[at] if texts else figure(float(value[index]), view.decimals)
        )

    if value.ndim == 1:
        mark = "⋮" if drawn and view.unicode else dots
        cells = [mark if i is None else cell((i,)) for i in picks[0]]
        box = bracketed(aligned(cells)) if drawn else text("(" + ", ".join(cells) + ")")
    elif value.ndim == 2:
        rows = [
            [
                (dots if i is not None else "⋮" if view.unicode else ":")
                if i is None or j is None
                else cell((i, j))
                for j in picks[1]
            ]
            for i in picks[0]
        ]
        box = matrix(rows)
    else:
        return text(f"{'×'.join(str(n) for n in value.shape)} numbers")
    if any(None in pick for pick in picks):
        shape = "×".join(str(n) for n in value.shape)
        size = f"{shape} entries" if value.ndim == 1 else shape
        return beside([box, text(f"   {size}, {_largest(view, value)}")])
    return box


def _picked(count: int, limit: int, corner: int) -> list[int | None]:
    """Return the places that are shown of an axis; None for what is left out."""
    if count <= max(limit, 1):
        return list(range(count))
    return [*range(corner), None, *range(count - corner, count)]


def _largest(view: View, value: Array) -> str:
    known = np.where(np.isnan(value), -1.0, np.abs(value))
    at = np.unravel_index(int(np.argmax(known)), value.shape)
    place = ",".join(str(int(i) + 1) for i in at)
    return f"largest {view.notation.number(figure(float(value[at])))} at [{place}]"


def formula_box(view: View, expr: Expr, *, drawn: bool = False) -> Box:
    """Return a formula as it is printed; `drawn` sets vectors as columns."""
    return replace(view.notation, drawn=drawn).whole(expr)


@dataclass(frozen=True)
class _OneRow(Notation):
    """Mathematics without anything drawn: a matrix as its rows, (1, 2; 3, 4)."""

    def grid(self, cells: list[list[str]]) -> Box:
        rows = self.shortened([", ".join(self.shortened(row)) for row in cells])
        return text(f"({'; '.join(rows)})")


def one_row(view: View, expr: Expr) -> Box | None:
    """Return a formula in one row that can be broken; None where a part of it has several."""
    box = _OneRow(**vars(replace(view.notation, drawn=False))).box(expr)
    return text(box.rows[0]) if box.height == 1 else None


def named(name: str, box: Box) -> Box:
    """Return `name = value`."""
    return beside([text(name + EQUALS), box])


def fitted(
    view: View,
    name: str,
    value: Array,
    texts: Sequence[str] | None,
    room: int,
    *,
    drawn: bool = False,
) -> Box:
    """Return `name = value`; a value that is too wide for that stands under its name."""
    box = value_box(view, value, texts, drawn=drawn)
    if width(name) + len(EQUALS) + box.width <= room:
        return named(name, box)
    if box.width + 2 > room:
        box = value_box(view, value, texts, drawn=drawn, room=room - 2)
        if width(name) + len(EQUALS) + box.width <= room:
            return named(name, box)
    under = Box(tuple("  " + row for row in box.rows))
    wide = max(under.width, width(name) + 2)
    head = f"{name} ="
    return Box(
        (
            head + " " * (wide - width(head)),
            *(row + " " * (wide - width(row)) for row in under.rows),
        )
    )


def equals(boxes: Sequence[Box]) -> Box:
    """Return `= a = b = c` as one box."""
    return beside([text("= "), joined(boxes, EQUALS)])


def flow(rows: Sequence[Sequence[Box]], room: int, gap: int = 4) -> Box:
    """Return boxes in a grid whose columns are aligned, a blank row between high rows.

    Rows that are too wide for the room are broken into several.
    """
    columns = max((len(row) for row in rows), default=0)
    widths = [
        max((row[j].width for row in rows if j < len(row)), default=0) for j in range(columns)
    ]
    lines: list[Box] = []
    for row in rows:
        if sum(widths) + gap * (columns - 1) <= room:
            padded = [
                _pad(box, widths[j] + (gap if j < columns - 1 else 0)) for j, box in enumerate(row)
            ]
            lines.append(beside(padded))
        else:
            lines += _broken(row, room, gap)
    return stacked(lines)


def _broken(row: Sequence[Box], room: int, gap: int) -> list[Box]:
    lines: list[list[Box]] = [[]]
    used = 0
    for box in row:
        if lines[-1] and used + gap + box.width > room:
            lines.append([])
            used = 0
        lines[-1].append(_pad(box, box.width + gap))
        used += box.width + gap
    return [beside(line) for line in lines if line]


def _pad(box: Box, columns: int) -> Box:
    return Box(tuple(row + " " * (columns - width(row)) for row in box.rows), box.base)


def stacked(boxes: Sequence[Box]) -> Box:
    """Return boxes under each other, a blank row between those that are high."""
    rows: list[str] = []
    high = False
    for box in boxes:
        if rows and (high or box.height > 1):
            rows.append("")
        rows += box.rows
        high = box.height > 1
    widest = max((width(row) for row in rows), default=0)
    return Box(tuple(row + " " * (widest - width(row)) for row in rows) or ("",))


def broken(content: str, room: int, signs: Sequence[str] = OPERATORS) -> list[str]:
    """Return one row of mathematics broken before its operators to fit the room."""
    if width(content) <= room:
        return [content]
    pieces: list[str] = []
    rest = content
    while width(rest) > room:
        cut = _cut(rest, room, signs)
        if cut <= 0:
            break
        pieces.append(rest[:cut].rstrip())
        rest = "  " + rest[cut:].lstrip()
    return [*pieces, rest]


def _cut(content: str, room: int, signs: Sequence[str]) -> int:
    """Return where to break: outside brackets if possible, late, before an operator."""
    found: list[tuple[int, int, int, int]] = []
    depth = 0
    for at, sign in enumerate(content[:room]):
        depth += sign in "([⎡⎢⎣‖"
        depth -= sign in ")]⎤⎥⎦"
        rank = next((r for r, text in enumerate(signs) if content.startswith(text, at)), None)
        if at > 3 and rank is not None:
            found.append((at <= room // 3, depth, rank if rank else -1, at))
    if not found:
        return 0
    early, depth, rank = min(place[:3] for place in found)
    at = max(place[3] for place in found if place[:3] == (early, depth, rank))
    return at if content[at] == " " else at + 1
