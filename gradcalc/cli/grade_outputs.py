"""What a run of `gradcalc grade` writes: the gradebook, results, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import fsum
from pathlib import Path
from typing import TextIO

from gradcalc.cli.grade_parts import KeptChunks
from gradcalc.cli.output import aside, write_file
from gradcalc.grading.classes.chunk import Chunk
from gradcalc.grading.classes.gradebook import Gradebook, GradebookEntry, GradebookForm, written
from gradcalc.grading.classes.result import ClassResult, Marks, columns_of, in_order, put_together
from gradcalc.grading.classes.roster import Roster
from gradcalc.grading.submissions.block import Unread

TROUBLES = ("source", "line", "student", "quantity", "reason")


@dataclass(frozen=True)
class MarkedProblem:
    """One problem of a run, marked; label: what it is called, nothing for a problem alone."""

    label: str
    title: str
    keeper: KeptChunks
    result: ClassResult


@dataclass(frozen=True)
class Outputs:
    """The files to be written, none where a path is None."""

    gradebook: Path | None
    form: GradebookForm
    results: Path | None
    roster: Roster | None

    def write(self, runs: Sequence[MarkedProblem]) -> None:
        """Write all of them, each whole or not at all; counts who is on the roster."""
        troubles: dict[tuple[str, ...], None] = {}
        with ExitStack() as stack:
            grades = _opened(self.gradebook, stack)
            lines = _opened(self.results, stack)

            def parts(run: MarkedProblem) -> Iterator[Chunk]:
                for part in run.keeper.parts():
                    if lines is not None:
                        lines.writelines(f"{line}\n" for line in part.results)
                    troubles.update(dict.fromkeys(tuple(map(str, row)) for row in part.problems))
                    yield part

            self.write_grades(runs, parts, grades)
        if self.gradebook is not None:
            beside = dict.fromkeys(_trouble(each) for run in runs for each in run.result.unread)
            _write_troubles(_in_order([*beside, *troubles]), troubles_file(self.gradebook))

    def write_grades(
        self,
        runs: Sequence[MarkedProblem],
        parts: Callable[[MarkedProblem], Iterator[Chunk]],
        grades: TextIO | None,
    ) -> None:
        """Write the gradebook, in the order of the roster where there is one."""
        marks = [Marks(run.label, run.result, _entries(parts(run))) for run in runs]
        title = runs[0].title if len(runs) == 1 else f"{len(runs)} problems"
        most = fsum(each.result.tally.most for each in marks)
        book = Gradebook(self.form, title, most, columns_of(marks))
        if grades is not None:
            grades.write(book.head())
        if len(runs) == 1 and self.roster is None:
            for part in parts(runs[0]):
                if grades is not None:
                    grades.write(book.lines(part.entries))
            return
        entries: Iterable[GradebookEntry] = (
            marks[0].entries if len(runs) == 1 else put_together(marks)
        )
        if self.roster is not None:
            entries = _on_roster(runs, self.roster, entries)
        for entry in entries:
            if grades is not None:
                grades.write(book.line(entry))


def _entries(parts: Iterator[Chunk]) -> Iterator[GradebookEntry]:
    """Yield what the gradebook says of each student, part by part."""
    for part in parts:
        yield from part.entries


def _on_roster(
    runs: Sequence[MarkedProblem], roster: Roster, entries: Iterable[GradebookEntry]
) -> Iterator[GradebookEntry]:
    """Return entries in the order of a roster, having counted who is on it and who is not."""
    named = [roster.named(entry) for entry in entries]
    marked = {entry.student for entry in named if entry.score is not None}
    known = set(roster.ids)
    for run in runs:
        run.result.roster = len(roster.ids)
        run.result.missing = tuple(each for each in roster.ids if each not in marked)
        run.result.unknown = tuple(each for each in sorted(marked) if each not in known)
    return (roster.named(entry) for entry in in_order(named, roster.ids))


def _in_order(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows file by file, each in the order of its lines."""
    sources = {source: at for at, source in enumerate(dict.fromkeys(row[0] for row in rows))}
    return sorted(rows, key=lambda row: (sources[row[0]], int(row[1] or 0)))


def _trouble(unread: Unread) -> tuple[str, ...]:
    """Return the row of a column or name that is not read."""
    line = str(unread.line or "")
    return unread.source, line, unread.student, unread.name, unread.reason


def troubles_file(gradebook: Path) -> Path:
    """Return where what could not be read is listed: beside the gradebook."""
    return gradebook.with_name("problems.csv")


def _write_troubles(rows: Sequence[tuple[str, ...]], path: Path) -> None:
    """Write what could not be read, with reasons; nothing where all could."""
    if rows or path.exists():  # of an earlier run
        write_file(path, written([TROUBLES, *rows]))


def _opened(path: Path | None, stack: ExitStack) -> TextIO | None:
    return None if path is None else stack.enter_context(aside(path))
