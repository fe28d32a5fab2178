"""Read what stands right of a sheet's `=`: numbers, a calculation, or a formula.

`0.5225 - 5` and `-0.31*0.2139*[2, -1]` stand for all that their numbers may have been rounded
from. Numbers of the file are exact, and so are whole numbers, but those over a power of ten.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Number,
    Symbol,
    number,
    parts,
    rebuild,
    symbols,
)
from gradcalc.algebra.formula.shapes import Index, Shape, ShapeError, size
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import resolve, shape_finder
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.answers.number_styles import MAX_ENTRIES, Cells, read_cells
from gradcalc.grading.answers.written import NOISE, Written, read_written
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference

MOST_NUMBERS = 300
"""Numbers of a calculation; beyond them it is too long to be one."""

MAX_LENGTH = 1000
MAX_PICKED = 1000
_ENTRY = re.compile(r"([^\W\d_]+)_?([1-9])\Z")
_NUMBER = r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIST = re.compile(rf"(?<![\w\])])[\[(]\s*{_NUMBER}(?:[\s,;]+{_NUMBER})+\s*[\])]", re.ASCII)
_LARGEST = Fraction(sys.float_info.max)

MAX_FORMULAS = 50_000

_LETTERED = re.compile(r"[^\W\d_]|[-+*/^@(]")
_NO_FORMULA = re.compile(r"(?<!\w)(?:nan|inf|infinity|n/a)(?!\w)|%|\.\.\.|…|∞", re.IGNORECASE)
_FORMULA_LIKE = re.compile(
    r"is not a number\Z|a formula|mixed|a word of more|a lone -|nested|digits other than"
)


@dataclass(frozen=True)
class Calculated:
    """What a calculation comes to; room: how far its numbers' rounding moves each entry."""

    value: Array
    room: Array


def numbers_of(problem: Problem) -> frozenset[float]:
    """Return the magnitudes of all numbers of a file: its data, and those in its lines."""
    arrays = [np.abs(data.array).ravel() for data in problem.data.values() if data.known]
    arrays += [np.abs(data.array).ravel() for data in problem.given.values() if data.known]
    found = set(np.unique(np.concatenate([np.zeros(1), *arrays])).tolist())
    for line in (*problem.lines, *problem.functions):
        for part in parts(line.expr):
            settings = [value for _, value in part.attrs] if isinstance(part, Apply) else [part]
            found |= {abs(float(each.value)) for each in settings if isinstance(each, Number)}
    return frozenset(found)


def half_unit(part: Number, exact: frozenset[float]) -> float:
    """Return half a unit of the last digit of a number in a calculation, 0 where it is exact.

    A whole number with one 0 behind the point, 2.0, is as programs write whole numbers.
    """
    if part.text is None or abs(float(part.value)) in exact:
        return 0.0
    try:
        written = read_written(part.text)
    except ValueError:
        return 0.0
    whole = written.exact.denominator == 1 and written.decimals <= 1
    return 0.0 if whole or not written.rounded else float(written.unit) / 2


def is_rounded(expr: Expr, exact: frozenset[float]) -> bool:
    """Tell whether some number of a calculation is rounded."""
    return any(half_unit(part, exact) > 0 for part in parts(expr) if isinstance(part, Number))


def calculated(
    expr: Expr,
    table: Table,
    exact: frozenset[float],
    shapes: Mapping[str, Shape] | None = None,
    values: Mapping[str, Array] | None = None,
) -> Calculated:
    """Return the value of a calculation with its room.

    shapes, values: of the quantities that stand in it. Each number is moved by half a unit,
    up and down, and the largest effects add up. Raises ShapeError where operands do not fit,
    ValueError where there are too many numbers.
    """
    halves: list[tuple[float, float]] = []

    def lifted(part: Expr) -> Expr:
        if not isinstance(part, Number) or (
            part.value.denominator == 1 and not half_unit(part, exact)
        ):
            return part
        value = float(part.value)
        halves.append((value, max(half_unit(part, exact), NOISE * abs(value))))
        return Symbol(f"_n{len(halves) - 1}")

    apart = rebuild(expr, lifted)
    if len(halves) > MOST_NUMBERS:
        raise ValueError(f"a calculation with more than {MOST_NUMBERS} numbers")
    own = dict(shapes or {}) | {f"_n{at}": () for at in range(len(halves))}
    shape = shape_finder(own, table)(apart)
    lanes = np.tile([value for value, _ in halves], (1 + 2 * len(halves), 1))
    for at, (_, half) in enumerate(halves):
        lanes[1 + 2 * at, at] += half
        lanes[2 + 2 * at, at] -= half
    start = dict(values or {}) | {f"_n{at}": lanes[:, at] for at in range(len(halves))}
    program = Program([Node("answer", apart, shape)], own, table)
    found = program.run(start, strict=False)["answer"]
    if found.ndim == len(shape):
        return Calculated(found, NOISE * np.abs(found))
    with np.errstate(invalid="ignore", over="ignore"):
        change = np.abs(found[1:] - found[0])
        room = np.maximum(change[0::2], change[1::2]).sum(axis=0)
    return Calculated(found[0], room)


