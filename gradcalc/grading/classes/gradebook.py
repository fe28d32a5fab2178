"""Gradebooks: rows of points as this program and as learning platforms have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeAlias

GradebookForm: TypeAlias = Literal["plain", "canvas", "moodle", "gradescope", "brightspace"]
FORMS: tuple[GradebookForm, ...] = ("plain", "canvas", "moodle", "gradescope", "brightspace")

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_QUOTED = re.compile(r'[",\n\r]')
_STEERING = ("=", "+", "-", "@", "\t", "\r", "\n")
_RESERVED = re.compile(r"\s*\(\d+\)\s*\Z")


@dataclass(frozen=True)
class GradebookEntry:
    """What a gradebook says of one student.

    score is None where there is nothing to mark. points: by quantity, in the order of
    the gradebook's columns.
    """

    student: str
    score: float | None
    points: tuple[float | None, ...] = ()
    status: str = "marked"
    note: str = ""
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class GradebookEntries:
    """Entries of many students, of whom many come to the same.

    which: for each student the place of what the gradebook says, in `outcomes`, where
    no student is named.
    """

    students: Sequence[str]
    which: Sequence[int]
    outcomes: Sequence[GradebookEntry]

    def __iter__(self) -> Iterator[GradebookEntry]:
        for student, at in zip(self.students, self.which, strict=True):
            yield replace(self.outcomes[at], student=student)


@dataclass(frozen=True)
class Gradebook:
    """One form of gradebook for one problem."""

    form: GradebookForm
    title: str
    most: float
    quantities: tuple[str, ...]

    @property
    def item(self) -> str:
        """Return the title as the name of an assignment: one line, no number in brackets."""
        title = " ".join(self.title.split()) or "gradcalc"
        return _RESERVED.sub("", title) or "gradcalc"

    def head(self) -> str:
        """Return the lines above the students."""
        if self.form == "canvas":
            rows = [
                ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", self.item],
                ["    Points Possible", "", "", "", "", number(self.most)],
            ]
        elif self.form == "moodle":
            item = self.item
            rows = [["Username", "ID number", "Email address", item, f"{item} feedback"]]
        elif self.form == "gradescope":
            rows = [
                ["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status"]
                + [f"{at}: {name}" for at, name in enumerate(self.quantities, start=1)]
            ]
        elif self.form == "brightspace":
            points = f"{self.item} Points Grade <Numeric MaxPoints:{number(self.most)}>"
            rows = [["OrgDefinedId", points, "End-of-Line Indicator"]]
        else:
            rows = [["student", "score", "max_score", *self.quantities, "status", "note"]]
        return written(rows)

    def line(self, entry: GradebookEntry) -> str:
        """Return the line of one student."""
        return f"{self.who(entry)},{self.what(entry)}"

    def lines(self, entries: GradebookEntries) -> str:
        """Return the lines of many students; what is said of many is written once."""
        ends = [self.what(outcome) for outcome in entries.outcomes]
        if self.form == "plain":
            students = fields(entries.students)
        else:
            students = [self.who(entry) for entry in entries]
        pairs = zip(students, entries.which, strict=True)
        return "".join([f"{student},{ends[at]}" for student, at in pairs])

    def who(self, entry: GradebookEntry) -> str:
        """Return the first cells of a line: who it is about."""
        student, email = csv_field(entry.student), csv_field(entry.email)
        if self.form == "canvas":
            return ",".join([csv_field(entry.name or entry.student), "", student, email, ""])
        if self.form == "moodle":
            return ",".join([student, student, email])
        if self.form == "gradescope":
            first, _, last = entry.name.rpartition(" ")
            return ",".join([csv_field(first), csv_field(last), student, email])
        return csv_field(f"#{entry.student}") if self.form == "brightspace" else student

    def what(self, entry: GradebookEntry) -> str:
        """Return the other cells of a line, and its end."""
        score = "" if entry.score is None else number(entry.score)
        most = number(self.most)
        if self.form == "canvas":
            row = [score]
        elif self.form == "moodle":
            row = [score, csv_field(entry.note)]
        elif self.form == "gradescope":
            status = "Graded" if entry.score is not None else "Ungraded"
            row = [score, most, status, *self.cells(entry)]
        elif self.form == "brightspace":
            row = [score, "#"]
        else:
            row = [score, most, *self.cells(entry), entry.status, csv_field(entry.note)]
        return ",".join(row) + "\n"

    def cells(self, entry: GradebookEntry) -> list[str]:
        """Return the points of each quantity, blank where there are none."""
        found = ["" if each is None else number(each) for each in entry.points]
        return found + [""] * (len(self.quantities) - len(found))


@lru_cache(maxsize=4096)
def number(value: float) -> str:
    """Return points as text: at most four decimals, no trailing zeros."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def written(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV text in which no cell is a formula of a spreadsheet."""
    return "".join(",".join(map(csv_field, row)) + "\n" for row in rows)


def fields(cells: Sequence[str]) -> Sequence[str]:
    """Return cells as they stand in a CSV file."""
    joined = "".join(cells)
    plain = joined.isascii() and joined.isalnum() and all(cells)
    return cells if plain else [csv_field(cell) for cell in cells]


def csv_field(cell: str) -> str:
    """Return a cell as it stands in a CSV file, in quotes where it has to be."""
    if cell.isalnum() and cell.isascii():
        return cell
    cell = safe(cell)
    if _QUOTED.search(cell) or cell != cell.strip():
        return '"' + cell.replace('"', '""') + '"'
    return cell


def safe(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text or a number, never for a formula."""
    if not (cell.isascii() and cell.isprintable()):
        cell = "".join(ch if ch.isprintable() or ch in "\n\t" else "\ufffd" for ch in cell)
    if cell.startswith(_STEERING) and not _NUMBER.match(cell):
        return "'" + cell
    return cell
