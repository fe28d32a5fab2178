"""Read what stands right of a sheet's `=`: numbers fitted to what is due, or a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from gradcalc.algebra.expr import Expr, Number, symbols
from gradcalc.algebra.shapes import Shape, ShapeError, size
from gradcalc.grading.answers_formula import read_formula
from gradcalc.grading.answers_names import Quantities
from gradcalc.grading.calculation import calculated, numbers_of
from gradcalc.grading.cells import MAX_ENTRIES, Cells, read_cells
from gradcalc.grading.written import Written
from gradcalc.problem.naming import Reference

MAX_FORMULAS = 50_000

_LETTERED = re.compile(r"[^\W\d_]|[-+*/^@(]")
_NO_FORMULA = re.compile(r"(?<!\w)(?:nan|inf|infinity|n/a)(?!\w)|%|\.\.\.|…|∞", re.IGNORECASE)
_FORMULA_LIKE = re.compile(
    r"is not a number\Z|a formula|mixed|a word of more|a lone -|nested|digits other than"
)


@dataclass(frozen=True)
class RightSide:
    """A right-hand side: its text on one line, and numbers, a formula or a reason.

    calculated: the numbers are what a written-out calculation comes to.
    """

    text: str
    shape: tuple[int, ...] = ()
    cells: tuple[Written | None, ...] = ()
    formula: Expr | None = None
    reason: str | None = None
    calculated: bool = False


class ValueReader:
    """Reads right-hand sides, counting what one sheet may hold."""

    def __init__(self, quantities: Quantities) -> None:
        self.quantities = quantities
        self.entries = 0
        self.formulas = 0

    def value(
        self, texts: Sequence[str], whole: str, asked: Reference, due: Shape | None = None
    ) -> RightSide:
        """Return what the right-hand sides of one line come to.

        The last of them that is a number counts, else the last calculation, else the last
        formula, else a blank.
        due: the shape of what is asked for, where it is known better.
        """
        due = self.quantities.shape(asked) if due is None else due
        read = [self.one(text, asked, due) for text in texts if text]
        if not read:
            return _fitted("", Cells(((None,),), ()), due)
        worked = [value for value in read if any(value.cells)]
        numbers = [value for value in worked if not value.calculated]
        formulas = [value for value in read if value.formula is not None]
        blanks = [value for value in read if value.cells]
        for values in (numbers, worked, formulas, blanks):
            if values:
                return values[-1]
        return replace(read[-1], text=flat(whole))

    def one(self, text: str, asked: Reference, due: Shape) -> RightSide:
        """Return the numbers or the formula that a text spells, or the reason why not."""
        if self.entries > MAX_ENTRIES:
            return RightSide(flat(text), reason=f"more than {MAX_ENTRIES} numbers on one sheet")
        try:
            cells = read_cells(text, size(due))
        except ValueError as error:
            self.entries += len(text) // 20
            return self.formula(flat(text), str(error), asked, due)
        self.entries += sum(map(len, cells.rows))
        constant = asked.index is None and asked.name in self.quantities.problem.constant
        alone = cells.rows[0][0] if not cells.shape else None
        if constant and alone is not None and not self.quantities.problem.numeric:
            return RightSide(flat(text), formula=Number(alone.exact))
        return _fitted(flat(text), cells, due, constant=constant)

    def formula(self, text: str, reason: str, asked: Reference, due: Shape) -> RightSide:
        """Return the formula that a text spells, else why it is neither that nor numbers."""
        possible = _FORMULA_LIKE.search(reason) and _LETTERED.search(text)
        if not possible or _NO_FORMULA.search(text):
            return RightSide(text, reason=reason)
        self.formulas += len(text)
        if self.formulas > MAX_FORMULAS:
            many = f"formulas of more than {MAX_FORMULAS} characters on one sheet"
            return RightSide(text, reason=many)
        try:
            expr = read_formula(text, self.quantities)
        except ValueError as error:
            return RightSide(text, reason=str(error))
        if isinstance(expr, Number):
            return RightSide(text, reason=reason)
        if self.quantities.problem.numeric and not symbols(expr):
            return self.calculation(text, expr, asked, due)
        circle = self.quantities.circle(asked.name, symbols(expr))
        return RightSide(text, reason=circle) if circle else RightSide(text, formula=expr)

    @cached_property
    def exact(self) -> frozenset[float]:
        """Return the numbers of the file, which are not rounded."""
        return numbers_of(self.quantities.problem)

    def calculation(self, text: str, expr: Expr, asked: Reference, due: Shape) -> RightSide:
        """Return the numbers that a written-out calculation comes to."""
        problem = self.quantities.problem
        try:
            found = calculated(expr, problem.table, self.exact)
        except ShapeError:
            return RightSide(text, reason="its operands do not fit")
        except ValueError as error:
            return RightSide(text, reason=str(error))
        if not np.isfinite(found.value).all():
            return RightSide(text, reason="it has no value")
        if found.value.ndim > 2 or found.value.size > MAX_ENTRIES:
            return RightSide(text, reason="its operands do not fit")
        one = not found.value.ndim
        cells = [
            Written(text if one else f"{value:.6g}", value, Fraction(value), 0, 0, False, room)
            for value, room in zip(
                found.value.ravel().tolist(), found.room.ravel().tolist(), strict=True
            )
        ]
        self.entries += len(cells)
        step = found.value.shape[-1] if found.value.ndim else 1
        rows = tuple(tuple(cells[at : at + step]) for at in range(0, len(cells), step))
        constant = asked.index is None and asked.name in problem.constant
        fitted = _fitted(text, Cells(rows, found.value.shape), due, constant=constant)
        return replace(fitted, calculated=True)


def _fitted(text: str, found: Cells, due: Shape, *, constant: bool = False) -> RightSide:
    """Return numbers in the due shape where they fit it without doubt."""
    cells = tuple(cell for row in found.rows for cell in row)
    whole = tuple(dim for dim in due if not isinstance(dim, str))
    if len(whole) < len(due):
        return RightSide(text, found.shape, cells)
    count = size(whole) or 0
    one = cells == (None,) or (constant and len(cells) == 1)
    if one and not found.shape and count <= MAX_ENTRIES:
        return RightSide(text, whole, cells * count)
    return RightSide(text, whole if _fits(found.shape, whole) else found.shape, cells)


def _fits(written: tuple[int, ...], due: tuple[int, ...]) -> bool:
    """Tell whether entries of one shape are without doubt meant in another.

    A row or a column is a vector, a vector is a matrix of one row or one column, and one
    entry is a number.
    """
    if written == due or all(dim == 1 for dim in (*written, *due)):
        return True
    if len(due) == 1:
        return written in ((1, *due), (*due, 1))
    return len(due) == 2 and 1 in due and written == (max(due),)


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
