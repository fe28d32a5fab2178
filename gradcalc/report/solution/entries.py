"""Lines worked out entry by entry: one table for lines of one shape, or one line an entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.errors import width
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page
from gradcalc.report.steps.steps import EntryLine, Step
from gradcalc.report.steps.substitution import product_of_names
from gradcalc.report.steps.value_boxes import EQUALS, broken
from gradcalc.report.steps.view import View

FEWEST, MOST = 5, 8
GAP = 3


def entry_lines(page: Page, view: View, step: Step, indent: int, sign: str = EQUALS) -> None:
    """Write the scalar line of each entry: name = formula = with numbers = value.

    sign: what stands after the name.
    """
    if step.unwritten:
        page.paragraph("the sums are too long to be written out", indent + 2, "note")
    if not step.entries:
        return
    rows = [_cells(view, step, entry) for entry in step.entries]
    count = max(len(row) for row in rows)
    if all(len(row) == count for row in rows):
        columns = [aligned([row[j] for row in rows]) for j in range(count)]
        lines = [_joined([column[at] for column in columns], sign) for at in range(len(rows))]
        if max(width(line) for line in lines) <= page.columns - indent - 2:
            for line in lines:
                page.text(line.rstrip(), "plain", indent + 2)
            return
    for row in rows:
        kept = [cell for at, cell in enumerate(row) if cell and cell not in row[:at]]
        lines = broken(_joined(kept, sign), page.columns - indent - 2)
        for line in lines:
            page.text(line, "plain", indent + 2)


def _joined(cells: Sequence[str], sign: str) -> str:
    return cells[0] + sign + EQUALS.join(cells[1:])


def _cells(view: View, step: Step, entry: EntryLine) -> list[str]:
    name = view.notation.entry_name(step.name, entry.index)
    cells = [name, view.notation.line(entry.formula)]
    if entry.substitution is not None:
        cells.append(view.notation.line(entry.substitution))
    if entry.value is not None:
        value = view.notation.number(entry.value)
        if cells[-1] != value:
            cells.append(value)
    return cells


def entry_table(page: Page, view: View, steps: Sequence[Step], at: int, indent: int) -> bool:
    """Write the table of a run of elementwise lines after its last; tell whether it was."""
    run = _run(view, steps, at)
    if len(run) < 2:
        return False
    table = _Table(view, run)
    room = page.columns - indent
    lines = table.lines(room)
    page.blank()
    page.text(f"Lines {run[0].number} to {run[-1].number}, entry by entry:", "plain", indent)
    for part in [lines] if lines else table.parts(room):
        page.blank()
        page.text(part[0], "faint", indent)
        page.text("─" * min(room, max(width(line) for line in part)), "rule", indent)
        for line in part[1:]:
            for row in broken(line, room):
                page.text(row, "plain", indent)
    sentence = _off(view, run)
    if sentence:
        page.blank()
        page.paragraph(sentence, indent)
    return True


@dataclass(frozen=True)
class Worked:
    """Elementwise lines of one shape, entry by entry: their columns, and what that means."""

    first: Step
    last: Step
    columns: tuple[tuple[str, ...], ...]
    sentence: str | None


def worked(view: View, steps: Sequence[Step], at: int, *, blank: str = "") -> Worked | None:
    """Return the table of the run of elementwise lines that ends with line `at`, None without.

    blank: what stands in place of everything that is computed.
    """
    run = _run(view, steps, at)
    if len(run) < 2 or (run[-1].number or 0) - (run[0].number or 0) != len(run) - 1:
        return None
    table = _Table(view, run)
    columns = [table.index(), *map(table.leaf, table.leaves())]
    if blank:
        count = len(columns[0]) - 1
        columns += [[view.notation.indexed(step.name), *[blank] * count] for step in run]
        leaves = {name for name in table.leaves() if name not in view.problem.data}
        for name, column in zip(table.leaves(), columns[1:], strict=False):
            if name in leaves:
                column[1:] = [blank] * count
    else:
        columns += [table.worked(step, True) for step in run]
    shown = tuple(tuple(cell.strip() for cell in column) for column in columns)
    return Worked(run[0], run[-1], shown, None if blank else _off(view, run))


def _run(view: View, steps: Sequence[Step], at: int) -> list[Step]:
    """Return the elementwise lines of one shape that end with line `at`."""
    if at + 1 < len(steps) and _fits(view, steps[at + 1], steps[at].shape):
        return []
    run: list[Step] = []
    while at >= 0 and _fits(view, steps[at], steps[at].shape if not run else run[0].shape):
        run.insert(0, steps[at])
        at -= 1
    return run


def _fits(view: View, step: Step, shape: Shape) -> bool:
    if step.phase != "backward" or step.value is None or step.given or step.shape != shape:
        return False
    if len(shape) != 1 or not FEWEST <= int(shape[0]) <= MOST or step.formula is None:
        return False
    return isinstance(step.formula, Apply) and all(
        view.problem.table[op].is_elementwise for op in _operations(step.formula)
    )


def _operations(expr: Expr) -> set[str]:
    if not isinstance(expr, Apply):
        return set()
    return {expr.op}.union(*(_operations(arg) for arg in expr.args))


def _wide(columns: Sequence[Sequence[str]]) -> int:
    return sum(max(map(width, column)) for column in columns) + GAP * (len(columns) - 1)


def _rows(columns: Sequence[Sequence[str]]) -> list[str]:
    """Return columns of texts as rows, the header first."""
    widths = [max(map(width, column)) for column in columns]
    padded = (
        (cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    )
    return [(" " * GAP).join(row).rstrip() for row in padded]


class _Table:
    """Columns of texts: the index, what is read, and each line with its numbers."""

    def __init__(self, view: View, run: Sequence[Step]) -> None:
        self.view, self.run = view, run
        self.shape = run[0].shape
        self.own = {step.name for step in run}

    def lines(self, room: int) -> list[str]:
        """Return header and rows, in the widest form that fits; nothing where none does."""
        for leaves, formulas in ((True, True), (True, False), (False, False)):
            columns = self.columns(leaves, formulas)
            if _wide(columns) <= room:
                return _rows(columns)
        return []

    def parts(self, room: int) -> list[list[str]]:
        """Return the whole table as several that fit, the index in each."""
        index, *rest = self.columns(leaves=True, formulas=True)
        brief = self.columns(leaves=True, formulas=False)[1:]
        found = [[index]]
        for whole, named in zip(rest, brief, strict=True):
            column = whole if _wide([index, whole]) <= room else named
            if len(found[-1]) > 1 and _wide([*found[-1], column]) > room:
                found.append([index])
            found[-1].append(column)
        return [_rows(columns) for columns in found]

    def columns(self, leaves: bool, formulas: bool) -> list[list[str]]:
        columns = [self.index()]
        columns += [self.leaf(name) for name in self.leaves()] if leaves else []
        return columns + [self.worked(step, formulas) for step in self.run]

    def index(self) -> list[str]:
        return ["i", *(str(i + 1) for i in range(int(self.shape[0])))]

    def leaves(self) -> list[str]:
        """Return the vectors that are read and are no line of the table."""
        found: dict[str, None] = {}
        for step in self.run:
            for name in symbols(step.formula) if step.formula else ():
                if self.view.shapes[name] == self.shape and name not in self.own:
                    found[name] = None
        order = [name for name in self.view.problem.named if name in found]
        inputs = [name for name in order if self.role(name) == "input"]
        targets = [name for name in order if self.role(name) == "target"]
        return [*inputs, *(n for n in order if n not in inputs and n not in targets), *targets]

    def role(self, name: str) -> str:
        data = self.view.problem.data.get(name)
        return data.role if data else ""

    def leaf(self, name: str) -> list[str]:
        texts = [self.view.notation.number(t) for t in self.view.texts[name]]
        return [self.view.notation.indexed(name), *aligned(texts)]

    def worked(self, step: Step, formulas: bool) -> list[str]:
        """Return the column of one line: `2 (0.1 − 0) =  0.2`."""
        name = self.view.notation.indexed(step.name)
        values = aligned([self.view.notation.number(t) for t in step.texts or ()])
        formula = step.formula
        assert formula is not None
        if isinstance(formula, Apply) and formula.op.endswith("'"):
            slopes = np.ravel(step.value if step.value is not None else ())
            off = bool((slopes == 0).any())
            marks = ["  off" if off and slope == 0 else "" for slope in slopes]
            return [name, *(v.rstrip() + m for v, m in zip(values, marks, strict=True))]
        worked = [
            self.view.notation.line(self.view.entry(formula, (i,), numbers=True))
            for i in range(int(self.shape[0]))
        ]
        widest = max(width(cell) for cell in worked)
        header = name
        if formulas and not product_of_names(formula):
            general = self.view.notation.line(_general(formula, self.view, self.shape))
            header = f"{name} = {general}"
        return [
            header,
            *(
                " " * (widest - width(cell)) + cell + EQUALS + value
                for cell, value in zip(worked, values, strict=True)
            ),
        ]


def _general(formula: Expr, view: View, shape: Shape) -> Expr:
    """Return the formula of any one entry: 2 (yᵢ − tᵢ)."""
    if isinstance(formula, Number):
        return formula
    if isinstance(formula, Symbol):
        whole = view.shapes[formula.name] == shape
        return Apply("entry", (formula, Symbol("i"))) if whole else formula
    args = tuple(_general(arg, view, shape) for arg in formula.args)
    return Apply(formula.op, args, formula.attrs)


def _off(view: View, run: Sequence[Step]) -> str | None:
    """Say what it means that units are off."""
    for step in run:
        parts = gradient_parts(step.name)
        line = view.line(parts[0]) if parts else None
        row = view.problem.table[line.expr.op] if line and isinstance(line.expr, Apply) else None
        if row is None or row.name != "relu" or parts is None or step.value is None:
            continue
        off = np.flatnonzero(step.value == 0)
        if not 0 < len(off) < step.value.size:
            continue
        names = " or ".join(view.notation.entry_name(parts[1], (int(i),)) for i in off)
        return (
            f"A unit that is off passes nothing on: moving {names} a little leaves "
            f"{view.notation.name(parts[0])}, and with it "
            f"{view.notation.name(view.problem.loss)}, as they were."
        )
    return None
