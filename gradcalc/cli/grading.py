"""The run behind `gradcalc grade`: read, mark, keep parts, write outputs."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import TextIO

import click
import numpy as np

from gradcalc import __version__
from gradcalc.cli import output
from gradcalc.cli.files import aside, write_file
from gradcalc.errors import OutputError, ProblemError, visible
from gradcalc.grading.appeal import sheet_of
from gradcalc.grading.block import Block, RowError
from gradcalc.grading.chunk import Part, Results, mark_part
from gradcalc.grading.classrun import ClassResult, in_order
from gradcalc.grading.classwide import Marker
from gradcalc.grading.gradebook import Entry, Form, Gradebook, written
from gradcalc.grading.headers import read_columns_file
from gradcalc.grading.keeping import part_of, part_text
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.marking import check
from gradcalc.grading.roster import Roster, read_roster
from gradcalc.grading.rulings import Ruling, read_rulings
from gradcalc.grading.scheme import Scheme, read_scheme
from gradcalc.grading.submissions import (
    Chosen,
    Policy,
    Reading,
    chosen_rows,
    identity,
    preview,
    without_rows,
)
from gradcalc.grading.submissions_open import open_sources
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
    duplicates: Policy
    scheme_file: Path | None
    rulings_file: Path | None
    resume: bool
    processes: int

    @cached_property
    def parts_folder(self) -> Path:
        """Return the folder in which parts of the run are kept."""
        if self.gradebook is not None:
            return self.gradebook.with_name(f".{self.gradebook.name}.parts")
        return Path(tempfile.gettempdir()) / f"gradcalc-{os.getpid()}-{id(self):x}.parts"

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
        rulings: tuple[Ruling, ...] = ()
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

    @cached_property
    def chosen(self) -> Chosen:
        """Return which submission of each student counts."""
        return chosen_rows(self.submissions, self.problem, self.reading, self.duplicates)

    @cached_property
    def best(self) -> dict[str, tuple[str, int]]:
        """Return for students who handed in more than once where their best one stands."""
        found: dict[str, tuple[float, str, int]] = {}
        if self.duplicates != "best":
            return {}
        for _, block in self.read():
            rows = np.flatnonzero(self.chosen.contested(block))
            if not rows.size:
                continue
            rivals = without_rows(block, rows, ())
            scores = self.marker.mark(rivals).score.tolist()
            for student, line, score in zip(rivals.ids, rivals.lines, scores, strict=True):
                known = found.get(identity(student))
                if known is None or score > known[0]:
                    found[identity(student)] = (score, block.source, line)
        return {student: (source, line) for student, (_, source, line) in found.items()}

    def read(self, share: int = 0, shares: int = 1) -> Iterator[tuple[int, Block]]:
        """Yield the blocks of one share of the submissions, with their numbers."""
        number = 0
        for source in open_sources(self.submissions, self.problem, self.reading):
            for part in source.parts():
                if number % shares == share:
                    yield number, source.block(part)
                number += 1

    def blocks(self, share: int = 0, shares: int = 1) -> Iterator[tuple[int, Block]]:
        """Yield the same without the submissions that do not count."""
        for number, block in self.read(share, shares):
            yield number, self.counting(block)

    def counting(self, block: Block) -> Block:
        """Return a block without the submissions that do not count."""
        block = self.chosen.apply(block)
        contested = np.flatnonzero(self.chosen.contested(block)) if self.best else ()
        dropped = [
            row
            for row in contested
            if self.best[identity(block.ids[row])] != (block.source, block.lines[row])
        ]
        if not dropped:
            return block
        errors = [
            RowError(
                block.source,
                block.lines[row],
                block.ids[row],
                "another submission of the same student has more points",
                duplicate=True,
            )
            for row in dropped
        ]
        kept = np.setdiff1d(np.arange(len(block.ids)), dropped)
        return without_rows(block, kept, errors)


def grade(settings: Settings) -> int:
    """Mark a class, write every output, show the report; return the exit code."""
    keeper = _Parts(settings)
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


def _marked(settings: Settings, keeper: _Parts) -> ClassResult:
    """Mark all blocks, in several processes where that is asked for, and add them up."""
    result: ClassResult | None = None
    progress = _Progress(settings.submissions)
    shares = 1 if "-" in settings.submissions else settings.processes
    if shares > 1:
        settings.best  # noqa: B018 - found once, and sent with the settings
        settings.chosen  # noqa: B018
        with ProcessPoolExecutor(shares, get_context("spawn")) as pool:
            calls = [pool.submit(mark_share, settings, n, shares) for n in range(shares)]
            keeper.count = sum(call.result() for call in calls)
    else:
        feedback = _Feedback(settings) if settings.feedback is not None else None
        for number, block in settings.blocks():
            keeper.mark(number, block, feedback)
            progress.show(keeper.rows)
    for part in keeper.parts():
        if result is None:
            result = ClassResult(Tally(part.tally.columns, settings.scheme))
        result.add(part)
    progress.end()
    if result is None:
        raise ProblemError("there is no submission to mark", where=", ".join(settings.submissions))
    return result


def mark_share(settings: Settings, share: int, shares: int) -> int:
    """Mark every `shares`-th block and keep the parts; return how many there are."""
    keeper = _Parts(settings, fresh=False)
    feedback = _Feedback(settings) if settings.feedback is not None else None
    for number, block in settings.blocks(share, shares):
        keeper.mark(number, block, feedback)
    return keeper.done


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
    found = preview(settings.submissions, settings.problem, settings.reading)
    output.write_text("".join(f"{visible(line)}\n" for line in found.lines()))
    return 0


def show_one(settings: Settings, student: str) -> int:
    """Show the marking of one student in full; return 1 where nothing of theirs is marked."""
    wanted = student.strip()
    able = encodable(output.encoding())
    for _, block in settings.blocks():
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
    """Parts of a run, kept in a folder until the outputs are written.

    It stands beside the gradebook, so that an interrupted run can go on, or among the
    temporary files where no gradebook is written. fresh: this process begins the run.
    """

    def __init__(self, settings: Settings, *, fresh: bool = True) -> None:
        self.settings = settings
        self.count = self.done = self.rows = 0
        self.folder = settings.parts_folder
        if fresh:
            self.prepare()

    @property
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
        words = (__version__, settings.wanted, settings.pattern, settings.duplicates)
        digest.update(json.dumps(words).encode())
        return digest.hexdigest()

    def prepare(self) -> None:
        """Make the folder; parts of another run are removed."""
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
        return self.folder / f"{number:07d}.json"

    def mark(self, number: int, block: Block, feedback: _Feedback | None) -> None:
        """Mark a block and keep its part; one that is there already is not marked again."""
        if feedback is not None:
            feedback.write(block)
        if not self.path(number).exists():
            part = mark_part(block, self.settings.marker, self.settings.wanted)
            write_file(self.path(number), part_text(part))
        self.count, self.done = number + 1, self.done + 1
        self.rows += len(block.ids) + len(block.errors)

    def parts(self) -> Iterator[Part]:
        """Yield all parts in order."""
        for number in range(self.count):
            try:
                text = self.path(number).read_text(encoding="utf-8")
                part = part_of(text, self.settings.scheme)
            except (OSError, ValueError):
                raise OutputError(f"{self.path(number)} could not be read back") from None
            yield part

    def clear(self) -> None:
        """Remove the parts once the outputs are there."""
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
