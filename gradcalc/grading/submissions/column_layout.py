"""Where the cells of a table's rows go: to which entries of a block, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.operations.kernels import Array
from gradcalc.grading.answers.sheet import option_texts, spelled_out
from gradcalc.grading.submissions.block import (
    BLANK,
    NUMBER,
    Block,
    Cell,
    Column,
    RowError,
    Small,
    States,
    asked_by_letter,
    read_entry,
    read_whole,
)
from gradcalc.grading.submissions.csv_digits import read_plain
from gradcalc.grading.submissions.headers import Headers, entries_of
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference

MAX_ID = 200
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
SHOWN = 40


SHORT = 40
_NUMBER: tuple[int, ...] = ()


Entry: TypeAlias = "Cell | str"
"""A cell that is read, or the text of one that is still to be read as a single entry."""


def read(entry: Entry) -> Cell:
    """Return a cell that is read."""
    if isinstance(entry, Cell):
        return entry
    return _entry(entry, False) if len(entry) < SHORT else read_entry(entry)


@lru_cache(maxsize=4096)
def _entry(text: str, comma: bool) -> Cell:
    """Return a short cell; the same words stand in many."""
    return read_entry(text, comma=comma)


@dataclass(frozen=True)
class Slot:
    """The entries that one column of a table fills, `count` from `start`; and its shape.

    options: the numbers that letters in this column stand for. constant: one number stands
    for all entries.
    """

    start: int
    count: int
    shape: tuple[int, ...] = ()
    whole: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    constant: bool = False


@dataclass(frozen=True)
class ColumnLayout:
    """The entries of a block, the students' own numbers behind them.

    slots: by column of the table. comma: a comma is known to be a decimal one.
    """

    columns: tuple[Column, ...]
    own: tuple[Column, ...] = ()
    slots: Mapping[int, Slot] = field(default_factory=dict)
    comma: bool = False

    @property
    def width(self) -> int:
        """Return how many numbers a row has."""
        return len(self.columns) + len(self.own)

    @cached_property
    def all(self) -> tuple[Column, ...]:
        """Return the entries of a row, the own numbers last."""
        return (*self.columns, *self.own)

    @cached_property
    def source(self) -> dict[int, int]:
        """Return the column of the table that each entry comes from."""
        return {
            slot.start + more: at for at, slot in self.slots.items() for more in range(slot.count)
        }

    def cells(self, texts: Mapping[int, str] | Sequence[str]) -> list[Cell]:
        """Return all entries of a row of texts."""
        row = [Cell()] * self.width
        for at, slot in self.slots.items():
            row[slot.start : slot.start + slot.count] = self.read(slot, texts[at])
        return row

    def read(self, slot: Slot, text: str) -> list[Cell]:
        """Return the entries that one cell of the table holds."""
        if slot.options:
            text = spelled_out(text, slot.options)
        if slot.whole:
            return read_whole(text, slot.shape, comma=self.comma, constant=slot.constant)
        return [
            _entry(text, self.comma) if len(text) < SHORT else read_entry(text, comma=self.comma)
        ]


def layout_of(headers: Headers, problem: Problem, *, comma: bool = False) -> ColumnLayout:
    """Return where the columns of a table go, in the order of the table."""
    columns: list[Column] = []
    slots: dict[int, Slot] = {}
    parts = []
    options = option_texts(problem)
    for entries, wholes in (
        (headers.entries, headers.wholes),
        (headers.parameters, headers.whole_parameters),
    ):
        for at in sorted({*entries, *wholes}):
            if at in entries:
                found, shape, whole = [entries[at]], _NUMBER, False
            else:
                shape = tuple(int(dim) for dim in problem.visible.shapes[wholes[at]])
                found, whole = entries_of(Reference(wholes[at]), shape), True
            lettered = options if options and asked_by_letter(problem, found) else {}
            constant = whole and found[0].name in problem.constant
            slots[at] = Slot(len(columns), len(found), shape, whole, lettered, constant)
            columns += found
        parts.append(len(columns))
    return ColumnLayout(tuple(columns[: parts[0]]), tuple(columns[parts[0] :]), slots, comma)


@dataclass(frozen=True)
class RowNumbers:
    """The numbers of several rows, one row a submission, own numbers last."""

    value: Array
    decimals: Small
    significant: Small
    state: States

    @classmethod
    def empty(cls, rows: int, width: int) -> RowNumbers:
        """Return rows of blanks."""
        shape = (rows, width)
        return cls(
            np.zeros(shape),
            np.zeros(shape, dtype=np.int16),
            np.zeros(shape, dtype=np.int16),
            np.full(shape, BLANK, dtype=np.uint8),
        )

    @classmethod
    def of(cls, rows: Sequence[Sequence[Entry]], width: int) -> RowNumbers:
        """Return the numbers of rows of cells; those that are texts are read in bulk."""
        found = cls.empty(len(rows), width)
        texts: list[bytes] = []
        places: list[int] = []
        for at, row in enumerate(rows):
            for column, entry in enumerate(row):
                if isinstance(entry, str):
                    texts.append(entry.strip().encode("utf-8"))
                    places.append(at * width + column)
                elif entry.state != BLANK:
                    found.put(at, column, entry)
        if texts:
            found.put_texts(np.array(places), texts)
        return found

    def put_texts(self, places: npt.NDArray[np.intp], texts: Sequence[bytes]) -> None:
        """Set entries, by their places row by row, to what single entries' texts spell."""
        ends = np.cumsum(np.fromiter(map(len, texts), np.intp, len(texts)) + 1) - 1
        plain = read_plain(b",".join([*texts, b""]), ends)
        fine = places[plain.plain]
        self.value.ravel()[fine] = plain.value[plain.plain]
        self.decimals.ravel()[fine] = plain.decimals[plain.plain]
        self.significant.ravel()[fine] = plain.significant[plain.plain]
        self.state.ravel()[fine] = NUMBER
        for at in np.flatnonzero(~(plain.plain | plain.empty)).tolist():
            row, column = divmod(int(places[at]), self.value.shape[1])
            self.put(row, column, read(texts[at].decode("utf-8")))

    def rows(self, at: npt.NDArray[np.intp]) -> RowNumbers:
        """Return some rows, in an order."""
        return RowNumbers(self.value[at], self.decimals[at], self.significant[at], self.state[at])

    def and_then(self, other: RowNumbers) -> RowNumbers:
        """Return these rows and then others."""
        return RowNumbers(
            np.concatenate([self.value, other.value]),
            np.concatenate([self.decimals, other.decimals]),
            np.concatenate([self.significant, other.significant]),
            np.concatenate([self.state, other.state]),
        )

    def spread(self, target: Sequence[int], width: int) -> RowNumbers:
        """Return wider rows, in which each column has another place."""
        found = RowNumbers.empty(len(self.value), width)
        found.value[:, target] = self.value
        found.decimals[:, target] = self.decimals
        found.significant[:, target] = self.significant
        found.state[:, target] = self.state
        return found

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Set one entry."""
        self.value[row, column] = cell.value
        self.decimals[row, column] = cell.decimals
        self.significant[row, column] = cell.significant
        self.state[row, column] = cell.state


@dataclass
class SubmissionIndex:
    """Whose submissions stand where, and when they were handed in where that is told."""

    ids: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, ids: list[str], lines: list[int], stamps: list[str]) -> SubmissionIndex:
        """Return an index of rows of which some may have no id."""
        if all(ids) and max(map(len, ids), default=0) <= MAX_ID:
            return cls(ids, lines, stamps)
        index = cls()
        for name, line, stamp in zip(ids, lines, stamps or [""] * len(ids), strict=True):
            if id_error(name) is None:
                index.add(name, line, stamp)
        return index

    def add(self, name: str, line: int, stamp: str = "", label: str = "") -> None:
        """Add one submission."""
        self.ids.append(name)
        self.lines.append(line)
        self.stamps.append(stamp)
        if label:
            self.labels.append(label)


@dataclass(frozen=True)
class SubmissionRow:
    """One submission as it stands in a table of any kind, before its cells are numbers.

    file: that of a sheet of its own; lines: of cells that do not stand in `line`.
    """

    line: int
    id: str
    cells: Sequence[Entry]
    file: str = ""
    lines: Mapping[int, int] = field(default_factory=dict)


def tidy_id(text: str) -> str:
    """Return an id as it counts: without what is not seen, addresses in small letters."""
    text = _UNSEEN.sub("", text).strip()
    return text.casefold() if "@" in text else text


def id_error(text: str) -> str | None:
    """Return why a text is no id, or None."""
    if not text:
        return "no student id"
    if len(text) > MAX_ID:
        return f"a student id of more than {MAX_ID} characters"
    return None


def own_error(cell: Cell, column: Column) -> str:
    """Return why a submission without one of its own numbers cannot be marked."""
    if cell.state == BLANK:
        return f"{column}, the student's own number, is blank"
    return f"{column}, the student's own number: {cell.reason}"


def block_of_rows(
    source: str, layout: ColumnLayout, rows: Sequence[SubmissionRow], errors: Sequence[RowError]
) -> Block:
    """Return a block of submissions whose cells are read."""
    kept: list[SubmissionRow] = []
    wrong = list(errors)
    first = len(layout.columns)
    for row in rows:
        reason = id_error(row.id)
        for column, entry in zip(layout.own, row.cells[first:], strict=True):
            if reason is None and (cell := read(entry)).state != NUMBER:
                reason = own_error(cell, column)
        if reason is None:
            kept.append(row)
        else:
            inside = 0 if row.file else None
            name = row.file or source
            wrong.append(RowError(name, row.line, row.id[:MAX_ID], reason, inside=inside))
    wrong.sort(key=lambda error: error.line)
    block = block_of(
        source,
        layout,
        tuple(row.id for row in kept),
        tuple(row.line for row in kept),
        RowNumbers.of([row.cells for row in kept], layout.width),
        _ReadRows(tuple(tuple(row.cells) for row in kept)),
        tuple(wrong),
    )
    if not any(row.file or row.lines for row in kept):
        return block
    files = tuple(row.file for row in kept) if all(row.file for row in kept) else ()
    return replace(
        block, files=files, line_of=lambda row, at: kept[row].lines.get(at, kept[row].line)
    )


class Texts:
    """Gives the text of a cell and why it cannot be read, by row and entry."""

    def text(self, row: int, column: int) -> str:
        """Return a cell as it is written."""
        raise NotImplementedError

    def reason(self, row: int, column: int) -> str:
        """Return why a cell cannot be read, or an empty text."""
        raise NotImplementedError


@dataclass(frozen=True)
class _ReadRows(Texts):
    rows: tuple[tuple[Entry, ...], ...]

    def text(self, row: int, column: int) -> str:
        return read(self.rows[row][column]).text

    def reason(self, row: int, column: int) -> str:
        return read(self.rows[row][column]).reason


def block_of(
    source: str,
    layout: ColumnLayout,
    ids: tuple[str, ...],
    lines: tuple[int, ...],
    numbers: RowNumbers,
    texts: Texts,
    errors: tuple[RowError, ...],
) -> Block:
    """Return a block of rows whose numbers are known."""
    first = len(layout.columns)
    return Block(
        source,
        layout.columns,
        ids,
        lines,
        numbers.value[:, :first],
        numbers.decimals[:, :first],
        numbers.significant[:, :first],
        numbers.state[:, :first],
        texts.text,
        texts.reason,
        errors,
        layout.own,
        numbers.value[:, first:] if layout.own else None,
    )
