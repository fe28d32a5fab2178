"""What became of a class: counts that add up, and the order of its gradebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gradcalc.grading.chunk import Part
from gradcalc.grading.gradebook import Entry
from gradcalc.grading.tally import Tally


@dataclass
class ClassResult:
    """What became of a class: counts that add up, and the tally of what was marked.

    read = marked + unreadable + duplicates. roster: how many are on it; missing: those
    without a submission that was marked; unknown: marked, but not on it.
    """

    tally: Tally
    read: int = 0
    unreadable: int = 0
    duplicates: int = 0
    roster: int | None = None
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default_factory=tuple)

    @property
    def fine(self) -> bool:
        """Tell whether every row that counts was judged whole."""
        return not (self.unreadable or self.tally.unread_cells or self.tally.faults)

    def add(self, part: Part) -> None:
        """Count what one part of the class comes to."""
        self.tally.merge(part.tally)
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


def in_order(entries: Iterable[Entry], roster: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries in the order of a roster, those who are not on it at the end.

    Who is on it and has handed in nothing gets an entry without a score.
    """
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.student, []).append(entry)
    for student in roster:
        yield from found.pop(student, [Entry(student, None, status="missing")])
    for rest in found.values():
        yield from rest
