"""Read a number, a vector or a matrix in any of the styles that people write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from gradcalc.grading.grouping import ungrouped
from gradcalc.grading.styles import DECIMAL_COMMA, plain_style, with_commas_told
from gradcalc.grading.written import Written, read_written

MAX_ENTRIES = 100_000
MAX_DEPTH = 8

_TOKEN = re.compile(r"[\[\](){},;\n]|[^\s\[\](){},;]+")
_CLOSING = {"[": "]", "(": ")", "{": "}", "": ""}
_BLANK = re.compile(r"(?:_{1,40}|\?{1,40}|[-−–—])\Z")
_PRODUCT = re.compile(r"[\d.)]\(|\)[\d.]", re.ASCII)

WrittenRow: TypeAlias = tuple[Written | None, ...]


@dataclass(frozen=True)
class Cells:
    """Numbers as they were written, in rows; None is a blank.

    shape: () for one number without brackets, (n,) for one row, (m, n) for several.
    """

    rows: tuple[WrittenRow, ...]
    shape: tuple[int, ...]


def read_cells(text: str, due: int | None = None) -> Cells:
    """Return the numbers that a text spells, brackets or not, commas or blanks.

    due: how many entries are expected, which tells a decimal comma from one between
    entries. Raises ValueError with the reason for all that is not numbers in rows.

    >>> read_cells("[0.1; 0.2]").shape, read_cells("1,5", due=1).rows[0][0].value
    ((2, 1), 1.5)
    """
    body, flipped = plain_style(text)
    if _PRODUCT.search(body):
        raise ValueError("a formula")
    body = with_commas_told(ungrouped(body, due), due)
    group = _unwrapped(_read_group(_Tokens(body), due))
    rows, shape = _laid_out(group)
    if len(set(map(len, rows))) > 1:
        counts = ", ".join(str(len(row)) for row in rows[:6])
        raise ValueError(f"the rows differ in length: {counts}")
    if flipped and shape:
        rows, shape = tuple(zip(*rows, strict=True)), (len(rows[0]), len(rows))
    return Cells(rows, shape)


@dataclass
class _Group:
    """What stands between two brackets: rows of numbers and of further groups."""

    opened: str
    rows: list[list[_Item]] = field(default_factory=lambda: [[]])
    soft: bool = False  # nothing but a line's end parts the rows


_Item: TypeAlias = "Written | _Group | None"


class _Tokens:
    """The words of a text, one looked ahead, numbers counted."""

    def __init__(self, text: str) -> None:
        self._words: Iterator[str] = (match[0] for match in _TOKEN.finditer(text.strip()))
        self.next = next(self._words, "")
        self.count = 0

    def take(self) -> str:
        """Return the next word and go on."""
        word, self.next = self.next, next(self._words, "")
        return word

    def counted(self) -> None:
        """Count one entry; raises ValueError above the bound."""
        self.count += 1
        if self.count > MAX_ENTRIES:
            raise ValueError(f"more than {MAX_ENTRIES} numbers")

    def blank(self) -> _Item:
        """Count and return one blank."""
        self.counted()
        return None


def _read_group(tokens: _Tokens, due: int | None, opened: str = "", depth: int = 0) -> _Group:
    """Return what stands up to the closing bracket."""
    if depth > MAX_DEPTH:
        raise ValueError(f"brackets nested more than {MAX_DEPTH} deep")
    group = _Group(opened)
    hard, before = False, opened or "\n"
    while tokens.next and tokens.next not in "])}":
        word = tokens.take()
        row = group.rows[-1]
        if word == "\n":
            if row and before not in (",", "\n"):
                group.rows.append([])
                before = word
            continue
        if word == ";":
            _end_row(group, tokens, before)
            hard = True
        elif word == ",":
            if before in (",", ";", "\n", opened):
                row.append(tokens.blank())
        elif word in _CLOSING:
            row.append(_read_group(tokens, due, word, depth + 1))
        else:
            row.append(_entry(word, before, tokens, due))
        before = word if word in ",;" else "x"
    _close(tokens, opened)
    _finish(group, tokens, before, due)
    group.soft = not hard
    return group


def _end_row(group: _Group, tokens: _Tokens, before: str) -> None:
    """Begin a row after a semicolon; nothing between two of them is a blank."""
    if before == ",":
        group.rows[-1].append(tokens.blank())
    if not group.rows[-1]:
        if before == "\n":
            return
        group.rows[-1].append(tokens.blank())
    group.rows.append([])


def _close(tokens: _Tokens, opened: str) -> None:
    closing = tokens.take()
    if closing != _CLOSING[opened]:
        if not closing:
            raise ValueError(f"the bracket {opened} is never closed")
        raise ValueError(f"the bracket {closing} closes nothing")


def _finish(group: _Group, tokens: _Tokens, before: str, due: int | None) -> None:
    """Take a last comma for a blank where an entry is due there; drop an empty last row."""
    row = group.rows[-1]
    if before == "," and (not group.opened if due is None else tokens.count < due):
        row.append(tokens.blank())
    if not row and len(group.rows) > 1:
        group.rows.pop()


def _entry(word: str, before: str, tokens: _Tokens, due: int | None) -> Written | None:
    """Return the number or the blank that a word is."""
    tokens.counted()
    if _BLANK.match(word):
        if word in "-−–—" and before == "x" and tokens.next[:1] in ("(", "[", "{"):
            raise ValueError("a formula")  # (0.5) - (0.2)
        if word in "-−–—" and tokens.next and tokens.next[:1] not in "[](){},;\n_?-−–—":
            if before == "x":
                raise ValueError("a formula")
            if due == 1:
                return read_written("-" + tokens.take())
            raise ValueError("a lone - before a number: write -2 for minus 2, _ for a blank")
        return None
    if word in ("+", "*", "/", "·", "×", "^", "@", "⊙"):
        raise ValueError("a formula")
    comma = DECIMAL_COMMA in word
    return read_written(word.replace(DECIMAL_COMMA, ","), comma=comma)


def _unwrapped(group: _Group) -> _Group:
    """Return the innermost group that holds everything: `((1, 2))` is `(1, 2)`."""
    while len(group.rows) == 1 and len(group.rows[0]) == 1:
        (only,) = group.rows[0]
        if not isinstance(only, _Group):
            break
        if only.opened == "[" and len(only.rows) == len(only.rows[0]) == 1:
            (inner,) = only.rows[0]
            if isinstance(inner, _Group) and _is_row(inner):
                return only  # `[[1, 2]]` is a matrix of one row
        group = only
    return group


def _is_row(group: _Group) -> bool:
    """Tell whether a group is a row of numbers, and no matrix of its own."""
    rows = 1 if group.soft else len(group.rows)
    return rows == 1 and not any(isinstance(part, _Group) for row in group.rows for part in row)


def _laid_out(group: _Group) -> tuple[tuple[WrittenRow, ...], tuple[int, ...]]:
    """Return the rows of a group and their shape."""
    items = [item for row in group.rows for item in row]
    groups = [item for item in items if isinstance(item, _Group)]
    if not items:
        if group.opened:
            raise ValueError("nothing stands in the brackets")
        return ((None,),), ()
    if groups and all(_single(item) is None for item in groups):
        if len(groups) < len(items):
            raise ValueError("numbers and lists are mixed")
        rows = tuple(_one_row(item) for item in groups)
        return rows, (len(rows), len(rows[0]))
    rows = tuple(tuple(_leaf(item) for item in row) for row in group.rows)
    if group.soft and len(set(map(len, rows))) > 1:
        rows = (tuple(cell for row in rows for cell in row),)
    if len(rows) > 1:
        return rows, (len(rows), len(rows[0]))
    bare = len(rows[0]) == 1 and group.opened in ("", "(")
    return rows, () if bare else (len(rows[0]),)


def _single(group: _Group) -> Written | None:
    """Return the number of `(0.1)`, a number in parentheses, or None."""
    if group.opened == "(" and len(group.rows) == 1 and len(group.rows[0]) == 1:
        (only,) = group.rows[0]
        return only if isinstance(only, Written) else None
    return None


def _leaf(item: _Item) -> Written | None:
    if not isinstance(item, _Group):
        return item
    number = _single(item)
    if number is None:
        raise ValueError("numbers and lists are mixed")
    return number


def _one_row(group: _Group) -> WrittenRow:
    """Return the numbers of one row of a matrix."""
    if len(group.rows) > 1 and not group.soft:
        raise ValueError("brackets nested deeper than the rows of a matrix")
    row: list[Written | None] = []
    for item in (item for part in group.rows for item in part):
        if isinstance(item, _Group) and _single(item) is None:
            raise ValueError("brackets nested deeper than the rows of a matrix")
        row.append(_leaf(item))
    if not row:
        raise ValueError("nothing stands in the brackets")
    return tuple(row)
