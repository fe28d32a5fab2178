"""What a class is marked by: the problem, the scheme, the rulings, and the submissions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias
from zipfile import is_zipfile

import numpy as np

from gradcalc.errors import ProblemError
from gradcalc.grading.answers.names import ProblemLabels, Quantities
from gradcalc.grading.answers.sheet import Answer, Sheet
from gradcalc.grading.answers.written import Written
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.individual import drawn
from gradcalc.grading.classes.roster import Roster, read_roster
from gradcalc.grading.classes.scheme import Ruling, Scheme, read_rulings, read_scheme
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.submissions.block import (
    NUMBER,
    UNREADABLE,
    Block,
    Column,
    RowError,
    written_in,
)
from gradcalc.grading.submissions.column_layout import SubmissionIndex
from gradcalc.grading.submissions.duplicates import Census, Chosen, Policy, identity, without_rows
from gradcalc.grading.submissions.headers import read_columns_file
from gradcalc.grading.submissions.named_answers import Asked
from gradcalc.grading.submissions.sources import Reading, open_sources
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference
from gradcalc.problem.reading.loader import load
from gradcalc.problem.text.source import read_source
from gradcalc.problem.text.yaml_nodes import parse_document

MAX_NAME = 40

Best: TypeAlias = dict[str, tuple[str, int]]
"""Where the best submission of each student stands who handed in more than once."""


def read_submissions(
    paths: Sequence[str], problem: Problem, reading: Reading | None = None
) -> Iterator[Block]:
    """Yield the submissions of files, folders and archives; `-` is standard input.

    Raises ProblemError for a source that cannot be read at all.
    """
    for source in open_sources(paths, problem, reading or Reading()):
        for part in source.parts():
            yield source.block(part)


def chosen_rows(
    paths: Sequence[str],
    problem: Problem,
    reading: Reading | None = None,
    policy: Policy = "newest",
) -> Chosen:
    """Return which submission of each student counts, after a pass over all ids.

    newest goes by the time of handing in; without times none of several counts. best
    keeps all: the one with most points counts, which only marking can tell.
    """
    census = Census()
    for source in open_sources(paths, problem, reading or Reading()):
        census.add(source.name, (source.index(part) for part in source.parts()))
    return census.chosen(policy)


@dataclass(frozen=True)
class PreviewRow:
    """One submission as it was read: each entry's name, text, and number or reason."""

    line: int
    id: str
    cells: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class SourcePreview:
    """One source as it was understood.

    meanings: each column's header and what it was taken for.
    """

    name: str
    kind: str
    encoding: str
    separator: str
    meanings: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    errors: tuple[RowError, ...]

    def lines(self) -> Iterator[str]:
        """Yield the preview of one source as lines of text."""
        written = [self.encoding, f"{self.separator}s" if self.separator else ""]
        yield ", ".join([f"{self.name}: {self.kind}", *filter(None, written)])
        wide = min(MAX_NAME, max((len(name) for name, _ in self.meanings), default=0))
        for name, meaning in self.meanings:
            shown = _one_line(name, MAX_NAME)
            yield f"    {shown.ljust(wide)}  {meaning}"
        for note in self.notes:
            yield f"    {note}"
        for row in self.rows:
            yield f"  line {row.line}  {row.id}"
            for name, text, read in row.cells:
                shown = _one_line(text, MAX_NAME) or "(blank)"
                yield f"    {name} = {shown}" + ("" if read in ("", text) else f"  read as {read}")
        for error in self.errors:
            yield f"  line {error.line}  {error.id or '(no id)'}: {error.reason}"
        yield ""


