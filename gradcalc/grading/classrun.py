"""What became of a class: counts that add up, and the order of its gradebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gradcalc.grading.block import Unread
from gradcalc.grading.chunk import Chunk
from gradcalc.grading.gradebook import GradebookEntry
from gradcalc.grading.tally import Tally


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
