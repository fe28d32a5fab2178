"""What a run of `gradcalc grade` writes: the gradebook, results, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gradcalc.cli.files import aside, write_file
from gradcalc.cli.parts import Parts
from gradcalc.grading.classrun import ClassResult, in_order
from gradcalc.grading.gradebook import Entry, Form, Gradebook, written
from gradcalc.grading.roster import Roster
from gradcalc.grading.several import Marks, columns_of, put_together

TROUBLES = ("source", "line", "student", "quantity", "reason")


@dataclass(frozen=True)
class Run:
    """One problem of a run, marked; label: what it is called, nothing for a problem alone."""

    label: str
    title: str
    keeper: Parts
    result: ClassResult

    def marks(self) -> Marks:
        """Return its marks, read back part by part."""
        return Marks(self.label, self.result, self.entries())

    def entries(self) -> Iterator[Entry]:
        """Yield what the gradebook says of each student."""
        for part in self.keeper.parts():
            yield from part.entries


@dataclass(frozen=True)
class Outputs:
    """The files to be written, none where a path is None."""

    gradebook: Path | None
    form: Form
    results: Path | None
    roster: Roster | None

    def write(self, runs: Sequence[Run]) -> None:
        """Write all of them, each whole or not at all; counts who is on the roster."""
        with ExitStack() as stack:
            grades = _opened(self.gradebook, stack)
            lines = _opened(self.results, stack)
            if lines is not None:
                for run in runs:
                    for part in run.keeper.parts():
                        lines.writelines(f"{line}\n" for line in part.results)
            if grades is not None or self.roster is not None:
                self.write_grades(runs, grades)
        if self.gradebook is not None:
            _write_troubles(runs, troubles_file(self.gradebook))

    def write_grades(self, runs: Sequence[Run], grades: TextIO | None) -> None:
        """Write the gradebook, in the order of the roster where there is one."""
        marks = [run.marks() for run in runs]
        title = runs[0].title if len(runs) == 1 else f"{len(runs)} problems"
        most = sum(each.result.tally.most for each in marks)
        book = Gradebook(self.form, title, most, columns_of(marks))
        if grades is not None:
            grades.write(book.head())
        if len(runs) == 1 and self.roster is None and grades is not None:
            for part in runs[0].keeper.parts():
                grades.writelines(book.lines(part.entries))
            return
        entries: Iterable[Entry] = marks[0].entries if len(runs) == 1 else put_together(marks)
        if self.roster is not None:
            entries = _on_roster(runs, self.roster, entries)
        if grades is not None:
            grades.writelines(book.line(entry) for entry in entries)


def _on_roster(runs: Sequence[Run], roster: Roster, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Return entries in the order of a roster, having counted who is on it and who is not."""
    named = [roster.named(entry) for entry in entries]
    marked = {entry.student for entry in named if entry.score is not None}
    known = set(roster.ids)
    for run in runs:
        run.result.roster = len(roster.ids)
        run.result.missing = tuple(each for each in roster.ids if each not in marked)
        run.result.unknown = tuple(each for each in sorted(marked) if each not in known)
    return (roster.named(entry) for entry in in_order(named, roster.ids))


def troubles_file(gradebook: Path) -> Path:
    """Return where what could not be read is listed: beside the gradebook."""
    return gradebook.with_name("problems.csv")


def _write_troubles(runs: Sequence[Run], path: Path) -> None:
    """Write what could not be read, with reasons; nothing where all could."""
    rows: dict[tuple[str, ...], None] = {}
    for run in runs:
        for part in run.keeper.parts():
            rows.update(dict.fromkeys(tuple(map(str, row)) for row in part.problems))
    if rows or path.exists():  # of an earlier run
        write_file(path, written([TROUBLES, *rows]))


def _opened(path: Path | None, stack: ExitStack) -> TextIO | None:
    return None if path is None else stack.enter_context(aside(path))
