"""One line of a worked solution as text: name, formula, with numbers, value, remark."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.errors import width
from gradcalc.report.mathematics.unicode import Box, beside, text
from gradcalc.report.page import NARROW, Page, wrapped
from gradcalc.report.steps.steps import Step
from gradcalc.report.steps.value_boxes import (
    EQUALS,
    broken,
    equals,
    formula_box,
    one_row,
    value_box,
)
from gradcalc.report.steps.view import View

DRAWN = 4
COLUMN = 34
"""Where the dimension of a line in letters stands, when its formula leaves room."""
GAP = 3
TOO_WIDE = "(the numbers are too wide for this page)"


def indent_of(page: Page) -> int:
    """Return the columns in front of a line, where its number stands."""
    return 4 if page.columns < NARROW else 5


def write_step(page: Page, view: View, step: Step) -> None:
    """Write one numbered line: name, formula, with numbers, value, remark."""
    boxes = step_boxes(page, view, step)
    indent = indent_of(page)
    number = str(step.number or "").rjust(2)
    lead = number + " " * max(1, indent - len(number))
    name = view.notation.name(step.name)
    note = step.note or ""
    room = page.columns - indent
    start = name + sign(view, step)
    if _one_line(step, start, boxes, note, room):
        content = start + EQUALS.join(box.rows[0] for box in boxes)
        if _in_letters(view, step):
            content = with_dimension(view, content, step.shape, room)
            if width(content) > room:
                shown = view.notation.dimensions(step.shape)
                formula = content.removesuffix(shown).rstrip()
                page.lines.append(((lead, "faint"), (formula, "plain")))
                content = "  " + shown
                lead = " " * len(lead)
        _noted(page, lead, content, note)
        return
    first, *rest = boxes
    if first.height > 1:
        whole = beside([text(start), first])
        for at, row in enumerate(whole.rows):
            if at == whole.base:
                _noted(page, lead, row.rstrip(), note)
            else:
                page.text(row.rstrip(), "plain", indent)
    else:
        rows = broken(start + first.rows[0], room)
        if _in_letters(view, step):
            last = with_dimension(view, rows[-1], step.shape, room)
            fits = width(last) <= room
            rows[-1:] = [last] if fits else [rows[-1], f"  {view.notation.dimensions(step.shape)}"]
        for at, row in enumerate(rows):
            own = lead if at == 0 else " " * len(lead)
            _noted(page, own, row, note if at == len(rows) - 1 else "")
    _parts(page, rest, indent, width(name) + 1)


def _in_letters(view: View, step: Step) -> bool:
    return not view.problem.numeric and step.phase != "update"


def with_dimension(view: View, content: str, shape: Shape, room: int) -> str:
    """Return a line with what it is one of: z = W x + b   ∈ ℝ^M."""
    shown = view.notation.dimensions(shape)
    gap = max(COLUMN - width(content), GAP)
    if width(content) + gap + width(shown) > room:
        gap = 1
    return content + " " * gap + shown


def sign(view: View, step: Step) -> str:
    """Return what stands after the name of a line: an arrow where it takes a new value."""
    if step.phase != "update":
        return EQUALS
    return " ← " if view.unicode else " <- "


def _one_line(step: Step, start: str, boxes: Sequence[Box], note: str, room: int) -> bool:
    if any(box.height > 1 for box in boxes):
        return False
    used = width(start) + sum(box.width for box in boxes) + len(EQUALS) * (len(boxes) - 1)
    long = len(step.shape) == 1 and isinstance(step.shape[0], int) and step.shape[0] > DRAWN
    return used + (width(note) + 3 if note else 0) <= room and not (long and len(boxes) > 1)


def _noted(page: Page, lead: str, content: str, note: str) -> None:
    """Write the first row of a step, its remark flush right or under it."""
    gap = page.columns - width(lead) - width(content) - width(note)
    row = ((lead, "faint"), (content, "plain"))
    if not note or gap >= 3:
        page.lines.append((*row, (" " * gap, "plain"), (note, "note")) if note else row)
        return
    page.lines.append(row)
    indent = len(lead) + 2
    lines = wrapped(note, page.columns - indent)
    for line in lines:
        at = page.columns - width(line) if page.columns >= NARROW and len(lines) == 1 else indent
        page.text(line, "note", at)


def _parts(page: Page, boxes: Sequence[Box], indent: int, column: int) -> None:
    """Write `= a = b` under a formula: in one row of boxes where that fits, else each alone."""
    if not boxes:
        return
    room = page.columns - indent
    whole = equals(boxes)
    for at in (column, 2):
        if whole.width <= room - at and (page.columns >= NARROW or len(boxes) == 1):
            page.block(whole, indent + at)
            return
    place = column if all(2 + box.width <= room - column for box in boxes) else 2
    if page.columns < NARROW:
        indent, place = 2, 0
    for box in boxes:
        fitted = equals([box])
        if fitted.height == 1:
            for row in broken(fitted.rows[0], page.columns - indent - place):
                page.text(row, "plain", indent + place)
        else:
            page.block(fitted, indent + place)


def step_boxes(page: Page, view: View, step: Step) -> list[Box]:
    """Return formula, substitution, worked form and value of a step, repeats left out."""
    columns = drawn(step)
    room = page.columns - indent_of(page) - 4
    boxes = []
    if step.formula is not None:
        box = formula_box(view, step.formula)
        if box.height > 1 and box.width + width(view.notation.name(step.name)) > room:
            box = one_row(view, step.formula) or text(view.notation.line(step.formula))
        boxes.append(box)
    if step.value is not None:
        for expr in (step.substitution, step.worked):
            if expr is not None and not _tabled(step):
                box = formula_box(view, expr, drawn=columns)
                if box.height > 1 and box.width > room and not view.full:
                    box = one_row(view, expr) or text(TOO_WIDE)
                boxes.append(box)
        boxes.append(value_box(view, step.value, step.texts, drawn=columns, room=room))
    kept = boxes[:1]
    kept += [after for before, after in pairwise(boxes) if after != before]
    if len(kept) > 2 and kept[-2].rows == kept[-1].rows:
        kept.pop(-2)
    return kept


def _tabled(step: Step) -> bool:
    """Tell whether the numbers of a line are better worked out entry by entry."""
    return (
        len(step.shape) == 1
        and isinstance(step.shape[0], int)
        and step.shape[0] > DRAWN
        and (not _multiplies(step.formula))
        and (not _laid(step.formula))
    )


def drawn(step: Step) -> bool:
    """Tell whether vectors stand as columns: where they are multiplied."""
    if step.given or step.formula is None or isinstance(step.formula, Symbol):
        return False
    if _multiplies(step.formula):
        return True
    count = step.shape[0] if len(step.shape) == 1 else 0
    return (
        isinstance(step.formula, Apply)
        and (step.formula.op == "mul" or step.phase == "update")
        and isinstance(count, int)
        and 1 < count <= DRAWN
    )


def _laid(expr: Expr | None) -> bool:
    """Tell whether numbers are laid over others, as a kernel is."""
    return isinstance(expr, Apply) and (
        expr.op in ("conv1d", "max_pool", "mean_pool", "max_mask", "unpool")
        or any(map(_laid, expr.args))
    )


def _multiplies(expr: Expr | None) -> bool:
    return isinstance(expr, Apply) and (
        expr.op in ("matmul", "outer", "dot") or any(_multiplies(arg) for arg in expr.args)
    )
