"""Rows of submissions whose answers carry their names, and names that are not read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gradcalc.algebra.formula.names import canonical, gradient_parts
from gradcalc.grading.answers.names import LETTER_NAMES, ProblemLabels, Quantities
from gradcalc.grading.answers.sheet import option_texts, spelled_out
from gradcalc.grading.submissions.block import (
    MAX_CELL,
    NUMBER,
    UNREADABLE,
    Block,
    Cell,
    Column,
    Likeness,
    RowError,
    Unread,
    asked_by_letter,
    read_entry,
    read_nested,
    read_whole,
    unreadable,
    written_in,
)
from gradcalc.grading.submissions.column_layout import (
    ColumnLayout,
    Entry,
    SubmissionRow,
    block_of_rows,
    read,
)
from gradcalc.grading.submissions.headers import (
    EMAILS,
    FEEDBACK,
    IDS,
    MAX_ENTRIES,
    NAMES,
    STAMPS,
    entries_of,
    folded,
    near_miss,
)
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference

MOST_NAMES = 10_000
MOST_PENDING = 200
MOST_IGNORED = 1000
BLANK_CELL = Cell()
SAMPLE = 40
"""Submissions that tell which names have numbers."""
SHARE = 10
"""A quantity is taken to be asked for when at least one in so many submissions names it."""

MOST = 200
"""Names of one source that are told."""
MOST_WORDS = 40
ABOUT = frozenset(
    (
        *(*IDS, *EMAILS, *NAMES, *STAMPS),
        *("firstname", "lastname", "surname", "forename", "givenname", "familyname", "vorname"),
        *("nachname", "section", "sections", "sectionname", "group", "groups", "team", "role"),
        *("institution", "department", "course", "class", "semester", "year", "program", "major"),
        *("state", "status", "grade", "maximumgrade", "gradecanbechanged", "lastmodifiedgrade"),
        *("score", "totalscore", "points", "totalpoints", "maxpoints", "maxscore", "total", "sum"),
        *("result", "percent", "mark", "marks", "lateness", "lateness:h:m:s", "latenessh:m:s"),
        *("viewcount", "submissioncount", "submissionid", "attempt", "attempts", "version"),
        *("startedon", "started", "timetaken", "duration", "date", "onlinetext", "language"),
        *("feedback", "feedbackcomments", "comment", "comments", "note", "notes", "remark"),
        *("remarks", "row", "line", "nr", "no", "number", "index", "position", "problem", "task"),
        *("ip", "ipaddress", "integrationid", "rootaccount", "endoflineindicator", "parameters"),
        *("exercise", "assignment", "seat", "room", "tutor", "tutorial", "age", "gender"),
    )
)
"""What tables say about students and submissions, folded as headers are."""
_DERIVATIVE = re.compile(r"[dD∂]\s?\w{1,12}(?:\[[\d,\s]{1,20}\])?\s?[/_]\s?[dD∂]\s?\w")
_GRADIENT = re.compile(r"(?:∇|δ|grad(?:ient)?[ _(]|delta_?\d)", re.IGNORECASE)
_PLATFORM = re.compile(r"(?:q\.?\s?\d+\s?)?/\s?\d+(?:[.,]\d+)?\Z|grade/\d", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """The quantities of a problem by the names that submissions give them.

    due: entries that are asked for even where nobody answers them. refused: names that could
    mean what another name stands for, and why they are not read.
    """

    problem: Problem
    labels: ProblemLabels | None = field(default=None, compare=False, repr=False)
    due: tuple[Column, ...] = ()
    refused: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[tuple[str, bool], tuple[list[Column], tuple[int, ...]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @cached_property
    def quantities(self) -> Quantities:
        """Return the names in use."""
        return Quantities(self.problem, self.labels)

    @cached_property
    def options(self) -> Mapping[str, str]:
        """Return the numbers that letters of options stand for."""
        return option_texts(self.problem)

    @cached_property
    def chosen(self) -> Reference | None:
        """Return the one quantity that the problem's options are values of."""
        one = self.quantities.options and len(self.problem.find) == 1
        return self.problem.find[0] if one else None

    def entries(self, name: str, *, own: bool = False) -> tuple[list[Column], tuple[int, ...]]:
        """Return the entries that a name stands for, none where it has no meaning; their shape.

        own: whether the problem's own data are meant, and not what is asked.
        """
        if name in self.refused:
            return [], ()
        key = name, own
        if key not in self._known:
            if len(self._known) >= MOST_NAMES:
                self._known.clear()
            self._known[key] = self.look_up(name, own)
        return self._known[key]

    def look_up(self, name: str, own: bool) -> tuple[list[Column], tuple[int, ...]]:
        """Return the same, worked out."""
        found = self.quantities.find(name)
        if isinstance(found, str):
            letter = self.is_letter(name) and not own
            found = self.chosen if letter and self.chosen is not None else found
        if isinstance(found, str) or (found.name in self.problem.data) is not own:
            return [], ()
        return self.of(found)

    def of(self, found: Reference) -> tuple[list[Column], tuple[int, ...]]:
        """Return the entries of a quantity, or the one that is named; and their shape."""
        if found.index is not None:
            return [Column(found.name, found.index)], ()
        dims = self.problem.visible.shapes[found.name]
        shape = tuple(dim for dim in dims if isinstance(dim, int))
        count = 1
        for dim in shape:
            count *= dim
        if len(shape) < len(dims) or count > MAX_ENTRIES:
            return [], ()
        return entries_of(found, shape), shape

    def is_letter(self, name: str) -> bool:
        """Tell whether a name stands for the letter of an option."""
        return (self.quantities.own(name) or "").strip().casefold() in LETTER_NAMES


