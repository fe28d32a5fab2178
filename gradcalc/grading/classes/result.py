"""The result of a class: counts that add up, its gradebook, several problems put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import fsum

from gradcalc.errors import ProblemError
from gradcalc.grading.classes.chunk import Chunk
from gradcalc.grading.classes.gradebook import GradebookEntry
from gradcalc.grading.classes.tally import Tally
from gradcalc.grading.submissions.block import Unread
from gradcalc.grading.submissions.duplicates import identity


@dataclass(frozen=True)
class Missed:
    """A name that looks like an answer and is not read, why, and how many submissions have it.

    count: 0 for a column.
    """

    name: str
    reason: str
    count: int

    @property
    def told(self) -> str:
        """Return it in one sentence without an end."""
        if not self.count:
            way = "" if "did you mean" in self.why else "; --columns says what a header means"
            return f"the column {self.name} is not read: {self.why}{way}"
        many = "1 submission" if self.count == 1 else f"{self.count} submissions"
        return f"{self.name} in {many} is not read: {self.why}"

    @property
    def why(self) -> str:
        """Return the reason alone."""
        return self.reason.removeprefix("not read: ")


@dataclass
class ClassResult:
    """What became of a class: counts that add up, and the tally of what was marked.

    read = marked + unreadable + duplicates. roster: how many are on it; missing: those
    without a submission that was marked; unknown: marked, but not on it. unread: columns
    and names that are no quantities.
    """

    tally: Tally
    read: int = 0
    unreadable: int = 0
    duplicates: int = 0
    roster: int | None = None
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default_factory=tuple)
    unread: dict[Unread, None] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Tell whether every row that counts was judged whole."""
        whole = not (self.unreadable or self.tally.unread_cells or self.tally.faults)
        return whole and all(each.looks != "quantity" for each in self.unread)

    @property
    def missed(self) -> tuple[Missed, ...]:
        """Return what looks like an answer and is not read, each name once."""
        sheets = Counter(each.name for each in self.unread if each.student)
        found: dict[str, Missed] = {}
        for each in self.unread:
            if each.looks != "other" and each.name and each.name not in found:
                count = sheets[each.name] or each.count
                found[each.name] = Missed(each.name, each.reason, count)
        return tuple(found.values())

    def add(self, part: Chunk) -> None:
        """Count what one part of the class comes to."""
        self.tally.merge(part.tally)
        self.unread.update(dict.fromkeys(part.unread))
        self.read += part.read
        self.unreadable += part.unreadable
        self.duplicates += part.duplicates


def closing_line(results: Sequence[ClassResult]) -> str:
    """Return the line whose counts add up, over all problems of a run."""
    read = sum(each.read for each in results)
    marked = sum(each.tally.students for each in results)
    unreadable = sum(each.unreadable for each in results)
    duplicates = sum(each.duplicates for each in results)
    return f"{read} read = {marked} marked + {unreadable} unreadable + {duplicates} duplicates"


def in_order(entries: Iterable[GradebookEntry], roster: Iterable[str]) -> Iterator[GradebookEntry]:
    """Yield the entries in the order of a roster, those who are not on it at the end.

    Who is on it and has handed in nothing gets an entry without a score.
    """
    found: dict[str, list[GradebookEntry]] = {}
    for entry in entries:
        found.setdefault(entry.student, []).append(entry)
    for student in roster:
        yield from found.pop(student, [GradebookEntry(student, None, status="missing")])
    for rest in found.values():
        yield from rest


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
