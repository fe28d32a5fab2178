"""The steps of an optimiser: the first in full, then one row a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Index, size
from gradcalc.algebra.optimisers import SETTINGS, STEP
from gradcalc.algebra.rewriting.entries import indices
from gradcalc.errors import width
from gradcalc.problem.model import Descent
from gradcalc.problem.solution import Training, Update
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page
from gradcalc.report.solution.entries import entry_lines
from gradcalc.report.solution.step_text import indent_of, sign, write_step
from gradcalc.report.steps.updates import Letters, UpdateLine, update_lines
from gradcalc.report.steps.value_boxes import fitted, flow
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

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


def descent(page: Page, view: View, detail: str = "steps") -> None:
    """Write the band of the descent; nothing where the problem has none."""
    plan = view.problem.descent
    if plan is None:
        return
    names = Letters(view, plan)
    page.band("Ascent" if plan.settings["maximise"] else "Descent")
    training = view.solution.training
    page.paragraph(method(view, names), indent_of(page))
    if training and plan.steps > 1:
        page.blank()
        page.text("The first step:", "plain", indent_of(page))
    page.blank()
    _first(page, view, plan, update_lines(view, detail), detail)
    sentence = together(plan, view)
    if sentence:
        page.blank()
        page.paragraph(sentence, indent_of(page))
    if training is None:
        return
    if detail == "entries":
        every_step(page, view, training, names, indent_of(page))
    _table(page, view, training)


def method_words(plan: Descent) -> str:
    """Return the name of an optimiser with what its settings add to it."""
    words = plan.optimiser.title
    own = plan.settings
    climbing = ""
    if own["maximise"]:
        words = words.replace("descent", "ascent")
        climbing = "" if "ascent" in words else ", climbing"
    hidden = {"maximise", "momentum" if own.get("nesterov") else ""}
    if plan.optimiser.name == "adamw":
        hidden |= {"weight_decay", "decoupled"}
    if own["decoupled"]:
        hidden.add("weight_decay" if own["weight_decay"] else "decoupled")
    off = {key for key, text in dict(plan.optimiser.defaults).items() if text == "0"}
    extras = [row.text for row in SETTINGS if row.key in off - hidden and own[row.key]]
    if not extras:
        return words + climbing
    *most, last = extras
    return f"{words} with {', '.join(most) + ' and ' if most else ''}{last}{climbing}"


def method(view: View, names: Letters) -> str:
    """Return the sentence that names the optimiser and its settings."""
    plan, notation = names.descent, view.notation
    shown = []
    for row in SETTINGS:
        if row.letter and row.letter in names.names:
            rates = [plan.texts[row.key]]
            if row.letter == "eta":
                rates = [rate.text for rate in plan.rates]
            texts = [notation.number(text) for text in rates[:6]]
            value = ", ".join(texts) + (", …" if len(rates) > 6 else "")
            each = ", one a step" if len(rates) > 1 else ""
            letter = notation.styled(names.names[row.letter], layered=False)
            shown.append(f"{letter}\u00a0=\u00a0{value}{each}")
    text = f"{method_words(plan)}, " + ", ".join(shown) + "." + _start(view, names)
    return text if view.unicode else text.replace("…", "...")


def _first(page: Page, view: View, plan: Descent, lines: Sequence[UpdateLine], detail: str) -> None:
    """Write the equations of the first step, by parameter where there are several each."""
    indent = indent_of(page)
    several = len(plan.assignments) > 1 and len(plan.parameters) > 1
    group, tall = None, False
    for at, line in enumerate(lines):
        step = line.step
        if several and step.group != group:
            if at:
                page.blank()
            page.text(view.notation.name(step.group or ""), "faint", indent)
            tall = False
        draft = Page(page.columns, page.unicode)
        write_step(draft, line.view, step)
        if detail == "entries":
            entry_lines(draft, line.view, step, indent, sign(view, step))
        begins = several and step.group != group
        if at and not begins and (tall or len(draft.lines) > 1):
            page.blank()
        group = step.group
        page.lines += draft.lines
        tall = len(draft.lines) > 1


def _start(view: View, names: Letters) -> str:
    """Say what starts at 0, and what t is."""
    plan = names.descent
    shown = [view.notation.styled(names.names[letter], layered=False) for letter in plan.state]
    if not shown:
        return ""
    joined = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    owner = " of each parameter" if len(plan.parameters) > 1 else ""
    count = f"; {names.names[STEP]} is the number of the step" if STEP in names.names else ""
    return f" {joined}{owner} {'starts' if len(shown) == 1 else 'start'} at 0{count}."


def together(plan: Descent, view: View) -> str:
    """Say that no gradient is that of a changed parameter, and what given values are for."""
    sentences = []
    if len(plan.parameters) > 1:
        sentences.append(
            "All parameters change together: every gradient is that of the values before the step."
        )
    if view.values and view.solution.fixed and plan.steps > 1:
        sentences.append("Given values count for the first step only.")
    return " ".join(sentences)


def _table(page: Page, view: View, training: Training) -> None:
    """Write one row a step, the values after the last one, and why a descent has ended."""
    indent = indent_of(page)
    if training.updates:
        table = overview(view, training)
        page.blank()
        write_table(page, table.columns, indent)
        if table.norm:
            page.blank()
            page.paragraph(norm_words(view, training.descent, table.norm), indent)
        if not table.parameters and len(training.updates) > 1:
            _ends(page, view, training)
    if training.stopped:
        page.blank()
        page.beside(f"!  {training.stopped}; {way_out(training)}", "", "warning", indent - 3, 3)


def task(view: View) -> str | None:
    """Return what a question asks of a descent: the optimiser, its settings, how many steps."""
    plan = view.problem.descent
    if plan is None:
        return None
    count = f"{plan.steps} step" + "s" * (plan.steps != 1)
    return f"{method(view, Letters(view, plan))} To do: {count}."


def norm_words(view: View, plan: Descent, norm: str) -> str:
    """Say what the sign of a gradient's length stands for, and by what the gradient is."""
    name = view.notation.name
    every = view.problem.roles("weight") or view.problem.roles("input")
    by = "all parameters"
    if {data.name for data in every} != set(plan.parameters):
        *names, last = map(name, plan.parameters)
        by = f"{', '.join(names)} and {last}" if names else last
    return f"{norm} is the length of the gradient of {name(view.problem.loss)} by {by}."


def way_out(training: Training) -> str:
    """Return what has been done of a descent that ended early, and what to try."""
    done, due = len(training.updates), training.descent.steps
    ends = f"{done} of {due} steps are done" if due > 1 else "the descent ends"
    if not training.begun:
        return f"{ends}."
    by_zero = not training.descent.settings.get("eps", 1)
    return f"{ends}. Try {'eps larger than 0' if by_zero else 'a smaller learning rate'}."


def _ends(page: Page, view: View, training: Training) -> None:
    """Write the parameters after the last step."""
    room = page.columns - indent_of(page)
    count = len(training.updates)
    page.blank()
    page.text(f"After {count} steps:", "plain", indent_of(page))
    page.blank()
    boxes = [
        fitted(view, view.notation.name(name), value, None, room, drawn=bool(size(value.shape)))
        for name, value in training.values.items()
    ]
    page.block(flow([boxes], room, 4), indent_of(page))