@dataclass
class Named:
    """Which entries submissions name, and how many of them do.

    ignored: other names; numbers: names with which numbers stand; guesses: names that are
    only nearly the same as one.
    """

    asked: Asked
    rows: int = 0
    entries: Counter[Column] = field(default_factory=Counter)
    own: set[Column] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)
    numbers: set[str] = field(default_factory=set)
    guesses: Counter[str] = field(default_factory=Counter)
    pending: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=Counter)

    def count(self, answers: Iterable[str], own: Iterable[str] = ()) -> None:
        """Count the names of one submission; most have the same as the one before.

        answers: with what stands under them, where that is known.
        """
        self.rows += 1
        if self.rows <= SAMPLE and isinstance(answers, Mapping):
            self.numbers.update(name for name, value in answers.items() if _has_number(value))
        self.pending[tuple(answers), tuple(own)] += 1
        if len(self.pending) > MOST_PENDING:
            self.settle()

    def settle(self) -> None:
        """Bring the counts up to date."""
        for (answers, own), times in self.pending.items():
            seen: dict[Column, None] = {}
            for name in answers:
                columns, _ = self.asked.entries(name)
                if columns and self.asked.quantities.guessed(name):
                    self.guesses[name] += times
                    continue
                seen.update(dict.fromkeys(columns))
                if not columns and (name[:80] in self.ignored or len(self.ignored) < MOST_IGNORED):
                    self.ignored[name[:80]] += times
            for column in seen:
                self.entries[column] += times
            for name in own:
                self.own.update(self.asked.entries(name, own=True)[0])
        self.pending.clear()

    def end(self) -> None:
        """Settle all counts; what is only nearly a name counts where nothing else has it."""
        self.settle()
        wanted = {name: self.asked.entries(name)[0] for name in self.guesses}
        rivals = Counter(column for columns in wanted.values() for column in columns)
        for name, columns in wanted.items():
            if any(column in self.entries or rivals[column] > 1 for column in columns):
                meant = self.asked.quantities.find(name)
                self.asked.refused[name] = f"not read: {name} could mean {meant}, as another name"
                self.ignored[name] += self.guesses[name]
        for name, columns in wanted.items():
            for column in () if name in self.asked.refused else columns:
                self.entries[column] += self.guesses[name]
        self.guesses.clear()

    def layout(self) -> ColumnLayout:
        """Return the columns of all blocks, in the order of the solution."""
        wanted, _ = self.parted()
        return ColumnLayout(tuple(wanted), tuple(self.in_order(self.own)))

    @property
    def rare(self) -> tuple[str, ...]:
        """Return the entries that too few submissions name."""
        return tuple(map(str, self.parted()[1]))

    def parted(self) -> tuple[list[Column], list[Column]]:
        """Return the entries that enough submissions name, and the others."""
        least, due = self.rows / SHARE, set(self.asked.due)
        wanted: list[Column] = []
        rare: list[Column] = []
        for column in self.in_order(dict.fromkeys((*self.entries, *self.asked.due))):
            asked = column in due or self.entries[column] >= least
            (wanted if asked else rare).append(column)
        return wanted, rare

    def in_order(self, columns: Iterable[Column]) -> list[Column]:
        """Return entries in the order of the solution."""
        order = {name: at for at, name in enumerate(self.asked.problem.named)}
        last = len(order)
        return sorted(columns, key=lambda each: (order.get(each.name, last), each.index))