def read_formula(text: str, quantities: Quantities) -> Expr:
    """Return the formula that a text spells, over gradcalc's names and the problem's letters.

    An entry is picked by products with a 1 among zeros, and `v @ w.T` of two vectors is
    their outer product, so that every reading of a formula can evaluate it. Raises
    ValueError with the reason for all that is not a formula of the problem's quantities.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a formula of more than {MAX_LENGTH} characters")
    try:
        expr = parse(_LIST.sub(_listed, text))
        found = {name: _meaning(name, quantities) for name in symbols(expr)}
        expr = rebuild(expr, lambda part: _ours(part, found, quantities))
        expr = _by_rank(resolve(expr, quantities.problem.table), quantities)
    except ProblemError as error:
        raise ValueError(_one_line(error)) from None
    if any(isinstance(part, Number) and abs(part.value) > _LARGEST for part in parts(expr)):
        raise ValueError("a number in the formula is larger than any that gradcalc computes with")
    return expr


def _listed(match: re.Match[str]) -> str:
    """Return a list of numbers with its commas: `[2 -1]` is no difference, `[1; 2]` a column.

    >>> _listed(re.match(r".*", "[1 2; 3 4]"))
    '[[1, 2], [3, 4]]'
    """
    rows = [re.findall(_NUMBER, row) for row in match[0].split(";")]
    if len(rows) > 1 and all(len(row) == 1 for row in rows):
        rows = [[cell for row in rows for cell in row]]
    lists = [f"[{', '.join(row)}]" for row in rows]
    return lists[0] if len(lists) == 1 else f"[{', '.join(lists)}]"


def _one_line(error: ProblemError) -> str:
    return f"{error.message}: {error.hint}" if error.hint else error.message


def _meaning(name: str, quantities: Quantities) -> Reference | None:
    """Return what a name in a formula stands for, None for a letter."""
    found = quantities.find(name)
    if isinstance(found, Reference):
        return found
    if name in quantities.letters:
        return None
    entry = _ENTRY.match(name)
    if entry is not None:  # x2 is the second entry of x, where nothing has this name
        inner = quantities.find(f"{entry[1]}[{entry[2]}]")
        if isinstance(inner, Reference):
            return inner
    raise ValueError(found)


def _ours(part: Expr, found: dict[str, Reference | None], quantities: Quantities) -> Expr:
    """Return one part of a formula with gradcalc's name, an entry picked."""
    if isinstance(part, Symbol) and (meant := found.get(part.name)) is not None:
        if meant.index is None:
            return Symbol(meant.name, part.place)
        return _picked(Symbol(meant.name, part.place), meant.index, quantities)
    if isinstance(part, Apply) and part.op == "entry":
        base, *at = part.args
        if not isinstance(base, Symbol):
            raise ValueError("entries of a formula are not read: name the entry of a quantity")
        if not all(isinstance(place, Number) for place in at):
            raise ValueError("an entry is named by whole numbers, counted from 1")
        text = f"{base.name}[{','.join(str(i.value) for i in at if isinstance(i, Number))}]"
        entry = quantities.find(text)
        if isinstance(entry, str):
            raise ValueError(entry)
        return _picked(base, entry.index, quantities) if entry.index is not None else base
    return part


def _by_rank(expr: Expr, quantities: Quantities) -> Expr:
    """Return a formula whose transposed vectors are read by rank, as in an equation."""
    shape_of = shape_finder(quantities.problem.visible.shapes, quantities.problem.table)

    def rank(part: Expr) -> int | None:
        try:
            return len(shape_of(part))
        except ShapeError:
            return None

    def row(part: Expr) -> Expr | None:
        """Return the vector or number that a part is the transpose of, or None."""
        if isinstance(part, Apply) and part.op == "transpose" and rank(part.args[0]) in (0, 1):
            return part.args[0]
        return None

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or part.op != "matmul":
            return part
        left, right = part.args
        if (vector := row(right)) is not None and rank(left) == rank(vector) == 1:
            return Apply("outer", (left, vector), (), part.place)
        if (vector := row(left)) is not None and rank(vector) == 1:
            op = "dot" if rank(right) == 1 else "matmul"
            return Apply(op, (vector, right), (), part.place)
        return part

    def plain(part: Expr) -> Expr:
        vector = row(part)
        return part if vector is None else vector

    return rebuild(rebuild(expr, change), plain)


def _picked(base: Symbol, index: Index, quantities: Quantities) -> Expr:
    """Return one entry of a quantity as a product with units: `dot(x, [0, 1])`."""
    shape = quantities.problem.visible.shapes[base.name]
    if len(shape) > 2 or any(isinstance(dim, str) or dim > MAX_PICKED for dim in shape):
        raise ValueError(f"entries of {base.name} are not read in a formula")
    row: Expr = base
    if len(shape) == 2:
        row = Apply("matmul", (_unit(index[0], shape[:1]), base), (), base.place)
    return Apply("dot", (row, _unit(index[-1], shape[-1:])), (), base.place)


def _unit(at: int, shape: Shape) -> Expr:
    return Apply("array", tuple(number(int(i == at)) for i in range(int(shape[0]))))


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
