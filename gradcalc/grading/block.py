"""A stretch of a class's submissions: one row a submission, one column an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array
from gradcalc.problem.naming import Index

Small: TypeAlias = npt.NDArray[np.int16]
States: TypeAlias = npt.NDArray[np.uint8]

BLANK, NUMBER, UNREADABLE = 0, 1, 2
"""What a cell is: nothing written, a number, or something that is no number."""


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