@dataclass(frozen=True)
class Filler:
    """Puts named values into rows."""

    asked: Asked
    layout: ColumnLayout

    @cached_property
    def place(self) -> dict[Column, int]:
        """Return where each entry stands in a row."""
        return {column: at for at, column in enumerate(self.layout.all)}

    def blank(self) -> list[Entry]:
        """Return a row without answers."""
        return [BLANK_CELL] * self.layout.width

    def put(self, row: list[Entry], name: str, value: object, *, own: bool = False) -> None:
        """Put what a name stands for into a row; an unknown name is passed over."""
        columns, shape = self.asked.entries(name, own=own)
        if not columns or (self.asked.is_letter(name) and self.filled(row, columns)):
            return
        self.put_cells(row, columns, self.read(columns, value, shape))

    def read(
        self, columns: Sequence[Column], value: object, shape: tuple[int, ...]
    ) -> Sequence[Entry]:
        """Return the entries that a value holds, or that a letter in its place stands for."""
        options = self.asked.options
        if options and isinstance(value, str) and asked_by_letter(self.asked.problem, columns):
            value = spelled_out(value[: MAX_CELL + 1], options)
        constant = columns[0].name in self.asked.problem.constant
        return read_value(value, shape, constant=constant)

    def filled(self, row: Sequence[Entry], columns: Sequence[Column]) -> bool:
        """Tell whether any of these entries is answered."""
        return any(row[self.place[each]] != BLANK_CELL for each in columns if each in self.place)

    def put_cells(
        self,
        row: list[Entry],
        columns: Sequence[Column],
        cells: Sequence[Entry],
        *,
        last: bool = False,
    ) -> None:
        """Put entries into a row; one that is given twice is unreadable.

        last: the last counts, as on a sheet that is read from top to bottom.
        """
        for column, cell in zip(columns, cells, strict=True):
            at = self.place.get(column)
            if at is None:
                continue
            if row[at] == BLANK_CELL or (last and cell != BLANK_CELL):
                row[at] = cell
            elif cell not in (BLANK_CELL, row[at]):
                text = read(cell).text
                row[at] = Cell(text, UNREADABLE, reason=f"{column} is given twice")


def read_value(value: object, shape: tuple[int, ...], *, constant: bool = False) -> Sequence[Entry]:
    """Return the entries that a value of JSON holds; numbers in it are texts.

    Single entries are given as their texts, to be read with those of other rows.
    """
    count = 1
    for dim in shape:
        count *= dim
    if value is None:
        return [Cell()] * count
    if isinstance(value, list):
        return read_nested(value, shape)
    if isinstance(value, bool):
        return [unreadable(str(value).lower(), f"{str(value).lower()} is not a number")] * count
    if not isinstance(value, str):
        return [unreadable("", "names stand here, numbers are due")] * count
    if len(value) > MAX_CELL:
        reason = f"more than {MAX_CELL} characters"
        return [unreadable(value[:MAX_CELL], reason)] * count
    return [value] if count == 1 else read_whole(value, shape, constant=constant)


