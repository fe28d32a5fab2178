"""The run behind `gradcalc grade`: mark, write every output, show the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import TextIO

import click

from gradcalc.cli import output
from gradcalc.cli.files import aside, write_file
from gradcalc.cli.parts import Parts, Progress, on_cluster, parts_folder
from gradcalc.errors import OutputError, ProblemError, visible
from gradcalc.grading.appeal import sheet_of
from gradcalc.grading.assignment import Assignment
from gradcalc.grading.block import Block, RowError
from gradcalc.grading.chunk import Part, Results
from gradcalc.grading.classrun import ClassResult, in_order
from gradcalc.grading.gradebook import Entry, Form, Gradebook, written
from gradcalc.grading.marking import check
from gradcalc.grading.submissions import preview
from gradcalc.grading.tally import Tally
from gradcalc.report.auditpage import AuditPage
from gradcalc.report.classpage import class_page
from gradcalc.report.feedback import Feedback, file_name, html_page
from gradcalc.report.page import Page, encodable
from gradcalc.report.reasons import Reveal
from gradcalc.report.wording import wording


@dataclass(frozen=True)
class Settings:
    """Everything that a call of `gradcalc grade` asks for."""

    assignment: Assignment
    gradebook: Path | None
    form: Form
    results: Path | None
    every: bool
    feedback: Path | None
    feedback_as: str
    reveal: Reveal
    html: Path | None
    resume: bool
    processes: int
    scheduler: str | None

    @cached_property
    def folder(self) -> Path:
        """Return the folder in which parts of the run are kept."""
        return parts_folder(self.gradebook)

    @property
    def parts(self) -> Parts:
        """Return what keeps the parts."""
        return Parts(self.assignment, self.wanted, self.folder)

    @property
    def wanted(self) -> Results:
        """Return which lines of results are written."""
        if self.results is None:
            return "none"
        return "all" if self.every else "wrong"


def grade(settings: Settings) -> int:
    """Mark a class, write every output, show the report; return the exit code."""
    keeper = settings.parts
    keeper.prepare(resume=settings.resume)
    try:
        result = _marked(settings, keeper)
        with ExitStack() as stack:
            _write(settings, keeper, result, stack)
    finally:
        if settings.gradebook is None:
            keeper.clear()
    keeper.clear()
    _report(settings, result)
    return 0 if result.fine else 1


def _marked(settings: Settings, keeper: Parts) -> ClassResult:
    """Mark all blocks, in several processes where that is asked for, and add them up."""
    assignment = settings.assignment
    shares = 1 if "-" in assignment.submissions else settings.processes
    if shares == 1 and settings.scheduler is None:
        return _added(settings, _one_by_one(settings, keeper))
    assignment.best  # noqa: B018 - found once, and sent with the settings
    assignment.chosen  # noqa: B018
    if settings.scheduler is not None:
        keeper.count = on_cluster(
            settings.scheduler, assignment, settings.wanted, keeper, max(2, shares)
        )
    else:
        with ProcessPoolExecutor(shares, get_context("spawn")) as pool:
            calls = [pool.submit(mark_share, settings, n, shares) for n in range(shares)]
            keeper.count = sum(call.result() for call in calls)
    return _added(settings, keeper.parts())


def _one_by_one(settings: Settings, keeper: Parts) -> Iterator[Part]:
    """Yield the parts as they are marked in this process."""
    progress = Progress(settings.assignment.submissions)
    feedback = _Feedback(settings) if settings.feedback is not None else None
    for number, block in settings.assignment.blocks():
        if feedback is not None:
            feedback.write(block)
        yield keeper.mark(number, block)
        progress.show(keeper.rows)
    progress.end()


def _added(settings: Settings, parts: Iterable[Part]) -> ClassResult:
    """Return what all parts come to."""
    result: ClassResult | None = None
    for part in parts:
        if result is None:
            result = ClassResult(Tally(part.tally.columns, settings.assignment.scheme))
        result.add(part)
    if result is None:
        raise ProblemError(
            "there is no submission to mark", where=", ".join(settings.assignment.submissions)
        )
    return result


def mark_share(settings: Settings, share: int, shares: int) -> int:
    """Mark every `shares`-th block and keep the parts; return how many there are."""
    keeper = settings.parts
    feedback = _Feedback(settings) if settings.feedback is not None else None
    for number, block in settings.assignment.blocks(share, shares):
        if feedback is not None:
            feedback.write(block)
        keeper.mark(number, block)
    return keeper.done


def _write(settings: Settings, keeper: Parts, result: ClassResult, stack: ExitStack) -> None:
    """Write the gradebook, the results and the list of problems, each whole or not at all."""
    roster = settings.assignment.roster
    marked: set[str] = set()
    names = list(dict.fromkeys(column.name for column in result.tally.columns))
    book = Gradebook(
        settings.form, settings.assignment.problem.title, result.tally.most, tuple(names)
    )
    grades = _opened(settings.gradebook, stack)
    lines = _opened(settings.results, stack)
    troubles: list[tuple[str, ...]] = []
    kept: list[Entry] = []
    if grades is not None:
        grades.write(book.head())
    for part in keeper.parts():
        if lines is not None:
            lines.writelines(f"{line}\n" for line in part.results)
        troubles += [tuple(map(str, row)) for row in part.problems]
        if roster is not None:
            kept += part.entries
            marked |= {entry.student for entry in part.entries if entry.score is not None}
        elif grades is not None:
            grades.writelines(book.line(entry) for entry in part.entries)
    if roster is not None:
        result.roster = len(roster.ids)
        result.missing = tuple(each for each in roster.ids if each not in marked)
        known = set(roster.ids)
        result.unknown = tuple(each for each in sorted(marked) if each not in known)
        if grades is not None:
            entries = (roster.named(entry) for entry in in_order(kept, roster.ids))
            grades.writelines(book.line(entry) for entry in entries)
    if troubles and settings.gradebook is not None:
        head = ("source", "line", "student", "quantity", "reason")
        path = settings.gradebook.with_name("problems.csv")
        write_file(path, written([head, *troubles]))


def _opened(path: Path | None, stack: ExitStack) -> TextIO | None:
    return None if path is None else stack.enter_context(aside(path))


def _report(settings: Settings, result: ClassResult) -> None:
    able = encodable(output.encoding())
    page = class_page(
        Page(output.columns(), able), result, wording(settings.assignment.lines, unicode=able)
    )
    output.write_page(page)
    if settings.html is not None:
        whole = class_page(Page(100), result, wording(settings.assignment.lines))
        write_file(settings.html, html_page(settings.assignment.problem.title, whole.plain()))
    click.echo(result.closing, err=True)


def show_preview(settings: Settings) -> int:
    """Show how the first rows are read."""
    found = preview(
        settings.assignment.submissions, settings.assignment.problem, settings.assignment.reading
    )
    output.write_text("".join(f"{visible(line)}\n" for line in found.lines()))
    return 0


def show_one(settings: Settings, student: str) -> int:
    """Show the marking of one student in full; return 1 where nothing of theirs is marked."""
    wanted = student.strip()
    able = encodable(output.encoding())
    for _, block in settings.assignment.blocks():
        for row, own in enumerate(block.ids):
            if own != wanted and own != wanted.casefold():
                continue
            alone = block.of(row)
            marked = settings.assignment.marker.mark(alone)
            for error in marked.block.errors:
                return _refused(error)
            lines = settings.assignment.marker.of(alone)
            sheet = sheet_of(alone, 0, lines)
            review = check(settings.assignment.problem, sheet, lines=lines.student(0))
            words = wording(lines.student(0), unicode=able)
            page = AuditPage(Page(output.columns(), able), review, words).write()
            feedback = Feedback(marked, 0, settings.assignment.scheme, words)
            feedback.points(page)
            output.write_page(page)
            return 0
        for error in block.errors:
            if error.id == wanted:
                return _refused(error)
    raise ProblemError(
        f"{visible(wanted)} has handed in nothing", where=settings.assignment.submissions[0]
    )


def _refused(error: RowError) -> int:
    """Show why nothing of a submission is marked."""
    output.write_text(visible(f"{error.source}:{error.line}: {error.reason}") + "\n")
    return 1


def changes(old: dict[str, str], new: dict[str, str]) -> str:
    """Return whose score is another than in an earlier gradebook."""
    rows = [
        f"{visible(student)}: {visible(old.get(student, 'absent') or 'none')} → "
        f"{visible(new.get(student, 'absent') or 'none')}\n"
        for student in dict.fromkeys((*old, *new))
        if old.get(student) != new.get(student)
    ]
    count = len(rows)
    return "".join(rows) + (
        f"{count} score{'s' * (count != 1)} changed.\n" if rows else "No score changed.\n"
    )


class _Feedback:
    """Writes one file a student into a folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        assert settings.feedback is not None
        self.folder = settings.feedback
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"{self.folder} could not be written: {reason}") from None

    def write(self, block: Block) -> None:
        """Write the feedback to every submission of a block."""
        settings = self.settings
        marked = settings.assignment.marker.mark(block)
        block = marked.block
        for row, student in enumerate(block.ids):
            alone = block.of(row)
            lines = settings.assignment.marker.of(alone)
            review = check(
                settings.assignment.problem, sheet_of(alone, 0, lines), lines=lines.student(0)
            )
            words = wording(lines.student(0))
            page = AuditPage(Page(80), review, words, settings.reveal, hint=False).write()
            Feedback(marked, row, settings.assignment.scheme, words).points(page)
            text = page.plain()
            ending = settings.feedback_as
            whole = html_page(student, text) if ending == "html" else f"```text\n{text}```\n"
            write_file(self.folder / file_name(student, ending), whole)
