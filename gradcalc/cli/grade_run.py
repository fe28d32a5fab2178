"""The run behind `gradcalc grade`: mark, write every output, show the report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import click

from gradcalc.cli import output
from gradcalc.cli.grade_outputs import MarkedProblem, Outputs, troubles_file
from gradcalc.cli.grade_parts import KeptChunks, Progress, on_cluster, parts_folder
from gradcalc.cli.output import keep_apart, write_file
from gradcalc.errors import OutputError, ProblemError, visible
from gradcalc.grading.classes.assignment import Assignment, preview, sheet_of
from gradcalc.grading.classes.chunk import Chunk, Results
from gradcalc.grading.classes.gradebook import GradebookForm
from gradcalc.grading.classes.result import ClassResult, closing_line
from gradcalc.grading.classes.tally import Tally
from gradcalc.grading.marking.judge import told
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.submissions.block import Block, RowError
from gradcalc.grading.submissions.duplicates import Census, identity
from gradcalc.problem.text.source import is_file
from gradcalc.report.blocks import Document
from gradcalc.report.formats.registry import ENDINGS, FORMATS, format_of
from gradcalc.report.formats.text import write_document
from gradcalc.report.page import Page, encodable
from gradcalc.report.results.check import Told, check_document
from gradcalc.report.results.classes import class_document
from gradcalc.report.results.feedback import ClassFeedback, file_name, points_of
from gradcalc.report.results.reasons import Reveal
from gradcalc.report.results.wording import wording

WORTHWHILE = 30_000_000
"""Bytes of submissions from which on a second process gains more than its start costs."""
MOST_SHARES = 4
SAID = 20
"""Names that are not read and are said on standard error."""
LOOK = 0.25
"""Seconds between two looks at how far the processes are."""


@dataclass(frozen=True)
class GradeSettings:
    """Everything that a call of `gradcalc grade` asks for."""

    assignment: Assignment
    gradebook: Path | None
    form: GradebookForm
    results: Path | None
    every: bool
    feedback: Path | None
    feedback_as: str
    reveal: Reveal
    report: Path | None
    resume: bool
    processes: int | None
    scheduler: str | None

    @cached_property
    def folder(self) -> Path:
        """Return the folder in which parts of the run are kept."""
        return parts_folder(self.gradebook, self.assignment.label_among)

    @property
    def parts(self) -> KeptChunks:
        """Return what keeps the parts."""
        return KeptChunks(self.assignment, self.wanted, self.folder)

    @property
    def shares(self) -> int:
        """Return how many processes mark: several only where starting them pays."""
        if "-" in self.assignment.submissions:
            return 1
        if self.processes is not None:
            return self.processes
        size = sum(
            path.stat().st_size
            for name in self.assignment.submissions
            if is_file(path := Path(name))
        )
        return min(MOST_SHARES, os.cpu_count() or 1) if size > WORTHWHILE else 1

    @property
    def wanted(self) -> Results:
        """Return which lines of results are written."""
        if self.results is None:
            return "none"
        return "all" if self.every else "wrong"


def grade(problems: Sequence[GradeSettings]) -> int:
    """Mark a class, write every output, show the report; return the exit code.

    problems: the same settings for each problem of the run.
    """
    whole = problems[0]
    for settings in problems:
        _check(settings)
    keepers = [settings.parts for settings in problems]
    feedback = [_Feedback(settings) for settings in problems if settings.feedback is not None]
    try:
        for keeper in keepers:
            keeper.prepare(resume=whole.resume)
        runs = [
            MarkedProblem(
                settings.assignment.label_among,
                settings.assignment.problem.title,
                keeper,
                _settled(settings, keeper, _marked(settings, keeper)),
            )
            for settings, keeper in zip(problems, keepers, strict=True)
        ]
        Outputs(whole.gradebook, whole.form, whole.results, whole.assignment.roster).write(runs)
        for each in feedback:
            each.write_all()
    except (OutputError, ProblemError):
        for keeper in keepers:
            keeper.clear()
        raise
    finally:
        if whole.gradebook is None:
            for keeper in keepers:
                keeper.clear()
    for keeper in keepers:
        keeper.clear()
    results = [run.result for run in runs]
    _report(problems, results)
    return 0 if all(result.fine for result in results) else 1


def _check(settings: GradeSettings) -> None:
    """Read all but the submissions, so that what is wrong there is said before they are marked."""
    given = settings.assignment
    files = (given.problem_file, given.columns_file, given.scheme_file, given.rulings_file)
    troubles = None if settings.gradebook is None else troubles_file(settings.gradebook)
    keep_apart(
        (settings.gradebook, troubles, settings.results, settings.report, settings.feedback),
        (*files, given.roster_file, *given.submissions),
    )
    given.marker  # noqa: B018
    given.reading  # noqa: B018
    given.roster  # noqa: B018


def _marked(settings: GradeSettings, keeper: KeptChunks) -> Iterable[Chunk]:
    """Return all parts, marked in several processes where that is asked for."""
    assignment = settings.assignment
    shares = settings.shares
    if settings.scheduler is not None:
        keeper.count = on_cluster(
            settings.scheduler, assignment, settings.wanted, keeper, max(2, shares)
        )
    elif shares == 1:
        return _one_by_one(settings, keeper)
    else:
        with ProcessPoolExecutor(shares, get_context("spawn")) as pool:
            calls = [pool.submit(mark_share, settings, n, shares) for n in range(shares)]
            progress = Progress(assignment.submissions)
            while wait(calls, timeout=LOOK).not_done:
                progress.show(keeper.kept_parts * assignment.reading.chunk)
            progress.end()
            keeper.count = sum(call.result() for call in calls)
    return keeper.parts()


def _one_by_one(settings: GradeSettings, keeper: KeptChunks) -> Iterator[Chunk]:
    """Yield the parts as they are marked in this process."""
    progress = Progress(settings.assignment.submissions)
    for number, block, index in settings.assignment.read():
        yield keeper.mark(number, block, index)
        progress.show(keeper.rows)
    progress.end()


def mark_share(settings: GradeSettings, share: int, shares: int) -> int:
    """Mark every `shares`-th block and keep the parts; return how many there are."""
    keeper = settings.parts
    for number, block, index in settings.assignment.read(share, shares):
        keeper.mark(number, block, index)
    return keeper.done


def _settled(settings: GradeSettings, keeper: KeptChunks, parts: Iterable[Chunk]) -> ClassResult:
    """Return what all parts come to; submissions that do not count are taken out.

    Who handed in twice is known at the end: what holds such submissions is marked again.
    """
    assignment, census = settings.assignment, Census()
    result = _added(settings, parts, census)
    chosen = census.chosen(assignment.duplicates)
    if not chosen.several:
        return result
    for number, block, index in assignment.counting(chosen):
        keeper.mark_again(number, block, index)
    return _added(settings, keeper.parts(), Census())


def _added(settings: GradeSettings, parts: Iterable[Chunk], census: Census) -> ClassResult:
    """Return what parts come to, and take down whose submissions they are."""
    result: ClassResult | None = None
    for part in parts:
        if result is None:
            result = ClassResult(Tally(part.tally.columns, settings.assignment.scheme))
        result.add(part)
        census.add(part.source, [part.index])
    if result is None:
        raise ProblemError(
            "there is no submission to mark", where=", ".join(settings.assignment.submissions)
        )
    return result


def _report(problems: Sequence[GradeSettings], results: Sequence[ClassResult]) -> None:
    """Show the reports on the class, one a problem, and write them where that is asked for."""
    able = encodable(output.encoding())
    wholes: list[Document] = []
    for at, (settings, result) in enumerate(zip(problems, results, strict=True)):
        lines = settings.assignment.lines
        if at:
            output.write_text("\n\n")
        document = class_document(result, wording(lines, unicode=able))
        output.write_page(write_document(Page(output.columns(), able), document))
        if settings.report is not None:
            wholes.append(class_document(result, wording(lines)))
    report = problems[0].report
    if report is not None:
        write_file(report, format_of(report).printed(wholes))
    for missed in dict.fromkeys(each.told for result in results for each in result.missed[:SAID]):
        click.echo(f"warning: {visible(missed)}", err=True)
    click.echo(closing_line(results), err=True)
    faults = sum(result.tally.faults for result in results)
    if faults:
        click.echo(told(faults, "cell"), err=True)


def show_preview(problems: Sequence[GradeSettings]) -> int:
    """Show how the first rows are read, for each problem."""
    for settings in problems:
        if len(problems) > 1:
            output.write_text(f"{visible(settings.assignment.label)}\n\n")
        _show_preview(settings)
    return 0


def _show_preview(settings: GradeSettings) -> None:
    found = preview(
        settings.assignment.submissions, settings.assignment.problem, settings.assignment.reading
    )
    output.write_text("".join(f"{visible(line)}\n" for line in found.lines()))


def show_one(problems: Sequence[GradeSettings], student: str) -> int:
    """Show the marking of one student in full; return 1 where nothing of theirs is marked."""
    codes: list[int] = []
    for each in problems:
        code = _show_one(each, student, apart=bool(codes))
        codes += [] if code is None else [code]
    if not codes:
        raise ProblemError(
            f"{visible(student.strip())} has handed in nothing",
            where=problems[0].assignment.submissions[0],
        )
    return max(codes)


def _show_one(settings: GradeSettings, student: str, *, apart: bool) -> int | None:
    """Show the marking of one problem; return None where nothing is handed in."""
    wanted = student.strip()
    able = encodable(output.encoding())
    for block in settings.assignment.blocks():
        for row, own in enumerate(block.ids):
            if identity(own) != identity(wanted):
                continue
            alone = block.of(row)
            marked = settings.assignment.marker.mark(alone)
            for error in marked.block.errors:
                return _refused(error)
            lines = settings.assignment.marker.of(alone)
            sheet = sheet_of(alone, 0, lines)
            given = settings.assignment
            review = check(given.problem, sheet, given.tolerance, lines.student(0))
            words = wording(lines.student(0), unicode=able)
            told = Told(points=points_of(marked, 0, settings.assignment.scheme))
            document = check_document(review, words, told)
            output.write_text("\n\n" if apart else "")
            output.write_page(write_document(Page(output.columns(), able), document))
            return 0
        for error in block.errors:
            if identity(error.id) == identity(wanted):
                return _refused(error)
    return None


def _refused(error: RowError) -> int:
    """Show why nothing of a submission is marked."""
    output.write_text(visible(error.told) + "\n")
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

    def __init__(self, settings: GradeSettings) -> None:
        self.settings = settings
        self.said = ClassFeedback(settings.assignment.marker, settings.reveal)
        assert settings.feedback is not None
        self.folder = settings.feedback / settings.assignment.label_among
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"{self.folder} could not be written: {reason}") from None

    def write_all(self) -> None:
        """Write the feedback to all submissions that count."""
        for block in self.settings.assignment.blocks():
            self.write(block)

    def write(self, block: Block) -> None:
        """Write the feedback to every submission of a block."""
        ending = self.settings.feedback_as
        printer = FORMATS[ENDINGS[ending]]
        for student, document in self.said.of(self.said.marker.mark(block)):
            path = self.folder / file_name(student, ending)
            write_file(path, printer.printed([document]), lasting=False)