def _has_number(value: object) -> bool:
    """Tell whether a number stands in a value of JSON, or in the text of a cell."""
    if isinstance(value, list):
        return bool(value) and _has_number(value[0])
    return isinstance(value, str) and read_entry(value[:80]).state == NUMBER


@dataclass(frozen=True)
class NamedRow:
    """One submission: its answers by name, before it is known which are asked for."""

    line: int
    id: str
    answers: Mapping[str, object]
    own: Mapping[str, object] = field(default_factory=dict)
    stamp: str = ""


@dataclass(frozen=True)
class NamedTable:
    """Submissions of one source whose answers carry their names."""

    source: str
    filler: Filler

    def block(self, rows: Iterable[NamedRow], errors: Sequence[RowError]) -> Block:
        """Return a block of rows."""
        layout = self.filler.layout
        return block_of_rows(self.source, layout, list(self.filled(rows)), errors)

    def filled(self, rows: Iterable[NamedRow]) -> Iterator[SubmissionRow]:
        """Yield rows with their cells read."""
        for row in rows:
            cells = self.filler.blank()
            for name, value in row.answers.items():
                self.filler.put(cells, name, value)
            for name, value in row.own.items():
                self.filler.put(cells, name, value, own=True)
            yield SubmissionRow(row.line, row.id, cells)


def looks_like(name: str, quantities: Quantities) -> Likeness:
    """Return whether a name that is no quantity looks like one."""
    if folded(name) in ABOUT or FEEDBACK.match(name) or _PLATFORM.search(name):
        return "other"
    derivative = gradient_parts(canonical(name.partition("[")[0].strip()))
    near = near_miss(name, quantities) or _within(name, quantities)
    if near or derivative or _DERIVATIVE.match(name.strip()) or _GRADIENT.match(name.strip()):
        return "quantity"
    return "quantity" if name.strip().casefold() in LETTER_NAMES else "other"


def unread(
    source: str,
    line: int,
    name: str,
    quantities: Quantities,
    *,
    numbers: bool = False,
    reason: str = "",
    count: int = 0,
) -> Unread:
    """Return a column or name that is not read, with why, and what it looks like.

    numbers: whether numbers stand under it. reason: where it is another than the name.
    """
    looks = "quantity" if reason else looks_like(name, quantities)
    if looks == "other" and numbers and folded(name) not in ABOUT and not FEEDBACK.match(name):
        looks = "other" if _PLATFORM.search(name) else "numbers"
    shown = " ".join(name.split())[:80]
    return Unread(source, line, shown, reason or _why(name, quantities), looks, count=count)


def _why(name: str, quantities: Quantities) -> str:
    """Return why a name is not read."""
    reason = quantities.find(name)
    text = reason if isinstance(reason, str) else f"{name} is too large for one column"
    within = "" if "did you mean" in text else _within(name, quantities)
    return f"not read: {text}; did you mean {within}?" if within else f"not read: {text}"


def _within(name: str, quantities: Quantities) -> str:
    """Return the last word of a header that can only be a quantity: `Question 1: dL/dz`."""
    words = [word.strip(".,:;?!()") for word in name.split()[:MOST_WORDS]]
    sure = [word for word in words if any(sign in word for sign in "/0123456789")]
    found = [word for word in sure if isinstance(quantities.find(word), Reference)]
    return found[-1] if found and len(words) > 1 else ""


def holds_numbers(cells: list[str]) -> bool:
    """Tell whether most of some cells that are filled in hold a number.

    >>> holds_numbers(["0.5", "", "-2"]), holds_numbers(["Anna", "7"])
    (True, False)
    """
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and 2 * sum(map(_is_number, filled)) > len(filled)


def _is_number(cell: str) -> bool:
    try:
        return written_in(cell[:80]) is not None
    except ValueError:
        return False
