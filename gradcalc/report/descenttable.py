"""Tables of a descent: one row a step, and for each step one row an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradcalc.algebra.entries import indices
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.shapes import Index
from gradcalc.errors import width
from gradcalc.problem.training import Training, Update
from gradcalc.report.boxes import aligned
from gradcalc.report.figures import figure
from gradcalc.report.page import Page
from gradcalc.report.updates import Letters
from gradcalc.report.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array

GAP = 3
MOST, FIRST, LAST = 24, 12, 5
"""Steps that are listed; where there are more, the first and the last of them."""
DIGITS = (5, 7, 9)
PARAMETERS, GRADIENTS = 6, 2
"""Entries of all parameters up to which they, and those of their gradients, are columns."""
ROWS = 400
"""Rows of the tables of single steps, all together."""


Columns: TypeAlias = list[list[str]]


@dataclass(frozen=True)
class DescentPoint:
    """Where a descent is after some steps; no loss or gradient where it has no value."""

    step: int
    values: Mapping[str, Array]
    loss: Array | None
    gradients: Mapping[str, Array]


@dataclass(frozen=True)
class Overview:
    """The table of one row a step.

    parameters: whether their entries are columns. norm: the sign of the gradient's length,
    where that stands in place of its entries.
    """

    columns: Columns
    parameters: bool
    norm: str | None


def points(training: Training) -> tuple[DescentPoint, ...]:
    """Return where a descent starts, and where it is after each step."""
    found = [DescentPoint(u.number - 1, u.before, u.loss, u.gradients) for u in training.updates]
    last = DescentPoint(len(found), training.values, training.loss, training.gradients)
    return (*found, last) if found else ()


def overview(view: View, training: Training) -> Overview:
    """Return the table of one row a step; what are columns is the same on every page."""
    table = _Table(view, training)
    count = sum(value.size for value in training.values.values())
    columns = [table.step()]
    if count <= PARAMETERS:
        columns += table.entries(gradient=False)
    if not view.problem.upstream:
        columns.append(table.loss())
    single = count <= GRADIENTS
    columns += table.entries(gradient=True) if single else [table.length()]
    return Overview(columns, count <= PARAMETERS, None if single else table.norm)


def write_table(page: Page, columns: Columns, indent: int) -> None:
    """Write columns as a table; as several, the first column in each, where it is too wide."""
    lead, *rest = columns
    room = page.columns - indent
    while rest:
        count = 1
        while count < len(rest) and width(table_lines([lead, *rest[: count + 1]])[1]) <= room:
            count += 1
        lines = table_lines([lead, *rest[:count]])
        rest = rest[count:]
        for at, line in enumerate(lines):
            page.text(line, "faint" if at == 0 else "rule" if at == 1 else "plain", indent)
        if rest:
            page.blank()


class _Table:
    def __init__(self, view: View, training: Training) -> None:
        self.view, self.training = view, training
        whole = points(training)
        self.rows: list[DescentPoint | None] = [*whole]
        if len(whole) > MOST and not view.full:
            self.rows = [*whole[:FIRST], None, *whole[-LAST:]]
        loss = view.notation.name(view.problem.loss)
        self.norm = f"‖∇{loss}‖" if view.unicode else f"|grad {loss}|"

    def column(self, head: str, value: Callable[[DescentPoint], float | None]) -> list[str]:
        """Return a column with digits that tell most values from the one before.

        Not all: where a descent converges, its last values are alike.
        """
        values = [None if row is None else value(row) for row in self.rows]
        for digits in DIGITS:
            cells = ["" if v is None else figure(v, self.view.decimals, digits) for v in values]
            pairs = zip(pairwise(cells), pairwise(values), strict=True)
            alike = sum(a == b and v != w for (a, b), (v, w) in pairs)
            if 2 * alike < len(cells) - 1:
                break
        return self.listed(head, [self.view.notation.number(cell) for cell in cells])

    def listed(self, head: str, cells: Sequence[str]) -> list[str]:
        """Return a column of texts, dots where steps are left out."""
        dots = "⋮" if self.view.unicode else ":"
        rows = zip(self.rows, cells, strict=True)
        return [head, *(dots if row is None else cell for row, cell in rows)]

    def step(self) -> list[str]:
        return self.listed("step", ["" if row is None else str(row.step) for row in self.rows])

    def loss(self) -> list[str]:
        name = self.view.notation.name(self.training.descent.loss)
        return self.column(name, lambda row: None if row.loss is None else float(row.loss))

    def entries(self, *, gradient: bool) -> Columns:
        """Return a column for each entry of the parameters, or of their gradients."""
        found: Columns = []
        for parameter in self.training.descent.parameters:
            shape = self.view.problem.data[parameter].shape
            name = gradient_name(self.training.descent.loss, parameter) if gradient else parameter
            found += [self.entry(name, index, gradient) for index in indices(shape)]
        return found

    def entry(self, name: str, index: Index, gradient: bool) -> list[str]:
        def at(row: DescentPoint) -> float | None:
            value = (row.gradients if gradient else row.values).get(name)
            return None if value is None else float(value[index])

        return self.column(self.view.notation.entry_name(name, index), at)

    def length(self) -> list[str]:
        def of(row: DescentPoint) -> float | None:
            squares = [float(np.vdot(g, g)) for g in row.gradients.values()]
            return float(np.sqrt(fsum(squares))) if squares else None

        return self.column(self.norm, of)


def table_lines(columns: Sequence[Sequence[str]]) -> list[str]:
    """Return header, rule and rows; decimal points of each column under each other."""
    ready = [[head, *_aligned(cells)] for head, *cells in columns]
    widths = [max(map(width, column)) for column in ready]
    rows = [
        (" " * GAP)
        .join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True))
        .rstrip()
        for row in zip(*ready, strict=True)
    ]
    rule = "─" * (sum(widths) + GAP * (len(widths) - 1))
    return [rows[0], rule, *rows[1:]]


def _aligned(cells: Sequence[str]) -> list[str]:
    """Return cells with their points under each other, blank and long ones as they are."""
    plain = [at for at, cell in enumerate(cells) if cell and cell.strip("−-.0123456789⋮:") == ""]
    found = list(cells)
    for at, cell in zip(plain, aligned([cells[at] for at in plain] or [""]), strict=False):
        found[at] = cell
    return found


def every_step(page: Page, view: View, training: Training, names: Letters, indent: int) -> None:
    """Write a table for each step: an entry a row, before, gradient, state and after."""
    left = ROWS
    for update in training.updates:
        page.blank()
        count = sum(value.size for value in update.before.values())
        if count > left and not view.full:
            page.text("the entries of further steps: --full shows them", "note", indent)
            return
        left -= count
        loss = ""
        if update.loss is not None:
            value = view.notation.number(figure(float(update.loss), view.decimals))
            loss = f", from {view.notation.name(names.descent.loss)} = {value}"
        page.text(f"Step {update.number}{loss}:", "plain", indent)
        page.blank()
        write_table(page, _columns(view, update, names), indent)


def _columns(view: View, update: Update, names: Letters) -> Columns:
    """Return the columns of the table of one step."""
    descent = names.descent
    shown = [view.notation.styled(names.names[n], layered=False) for n in descent.state]
    columns: Columns = [[head] for head in ("", "before", "gradient", *shown, "after")]
    for parameter in descent.parameters:
        values = [
            update.before[parameter],
            update.gradients[gradient_name(descent.loss, parameter)],
            *(update.state[parameter][letter] for letter in descent.state),
            update.after[parameter],
        ]
        for index in indices(values[0].shape):
            columns[0].append(view.notation.entry_name(parameter, index))
            for column, value in zip(columns[1:], values, strict=True):
                text = figure(float(value[index]), view.decimals)
                column.append(view.notation.number(text))
    return columns
