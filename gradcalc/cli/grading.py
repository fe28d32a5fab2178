"""The run behind `gradcalc grade`: read, mark, keep parts, write outputs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import TextIO

import click

from gradcalc.cli import output
from gradcalc.cli.files import aside, write_file
from gradcalc.errors import OutputError, ProblemError, visible
from gradcalc.grading.appeal import sheet_of
from gradcalc.grading.block import Block
from gradcalc.grading.chunk import Part, Results
from gradcalc.grading.classrun import ClassResult, in_order, marked_parts
from gradcalc.grading.classwide import Marker
from gradcalc.grading.gradebook import Entry, Form, Gradebook, written
from gradcalc.grading.headers import read_columns_file
from gradcalc.grading.keeping import part_of, part_text
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.marking import check
from gradcalc.grading.roster import Roster, read_roster
from gradcalc.grading.rulings import read_rulings
from gradcalc.grading.scheme import Scheme, read_scheme
from gradcalc.grading.submissions import Reading, read_submissions
from gradcalc.grading.tally import Tally
from gradcalc.problem.document import parse_document
from gradcalc.problem.loader import load
from gradcalc.problem.model import Problem
from gradcalc.problem.reading import read_source
from gradcalc.report.auditpage import AuditPage
from gradcalc.report.classpage import class_page
from gradcalc.report.feedback import Feedback, file_name, html_page
from gradcalc.report.page import Page, encodable
from gradcalc.report.reasons import Reveal
from gradcalc.report.wording import wording

PATIENCE = 1.0
"""Seconds after which progress is shown."""


@dataclass(frozen=True)
class Settings:
    """Everything that a call of `gradcalc grade` asks for."""

    problem_file: str
    submissions: tuple[str, ...]
    gradebook: Path | None
    form: Form
    results: Path | None
    every: bool
    feedback: Path | None
    feedback_as: str
    reveal: Reveal
    html: Path | None
    roster_file: Path | None
    columns_file: Path | None
    pattern: str | None
    duplicates: str
    scheme_file: Path | None
    rulings_file: Path | None
    resume: bool
    processes: int

    @cached_property
    def problem(self) -> Problem:
        """Return the problem; a class is marked by numbers."""
        problem = load(read_source(self.problem_file))
        if not problem.numeric:
            raise ProblemError(
                "a class is marked by numbers; this problem has letters",
                where=self.problem_file,
                hint="`gradcalc check` reads formulas, one sheet at a time",
            )
        return problem

    @cached_property
    def lines(self) -> Lines:
        """Return the lines that answers are judged by."""
        return lines_of(self.problem)

    @cached_property
    def scheme(self) -> Scheme:
        """Return the marking scheme: a file's, else the problem's, else the default."""
        if self.scheme_file is None:
            return read_scheme(self.problem.extras.get("marking"), self.problem)
        root = parse_document(read_source(self.scheme_file))
        return read_scheme(root.get("marking") or root, self.problem)

    @cached_property
    def marker(self) -> Marker:
        """Return what marks a block."""
        rulings = ()
        if self.rulings_file is not None:
            rulings = read_rulings(read_source(self.rulings_file), self.lines)
        return Marker(self.lines, self.scheme, rulings=rulings)

    @cached_property
    def reading(self) -> Reading:
        """Return how the submissions are read."""
        mapping = None
        if self.columns_file is not None:
            mapping = read_columns_file(read_source(self.columns_file), self.problem)
        return Reading(columns=mapping, pattern=self.pattern)

    @cached_property
    def roster(self) -> Roster | None:
        """Return who is in the class."""
        return None if self.roster_file is None else read_roster(read_source(self.roster_file))

    @property
    def wanted(self) -> Results:
        """Return which lines of results are written."""
        if self.results is None:
            return "none"
        return "all" if self.every else "wrong"

    def blocks(self) -> Iterator[Block]:
        """Yield the submissions, block by block."""
        return read_submissions(self.submissions, self.problem, self.reading)


def grade(settings: Settings) -> int:
    """Mark a class, write every output, show the report; return the exit code."""
    marker = settings.marker
    keeper = _Parts(settings)
    result: ClassResult | None = None
    progress = _Progress(settings.submissions)
    with ExitStack() as stack:
        feedback = _Feedback(settings) if settings.feedback is not None else None
        blocks = _watched(settings.blocks(), feedback)
        for number, part in marked_parts(blocks, marker, keeper.known, settings.wanted):
            if result is None:
                result = ClassResult(Tally(part.tally.columns, settings.scheme))
            result.add(part)
            keeper.keep(number, part)
            progress.show(result.read)
        progress.end()
        if result is None:
            raise ProblemError(
                "there is no submission to mark", where=", ".join(settings.submissions)
            )
        _write(settings, keeper, result, stack)
    keeper.clear()
    _report(settings, result)
    return 0 if result.fine else 1


def _watched(blocks: Iterable[Block], feedback: _Feedback | None) -> Iterator[Block]:
    for block in blocks:
        if feedback is not None:
            feedback.write(block)
        yield block


def _write(settings: Settings, keeper: _Parts, result: ClassResult, stack: ExitStack) -> None:
    """Write the gradebook, the results and the list of problems, each whole or not at all."""
    roster = settings.roster
    marked: set[str] = set()
    names = list(dict.fromkeys(column.name for column in result.tally.columns))
    book = Gradebook(settings.form, settings.problem.title, result.tally.most, tuple(names))
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
    page = class_page(Page(output.columns(), able), result, wording(settings.lines, unicode=able))
    output.write_page(page)
    if settings.html is not None:
        whole = class_page(Page(100), result, wording(settings.lines))
        write_file(settings.html, html_page(settings.problem.title, whole.plain()))
    click.echo(result.closing, err=True)


def show_preview(settings: Settings) -> int:
    """Show how the first rows are read."""
    from gradcalc.grading.submissions import preview as read_preview

    found = read_preview(settings.submissions, settings.problem, settings.reading)
    output.write_text("".join(f"{visible(line)}\n" for line in found.lines()))
    return 0


def show_one(settings: Settings, student: str) -> int:
    """Show the marking of one student in full; return 1 where nothing of theirs is marked."""
    wanted = student.strip()
    able = encodable(output.encoding())
    for block in settings.blocks():
        for row, own in enumerate(block.ids):
            if own != wanted and own != wanted.casefold():
                continue
            alone = block.of(row)
            marked = settings.marker.mark(alone)
            lines = settings.marker.of(alone)
            sheet = sheet_of(alone, 0, lines)
            review = check(settings.problem, sheet, lines=lines.student(0))
            words = wording(lines, unicode=able)
            page = AuditPage(Page(output.columns(), able), review, words).write()
            feedback = Feedback(marked, 0, settings.scheme, words)
            feedback.points(page)
            output.write_page(page)
            return 0
        for error in block.errors:
            if error.id == wanted:
                output.write_text(visible(f"{error.source}:{error.line}: {error.reason}") + "\n")
                return 1
    raise ProblemError(f"{visible(wanted)} has handed in nothing", where=settings.submissions[0])


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
        marked = settings.marker.mark(block)
        for row, student in enumerate(block.ids):
            alone = block.of(row)
            lines = settings.marker.of(alone)
            review = check(settings.problem, sheet_of(alone, 0, lines), lines=lines.student(0))
            words = wording(lines)
            page = AuditPage(Page(80), review, words, settings.reveal, hint=False).write()
            Feedback(marked, row, settings.scheme, words).points(page)
            text = page.plain()
            ending = settings.feedback_as
            whole = html_page(student, text) if ending == "html" else f"```text\n{text}```\n"
            write_file(self.folder / file_name(student, ending), whole)


class _Parts:
    """Parts of a run, kept in a folder beside the gradebook until it is written."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.memory: list[Part] = []
        self.count = 0
        self.folder: Path | None = None
        if settings.gradebook is not None:
            book = settings.gradebook
            self.folder = book.with_name(f".{book.name}.parts")
            self.prepare()

    @cached_property
    def fingerprint(self) -> str:
        """Return what has to be the same for parts to be used again."""
        settings = self.settings
        digest = blake2b(digest_size=16)
        files = [settings.problem_file, settings.scheme_file, settings.rulings_file]
        for path in (*files, settings.columns_file):
            if path is not None and str(path) != "-":
                digest.update(Path(path).read_bytes() + b"\0")
        for name in settings.submissions:
            path = Path(name)
            if name != "-" and path.exists():
                state = path.stat()
                digest.update(f"{name} {state.st_size} {state.st_mtime_ns}\0".encode())
        words = (settings.wanted, settings.pattern, settings.duplicates)
        digest.update(json.dumps(words).encode())
        return digest.hexdigest()

    def prepare(self) -> None:
        """Make the folder; parts of another run are removed."""
        assert self.folder is not None
        note = self.folder / "run"
        try:
            known = note.read_text() if note.exists() else ""
            if not (self.settings.resume and known == self.fingerprint):
                shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(exist_ok=True)
            note.write_text(self.fingerprint)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(f"{self.folder.parent} could not be written: {reason}") from None

    def path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / f"{number:07d}.json"

    def known(self, number: int) -> Part | None:
        """Return a part that an interrupted run has left."""
        if self.folder is None or not self.settings.resume or not self.path(number).exists():
            return None
        return self.read(number)

    def read(self, number: int) -> Part | None:
        try:
            text = self.path(number).read_text(encoding="utf-8")
            return part_of(text, self.settings.scheme)
        except (OSError, ValueError):
            return None

    def keep(self, number: int, part: Part) -> None:
        """Keep a part: in its file, or in memory where no gradebook is written."""
        self.count = number + 1
        if self.folder is None:
            if self.settings.results is not None or self.settings.roster is not None:
                self.memory.append(part)
            return
        if not self.path(number).exists():
            write_file(self.path(number), part_text(part))

    def parts(self) -> Iterator[Part]:
        """Yield all parts in order."""
        if self.folder is None:
            yield from self.memory
            return
        for number in range(self.count):
            part = self.read(number)
            if part is None:
                raise OutputError(f"{self.path(number)} could not be read back")
            yield part

    def clear(self) -> None:
        """Remove the parts once the gradebook is there."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


class _Progress:
    """Shows on stderr how many are marked, how fast, and how long it will take."""

    def __init__(self, names: Iterable[str]) -> None:
        self.start = self.last = monotonic()
        self.shown = False
        self.able = sys.stderr is not None and sys.stderr.isatty()
        self.total = _rows_in(names) if self.able else 0

    def show(self, count: int) -> None:
        """Write the line again, at most five times a second."""
        now = monotonic()
        if not self.able or now - self.start < PATIENCE or now - self.last < 0.2:
            return
        self.last, self.shown = now, True
        rate = count / (now - self.start)
        text = f"{count} read, {rate:.0f} a second"
        if self.total > count:
            text += f", {(self.total - count) / rate:.0f} s left"
        click.echo(f"\r{text.ljust(60)}", err=True, nl=False)

    def end(self) -> None:
        """Remove the line."""
        if self.shown:
            click.echo("\r" + " " * 60 + "\r", err=True, nl=False)


def _rows_in(names: Iterable[str]) -> int:
    """Return about how many rows the tables have."""
    total = 0
    for name in names:
        path = Path(name)
        if name != "-" and path.is_file():
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    total += block.count(b"\n")
    return total
