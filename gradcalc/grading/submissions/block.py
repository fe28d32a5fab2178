"""A stretch of a class's submissions: one row a submission, one column an entry, each a cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.formula.shapes import Index, describe
from gradcalc.algebra.operations.kernels import Array
from gradcalc.grading.answers.number_styles import read_cells
from gradcalc.grading.answers.written import Written, read_written
from gradcalc.problem.model import Problem

Small: TypeAlias = npt.NDArray[np.int16]
States: TypeAlias = npt.NDArray[np.uint8]

BLANK, NUMBER, UNREADABLE = 0, 1, 2
"""What a cell is: nothing written, a number, or something that is no number."""

MAX_CELL = 10_000
FORMULA = "a formula; check reads them"
LETTER = "a letter; check reads them"
EXACT = -1  # significant digits of a fraction such as 1/3

_BLANK = re.compile(r"(?:_{1,40}|\?{1,40}|[-−–—])?\Z")
_LETTER = re.compile(r"\(?[A-Za-z]\)?\.?\Z")


@dataclass(frozen=True)
class Column:
    """One entry of one quantity; the index counts from 0 and is () for a number."""

    name: str
    index: Index = ()

    def __str__(self) -> str:
        if not self.index:
            return self.name
        return f"{self.name}[{','.join(str(i + 1) for i in self.index)}]"


@dataclass(frozen=True)
class RowError:
    """A row that is no submission, or none that counts: where it stands, and why.

    inside: the line in its file, 0 for all of it, where `line` counts files.
    """

    source: str
    line: int
    id: str
    reason: str
    duplicate: bool = False
    inside: int | None = None

    @property
    def place(self) -> int:
        """Return the line within the file, 0 for the file as a whole."""
        return self.line if self.inside is None else self.inside

    @property
    def told(self) -> str:
        """Return where it stands and why, for a person."""
        place = f":{self.place}" if self.place else ""
        return f"{self.source}{place}: {self.reason}"


Likeness: TypeAlias = Literal["quantity", "numbers", "other"]
"""What a name that is not read looks like: a quantity, one with numbers, neither."""


@dataclass(frozen=True)
class Unread:
    """A column or a name that is not read: where it stands, and why.

    student: whose sheet it stands on; count: how many submissions have the name, 0 for a
    column.
    """

    source: str
    line: int
    name: str
    reason: str
    looks: Likeness = "other"
    student: str = ""
    count: int = 0


@dataclass(frozen=True)
class Block:
    """Submissions of one source in the order of its lines.

    value: the numbers, 0 where there is none; decimals, significant: as they are written,
    significant -1 for a fraction such as 1/3, which has no last digit; state: BLANK, NUMBER
    or UNREADABLE. text and reason give one cell as it is written and why it cannot be
    read, by row and column. errors: rows between these that are no submissions. own,
    parameters: which numbers of the problem are the submission's own, and those numbers,
    one row a submission. files: each submission's file, where it has one; line_of: the
    line of a cell, where a submission has several. unread: what the source has beside.
    """

    source: str
    columns: tuple[Column, ...]
    ids: tuple[str, ...]
    lines: tuple[int, ...]
    value: Array
    decimals: Small
    significant: Small
    state: States
    text: Callable[[int, int], str]
    reason: Callable[[int, int], str]
    errors: tuple[RowError, ...] = ()
    own: tuple[Column, ...] = ()
    parameters: Array | None = None
    files: tuple[str, ...] = ()
    line_of: Callable[[int, int], int] | None = None
    unread: tuple[Unread, ...] = ()

    def place(self, row: int, column: int) -> tuple[str, int]:
        """Return the file and the line in which a cell stands."""
        line = self.lines[row] if self.line_of is None else self.line_of(row, column)
        return self.file(row), line

    def file(self, row: int) -> str:
        """Return the file of a submission."""
        return self.files[row] if self.files else self.source

    def start(self, data: Mapping[str, Array]) -> dict[str, Array]:
        """Return the problem's own quantities with each submission's numbers in them."""
        return dict(data) if self.parameters is None else with_own(data, self.own, self.parameters)

    def over(self, columns: tuple[Column, ...]) -> Block:
        """Return the same submissions over the columns of a whole class.

        Entries that this source has no column for are blank.
        """
        if columns == self.columns:
            return self
        known = {column: at for at, column in enumerate(self.columns)}
        place = [known.get(column, -1) for column in columns]
        to = [at for at, own in enumerate(place) if own >= 0]
        kept = [place[at] for at in to]

        def spread(own: npt.NDArray[Any]) -> npt.NDArray[Any]:
            found = np.zeros((len(self.ids), len(columns)), dtype=own.dtype)
            found[:, to] = own[:, kept]
            return found

        return replace(
            self,
            columns=columns,
            value=spread(self.value),
            decimals=spread(self.decimals),
            significant=spread(self.significant),
            state=spread(self.state),
            text=lambda row, at: self.text(row, place[at]) if place[at] >= 0 else "",
            reason=lambda row, at: self.reason(row, place[at]) if place[at] >= 0 else "",
            line_of=lambda row, at: self.place(row, max(place[at], 0))[1],
        )

    def of(self, row: int) -> Block:
        """Return one submission as a block of its own."""
        part = slice(row, row + 1)
        return replace(
            self,
            ids=self.ids[part],
            lines=self.lines[part],
            value=self.value[part],
            decimals=self.decimals[part],
            significant=self.significant[part],
            state=self.state[part],
            text=lambda _, column: self.text(row, column),
            reason=lambda _, column: self.reason(row, column),
            files=self.files[part],
            line_of=lambda _, column: self.place(row, column)[1],
            errors=(),
            parameters=None if self.parameters is None else self.parameters[part],
        )

    @cached_property
    def quantities(self) -> dict[str, list[int]]:
        """Return the columns of each quantity, in the order of its first column."""
        found: dict[str, list[int]] = {}
        for at, column in enumerate(self.columns):
            found.setdefault(column.name, []).append(at)
        return found


def with_own(data: Mapping[str, Array], own: Sequence[Column], numbers: Array) -> dict[str, Array]:
    """Return quantities with numbers of which each row has its own, one column an entry."""
    found = dict(data)
    for at, column in enumerate(own):
        value = found[column.name]
        if value is data[column.name]:
            value = np.repeat(np.asarray(value)[None], len(numbers), axis=0)
        entry: tuple[Any, ...] = (slice(None), *column.index)
        value[entry] = numbers[:, at]
        found[column.name] = value
    for name, value in found.items():
        if value is not data[name]:
            value.flags.writeable = False  # what is read of it once holds for every run
    return found


class Cell(NamedTuple):
    """One entry as it stands in a cell; reason: why it cannot be read."""

    text: str = ""
    state: int = BLANK
    value: float = 0.0
    decimals: int = 0
    significant: int = 0
    reason: str = ""


def read_entry(text: str, *, comma: bool = False) -> Cell:
    """Return the one entry that a cell holds.

    comma: a comma in this table is known to be a decimal one.

    >>> read_entry("[0.50]").decimals, read_entry("2*x").reason
    (2, 'a formula; check reads them')
    """
    text = text.strip()
    try:
        return cell_of(written_in(text, comma=comma), text)
    except ValueError as error:
        return unreadable(text, str(error))


def written_in(text: str, *, comma: bool = False) -> Written | None:
    """Return the one number that a cell holds, in brackets or not, None for a blank.

    Raises ValueError, with the reason in plain words, for anything else.
    """
    text = text.strip()
    if _BLANK.match(text):
        return None
    try:
        return read_written(text, comma=comma)
    except ValueError as error:
        reason = str(error)
    try:
        rows = read_cells(text, 1).rows
    except ValueError:
        rows = ()
    if len(rows) == len(rows[:1]) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    raise ValueError(reason)


def cell_of(written: Written | None, text: str) -> Cell:
    """Return the cell of a number as it was written; None is a blank."""
    if written is None:
        return Cell(text)
    significant = written.significant if written.rounded else EXACT
    return Cell(text, NUMBER, written.value, written.decimals, significant)


def unreadable(text: str, reason: str) -> Cell:
    """Return a cell that is no number, with the reason in the words of this table."""
    if reason.endswith("is a formula, not a number") or reason == "a formula":
        reason = FORMULA
    elif _LETTER.match(text.strip()):
        reason = LETTER
    return Cell(text, UNREADABLE, reason=reason)


def read_whole(
    text: str, due: tuple[int, ...], *, comma: bool = False, constant: bool = False
) -> list[Cell]:
    """Return the entries of a quantity of shape `due` that stand in one cell, in row order.

    constant: one number stands for all of them.
    """
    text = text.strip()
    count = 1
    for dim in due:
        count *= dim
    if _BLANK.match(text):
        return [Cell(text)] * count
    if comma and count > 1 and "," in text and "." not in text and ";" not in text:
        text = _with_points(text, count)
    try:
        cells = read_cells(text, count)
    except ValueError as error:
        return [unreadable(text, str(error))] * count
    found = [cell for row in cells.rows for cell in row]
    if found == [None] and not cells.shape:
        return [Cell(text)] * count
    if constant and len(found) == 1 and not cells.shape:
        return [cell_of(found[0], text)] * count
    if not fits(cells.shape, due):
        return [unreadable(text, _misfit(cells.shape, due))] * count
    return [cell_of(cell, cell.text if cell else "_") for cell in found]


def read_nested(value: Sequence[object], due: tuple[int, ...]) -> Sequence[Cell | str]:
    """Return the entries of a quantity that a list of texts or of lists of them holds.

    Entries that fit are given as their texts, to be read with those of other rows.
    """
    count = 1
    for dim in due:
        count *= dim
    try:
        leaves, shape = _leaves(value)
    except ValueError as error:
        return [unreadable("", str(error))] * count
    if not fits(shape, due):
        return [unreadable(", ".join(leaves)[:MAX_CELL], _misfit(shape, due))] * count
    return leaves


def _leaves(value: Sequence[object], depth: int = 0) -> tuple[list[str], tuple[int, ...]]:
    """Return the texts of a nested list in row order, and its shape."""
    if depth > 2:
        raise ValueError("lists nested deeper than the rows of a matrix")
    if not value:
        raise ValueError("an empty list")
    if not any(isinstance(item, list) for item in value):
        return [_leaf(item) for item in value], (len(value),)
    texts: list[str] = []
    shapes = set()
    for item in value:
        if not isinstance(item, list):
            raise ValueError("numbers and lists are mixed")
        inner, shape = _leaves(item, depth + 1)
        texts += inner
        shapes.add(shape)
    if len(shapes) > 1:
        raise ValueError("the rows differ in length")
    return texts, (len(value), *shapes.pop())


def _leaf(item: object) -> str:
    if item is None:
        return ""
    if isinstance(item, str):
        return text_of(item[:MAX_CELL])
    if isinstance(item, bool):
        return str(item).lower()
    raise ValueError("names stand in a list of numbers")


def fits(written: tuple[int, ...], due: tuple[int, ...]) -> bool:
    """Tell whether entries of one shape are without doubt meant in another.

    A row or a column is a vector, a vector is a matrix of one row or one column, and one
    entry is a number.
    """
    if written == due or all(dim == 1 for dim in (*written, *due)):
        return True
    if len(written) == 3 and written[0] == 1:
        return fits(written[1:], due)
    if len(due) == 1:
        return written in ((1, *due), (*due, 1))
    return len(due) == 2 and 1 in due and written == (max(due),)


def _misfit(written: tuple[int, ...], due: tuple[int, ...]) -> str:
    return f"{describe(written)} {'is' if not written else 'stand'} here, {describe(due)} are due"


def _with_points(text: str, count: int) -> str:
    """Return a text with its decimal commas as points, where blanks part the entries."""
    words = text.strip("[](){} ").split()
    return text.replace(",", ".") if len(words) == count else text


def text_of(text: str) -> str:
    """Return a text that can be written: half a surrogate pair becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def asked_by_letter(problem: Problem, columns: Sequence[Column]) -> bool:
    """Tell whether some entries are what the options are values of."""
    (asked,) = problem.find
    names = {column.name for column in columns}
    return names == {asked.name} and (
        asked.index is None or [column.index for column in columns] == [asked.index]
    )


def with_faults(block: Block, faults: Mapping[tuple[int, int], str]) -> Block:
    """Return a block that says why gradcalc itself failed at some cells."""
    reason = block.reason
    return replace(block, reason=lambda row, at: faults.get((row, at)) or reason(row, at))
