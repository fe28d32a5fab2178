"""Several problems in one run: each is marked by itself, a student's marks are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import fsum

from gradcalc.errors import ProblemError
from gradcalc.grading.classrun import ClassResult
from gradcalc.grading.gradebook import GradebookEntry
from gradcalc.grading.submissions_duplicates import identity


@dataclass(frozen=True)
class Marks:
    """The marks of one problem: what it is called, what came of it, its entries."""

    label: str
    result: ClassResult
    entries: Iterable[GradebookEntry]

    @property
    def quantities(self) -> tuple[str, ...]:
        """Return the quantities that have points, in the order of their columns."""
        return tuple(dict.fromkeys(column.name for column in self.result.tally.columns))


def columns_of(marks: Sequence[Marks]) -> tuple[str, ...]:
    """Return the columns of points of a gradebook; of several problems each has its sum first."""
    if len(marks) == 1:
        return marks[0].quantities
    return tuple(
        name
        for each in marks
        for name in (each.label, *(f"{each.label}:{own}" for own in each.quantities))
    )


def put_together(marks: Sequence[Marks]) -> Iterator[GradebookEntry]:
    """Yield one entry a student, in the order in which students first occur.

    Scores are added up; who has handed in nothing to a problem has no points there. A row
    that cannot be read is one entry, however many problems it was read for.
    """
    found: dict[tuple[str, str], list[GradebookEntry | None]] = {}
    for at, each in enumerate(marks):
        for entry in each.entries:
            lost = entry.score is None
            key = ("", entry.note) if lost else (identity(entry.student), "")
            found.setdefault(key, [None] * len(marks))[at] = entry
    for entries in found.values():
        yield _one(marks, entries)


def _one(marks: Sequence[Marks], entries: Sequence[GradebookEntry | None]) -> GradebookEntry:
    """Return the entry of a student from those of each problem."""
    known = [entry for entry in entries if entry is not None]
    first = known[0]
    scores = [entry.score for entry in known if entry.score is not None]
    if not scores:
        return first
    points: list[float | None] = []
    notes = []
    for each, entry in zip(marks, entries, strict=True):
        room = len(each.quantities)
        own = entry.points if entry is not None else ()
        points += [entry.score if entry is not None else None, *own, *[None] * (room - len(own))]
        note = entry.note if entry is not None else "nothing handed in"
        if note:
            notes.append(f"{each.label}: {note}")
    return GradebookEntry(
        first.student, fsum(scores), tuple(points), first.status, "; ".join(notes)
    )


def check_labels(problems: Sequence[str], names: Sequence[str]) -> None:
    """Check that no two problems are called the same; raises ProblemError."""
    seen: dict[str, str] = {}
    for path, name in zip(problems, names, strict=True):
        if name.casefold() in seen:
            raise ProblemError(
                f"two problems are called {name}: {seen[name.casefold()]} and {path}",
                where=path,
                hint="problems of one run need files of different names",
            )
        seen[name.casefold()] = path
