"""Read one cell of a class's table: one entry, or a whole quantity."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from gradcalc.algebra.shapes import describe
from gradcalc.grading.block import BLANK, NUMBER, UNREADABLE
from gradcalc.grading.cells import read_cells
from gradcalc.grading.written import Written, read_written

MAX_CELL = 10_000
FORMULA = "a formula; check reads them"
LETTER = "a letter; check reads them"
EXACT = -1  # significant digits of a fraction such as 1/3

_BLANK = re.compile(r"(?:_{1,40}|\?{1,40}|[-−–—])?\Z")
_LETTER = re.compile(r"\(?[A-Za-z]\)?\.?\Z")


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