def _one_line(text: str, room: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= room else flat[: room - 1] + "…"


@dataclass(frozen=True)
class Preview:
    """All sources as they were understood, with their first rows."""

    sources: tuple[SourcePreview, ...]

    def lines(self) -> Iterator[str]:
        """Yield the preview as lines of text."""
        for source in self.sources:
            yield from source.lines()


def preview(
    paths: Sequence[str], problem: Problem, reading: Reading | None = None, rows: int = 5
) -> Preview:
    """Return what each source was taken for, and its first rows as read."""
    found = []
    few = replace(reading or Reading(), chunk=max(1, rows))
    for source in open_sources(paths, problem, few):
        blocks: list[Block] = []
        for part in source.parts() if rows else ():
            blocks.append(source.block(part))
            if sum(len(block.ids) + len(block.errors) for block in blocks) >= rows:
                break
        found.append(
            SourcePreview(
                source.name,
                source.kind,
                source.encoding,
                source.separator,
                source.meanings,
                source.ignored,
                source.notes,
                tuple(_rows(blocks))[:rows],
                tuple(error for block in blocks for error in block.errors)[:rows],
            )
        )
    return Preview(tuple(found))


def _rows(blocks: Sequence[Block]) -> Iterator[PreviewRow]:
    for block in blocks:
        for row, (name, line) in enumerate(zip(block.ids, block.lines, strict=True)):
            cells = []
            for at, column in enumerate(block.columns):
                number = block.state[row, at] == NUMBER
                reason = block.reason(row, at)
                read = f"{block.value[row, at]:.15g}" if number else reason and f"nothing: {reason}"
                cells.append((str(column), block.text(row, at), read))
            yield PreviewRow(line, name, tuple(cells))


@dataclass(frozen=True)
class Assignment:
    """The files of one assignment; everything in them is read when it is first needed.

    others: the other problems that the same submissions may answer; own: submissions to
    this problem alone.
    """

    problem_file: str
    submissions: tuple[str, ...]
    columns_file: Path | None = None
    pattern: str | None = None
    duplicates: Policy = "newest"
    scheme_file: Path | None = None
    rulings_file: Path | None = None
    roster_file: Path | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    values_only: bool = False
    others: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

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
    def roster(self) -> Roster | None:
        """Return who is in the class."""
        return None if self.roster_file is None else read_roster(str(self.roster_file))

    def known(self, name: str) -> str | None:
        """Return the id on the roster that an id of a submission means, None for none."""
        return None if self.roster is None else self.roster.find(name)

    @cached_property
    def lines(self) -> Lines:
        """Return the lines that answers are judged by."""
        return lines_of(self.problem)

    @cached_property
    def scheme(self) -> Scheme:
        """Return the marking scheme: a file's, else the problem's, else the default."""
        if self.scheme_file is None:
            node = self.problem.extras.get("marking")
        else:
            root = parse_document(read_source(self.scheme_file))
            own = root.get(self.label_among) if self.others else None
            node = own or root.get("marking") or root
        scheme = replace(read_scheme(node, self.problem), measure=self.tolerance.described)
        return replace(scheme, follows=0.0) if self.values_only else scheme

    @cached_property
    def marker(self) -> Marker:
        """Return what marks a block."""
        rulings: tuple[Ruling, ...] = ()
        if self.rulings_file is not None:
            rulings = read_rulings(read_source(self.rulings_file), self.lines, self.label_among)
        return Marker(self.lines, self.scheme, self.tolerance, rulings, self.values_only)

    @cached_property
    def reading(self) -> Reading:
        """Return how the submissions are read."""
        mapping = None
        if self.columns_file is not None:
            names = Quantities(self.problem, self.labels)
            mapping = read_columns_file(read_source(self.columns_file), names)
        exact = self.values_only and not self.tolerance.of_writer
        return Reading(
            mapping,
            pattern=self.pattern,
            digits=not exact,
            due=self.due,
            labels=self.labels,
            own=self.own,
        )

    @property
    def due(self) -> tuple[Column, ...]:
        """Return the entries that `find` asks for or that the scheme has points for."""
        asked = Asked(self.problem)
        wanted = list(self.problem.find) if self.problem.asked else []
        wanted += [Reference(name) for name in self.scheme.whole]
        wanted += [Reference(name, index) for name, index in self.scheme.entries]
        return tuple(dict.fromkeys(column for each in wanted for column in asked.of(each)[0]))

    @cached_property
    def columns(self) -> tuple[Column, ...] | None:
        """Return the entries that any of several sources asks for; a single one has its own."""
        (first, *others) = self.submissions
        if not others and (first == "-" or not (Path(first).is_file() and is_zipfile(first))):
            return None
        sources = open_sources(self.submissions, self.problem, self.reading)
        return tuple(dict.fromkeys(column for source in sources for column in source.columns))

    @property
    def label(self) -> str:
        """Return what the problem is called among several: the name of its file."""
        return Path(self.problem_file).stem

    @property
    def label_among(self) -> str:
        """Return the same, nothing for a problem alone."""
        return self.label if self.others else ""

    @cached_property
    def labels(self) -> ProblemLabels:
        """Return what tells the problem from others."""
        others = {Path(each).stem: Quantities(load(read_source(each))) for each in self.others}
        return ProblemLabels(self.label, others)

    def best(self, chosen: Chosen) -> Best:
        """Return for students who handed in more than once where their best one stands."""
        found: dict[str, tuple[float, str, int]] = {}
        if self.duplicates != "best" or not chosen.several:
            return {}
        for _, block, _ in self.read():
            rows = np.flatnonzero(chosen.contested(block))
            if not rows.size:
                continue
            rivals = without_rows(block, rows, ())
            scores = self.marker.mark(rivals).score.tolist()
            for student, line, score in zip(rivals.ids, rivals.lines, scores, strict=True):
                known = found.get(identity(student))
                if known is None or score > known[0]:
                    found[identity(student)] = (score, block.source, line)
        return {student: (source, line) for student, (_, source, line) in found.items()}

    def read(self, share: int = 0, shares: int = 1) -> Iterator[tuple[int, Block, SubmissionIndex]]:
        """Yield the blocks of one share of the submissions, with their numbers."""
        number, columns = 0, self.columns
        for source in open_sources(self.submissions, self.problem, self.reading):
            for part in source.parts():
                if number % shares == share:
                    block, index = source.read(part)
                    block = block if columns is None else block.over(columns)
                    yield number, drawn(block, self.problem, self.known), index
                number += 1

    def counting(self, chosen: Chosen) -> Iterator[tuple[int, Block, SubmissionIndex]]:
        """Yield the blocks again that hold submissions which do not count, without them."""
        best = self.best(chosen)
        for number, block, index in self.read():
            if len(chosen.found(block)[0]):
                yield number, without_others(block, chosen, best), index

    def blocks(self) -> Iterator[Block]:
        """Yield all blocks without the submissions that do not count."""
        chosen = chosen_rows(self.submissions, self.problem, self.reading, self.duplicates)
        best = self.best(chosen)
        for _, block, _ in self.read():
            yield without_others(block, chosen, best)


def without_others(block: Block, chosen: Chosen, best: Best) -> Block:
    """Return a block without the submissions that do not count."""
    block = chosen.apply(block)
    contested = np.flatnonzero(chosen.contested(block)) if best else ()
    dropped = [
        int(row)
        for row in contested
        if best[identity(block.ids[row])] != (block.source, block.lines[row])
    ]
    if not dropped:
        return block
    errors = [
        RowError(
            block.file(row),
            block.lines[row],
            block.ids[row],
            "another submission of the same student has more points",
            duplicate=True,
            inside=0 if block.files else None,
        )
        for row in dropped
    ]
    kept = np.setdiff1d(np.arange(len(block.ids)), dropped)
    return without_rows(block, kept, errors)


def sheet_of(block: Block, row: int, lines: Lines) -> Sheet:
    """Return the answers of one submission in the order of the solution, one a quantity."""
    order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
    names = sorted(block.quantities, key=lambda name: order.get(name, len(order)))
    answers = [
        _answer(block, row, name, line, tuple(int(dim) for dim in lines.shapes[name]))
        if name in lines.shapes
        else _unknown(block, row, name, line)
        for line, name in enumerate(names, start=1)
    ]
    return Sheet(f"{block.ids[row]}", tuple(answers))


def _answer(block: Block, row: int, name: str, line: int, shape: tuple[int, ...]) -> Answer:
    columns = {block.columns[at].index: at for at in block.quantities[name]}
    places = list(np.ndindex(shape))
    cells = tuple(_cell(block, row, columns[at]) if at in columns else None for at in places)
    unread = {
        at: (block.text(row, column).strip(), block.reason(row, column))
        for at, column in columns.items()
        if block.state[row, column] == UNREADABLE
    }
    text = " ".join(
        unread[at][0] if at in unread else "_" if cell is None else cell.text
        for at, cell in zip(places, cells, strict=True)
        if at in columns
    )
    absent = frozenset(places) - columns.keys()
    return Answer(name, None, line, text, shape, cells, unread=unread, absent=absent)


def _unknown(block: Block, row: int, name: str, line: int) -> Answer:
    """Return the answer to a quantity that is not judged."""
    text = " ".join(block.text(row, column).strip() for column in block.quantities[name])
    return Answer(name, None, line, text)


def _cell(block: Block, row: int, column: int) -> Written | None:
    if block.state[row, column] != NUMBER:
        return None
    return written_in(block.text(row, column), comma=True)
