"""Read a long CSV table, one answer a row: a student, a quantity, an entry, a value."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import IO
from zlib import crc32

from gradcalc.errors import ProblemError
from gradcalc.grading.submissions.block import UNREADABLE, Block, Cell, RowError
from gradcalc.grading.submissions.column_layout import (
    MAX_ID,
    ColumnLayout,
    SubmissionIndex,
    SubmissionRow,
    block_of_rows,
    id_error,
    read,
    tidy_id,
)
from gradcalc.grading.submissions.csv_table import Head
from gradcalc.grading.submissions.duplicates import read_time
from gradcalc.grading.submissions.headers import EMAILS, IDS, STAMPS, Headers, folded
from gradcalc.grading.submissions.named_answers import Asked, Filler, Named
from gradcalc.grading.submissions.streams import QUOTE, LineReader
from gradcalc.grading.submissions.wide_table import WideTable
from gradcalc.problem.model import Problem

QUANTITY = ("quantity", "variable", "item", "field", "part", "question")
VALUE = ("value", "answer", "response", "given")
INDEX = ("index", "entry", "position")
PROBLEM = ("problem", "exercise", "assignment", "task")
MOST_BUCKETS = 200


@dataclass(frozen=True)
class LongColumns:
    """Which column of a long table is what."""

    id: int
    quantity: int
    value: int
    index: int | None = None
    stamp: int | None = None
    problem: int | None = None


def long_columns(names: Sequence[str]) -> LongColumns | None:
    """Return what the columns of a long table are, None where it is none."""
    plain = [folded(name) for name in names]

    def find(aliases: Sequence[str]) -> int | None:
        return next((plain.index(alias) for alias in aliases if alias in plain), None)

    id_, quantity, value = find((*IDS, *EMAILS)), find(QUANTITY), find(VALUE)
    if id_ is None or quantity is None or value is None or quantity == value:
        return None
    return LongColumns(id_, quantity, value, find(INDEX), find(STAMPS), find(PROBLEM))


@dataclass(frozen=True)
class LongRow:
    """One row of a long table."""

    line: int
    id: str
    name: str
    value: str
    stamp: str = ""


@dataclass(frozen=True)
class StudentRows:
    """What one student answered: one submission."""

    answers: tuple[LongRow, ...]


@dataclass(frozen=True)
class LongRows:
    """Rows of a long table, grouped by student, on the way to a block."""

    groups: tuple[StudentRows, ...]
    errors: tuple[RowError, ...] = ()


@dataclass
class LongTable:
    """A long table of one source. `count` goes through it once and must come first."""

    head: Head
    columns: LongColumns
    asked: Asked
    named: Named = field(init=False)
    students: int = 0
    scattered: bool = False

    def __post_init__(self) -> None:
        self.named = Named(self.asked)
        dialect = replace(self.head.dialect, id=self.columns.id)
        self.table = WideTable(
            self.head.source, dialect, Headers(self.columns.id), ColumnLayout(())
        )
        self.wanted = _titles(self.asked.problem)

    def count(self, reader: LineReader, rows: int) -> None:
        """Find out which entries are named, and whether a student's rows stand together.

        Raises ProblemError where no row is an answer to this problem.
        """
        seen: set[int] = set()
        others: set[str] = set()
        for _, group in groupby(self.read(reader, rows, others), key=_student):
            answers = [found for found in group if isinstance(found, LongRow)]
            if answers:
                key = hash(answers[0].id)
                self.scattered |= key in seen
                seen.add(key)
                self.named.count({answer.name: answer.value for answer in answers})
        self.named.end()
        self.students = len(seen)
        if not self.named.entries:
            unknown = ", ".join([*self.named.ignored, *sorted(others)][:6])
            raise ProblemError(
                "no row of this table is an answer to this problem",
                self.head.place(self.columns.quantity),
                hint=f"it has {unknown}" if unknown else "quantities stand in this column",
            )

    def filler(self) -> Filler:
        """Return where the answers go, once they are counted."""
        named = replace(self.named, rows=self.students)
        return Filler(self.asked, named.layout())

    def read(
        self, reader: LineReader, rows: int, others: set[str] | None = None
    ) -> Iterator[LongRow | RowError]:
        """Yield the answers of all rows, and why others are none.

        others: collects the names of other problems, whose rows are passed over.
        """
        source, columns = self.head.source, self.columns
        for line, fields, broken in self.records(reader, rows):
            name = ""
            try:
                if broken:
                    raise ValueError(broken)
                if not any(map(bytes.strip, fields)):
                    continue
                texts = self.table.cells(fields)
                name = tidy_id(texts[columns.id])
                if (reason := id_error(name)) is not None:
                    raise ValueError(reason)
            except ValueError as error:
                yield RowError(source, line, name[:MAX_ID], str(error))
                continue
            if columns.problem is not None:
                problem = texts[columns.problem].strip()
                if problem.casefold() not in self.wanted:
                    if others is not None and len(others) < 100:
                        others.add(f"the problem {problem[:40]}")
                    continue
            quantity = texts[columns.quantity].strip()
            index = texts[columns.index].strip() if columns.index is not None else ""
            stamp = texts[columns.stamp].strip() if columns.stamp is not None else ""
            if index:
                quantity = f"{quantity}[{index.strip('[]() ').replace(';', ',')}]"
            yield LongRow(line, name, quantity, texts[columns.value], stamp)

    def records(
        self, reader: LineReader, rows: int
    ) -> Iterator[tuple[int, tuple[bytes, ...], str]]:
        """Yield line, cells and what is wrong of each row."""
        dialect = self.table.dialect
        for lines in self.table.stretches(reader, rows):
            data, at, number = lines.data, 0, lines.line
            while at < len(data):
                end = data.index(b"\n", at) + 1
                if QUOTE not in data[at:end]:
                    yield number, tuple(data[at : end - 1].split(dialect.separator)), ""
                else:
                    record = dialect.record(data, at)
                    yield number, record.fields, record.broken
                    end = record.end
                number += data.count(b"\n", at, end)
                at = end

    def parts(self, reader: LineReader, rows: int) -> Iterator[LongRows]:
        """Yield so many submissions at a time, a student's rows together."""
        found = self.read(reader, rows * 8)
        if not self.scattered:
            yield from _chunks(found, rows)
            return
        for bucket in _buckets(found, max(1, min(MOST_BUCKETS, self.students // rows))):
            yield from _chunks(bucket, rows)

    def block(self, filler: Filler, part: LongRows) -> Block:
        """Return the submissions of some rows."""
        rows = [self.row(filler, group) for group in part.groups]
        return block_of_rows(self.head.source, filler.layout, rows, part.errors)

    def row(self, filler: Filler, group: StudentRows) -> SubmissionRow:
        """Return one submission."""
        cells = filler.blank()
        lines: dict[int, int] = {}
        for answer in group.answers:
            columns, shape = self.asked.entries(answer.name)
            found = filler.read(columns, answer.value, shape) if columns else ()
            for column, cell in zip(columns, found, strict=True):
                at = filler.place.get(column)
                if at is None:
                    continue
                twice = at in lines and cell != cells[at]
                first = lines.setdefault(at, answer.line)
                reason = f"{column} is given twice, in lines {first} and {answer.line}"
                cells[at] = Cell(read(cell).text, UNREADABLE, reason=reason) if twice else cell
        return SubmissionRow(group.answers[0].line, group.answers[0].id, cells, lines=lines)

    def index(self, part: LongRows) -> SubmissionIndex:
        """Return whose submissions some rows hold."""
        index = SubmissionIndex()
        for group in part.groups:
            stamps = [answer.stamp for answer in group.answers if answer.stamp]
            index.add(group.answers[0].id, group.answers[0].line, max(stamps, default=""))
        return index


def _student(found: LongRow | RowError) -> str:
    return found.id


def _chunks(found: Iterator[LongRow | RowError], rows: int) -> Iterator[LongRows]:
    """Yield groups, so many at a time, with the errors between them."""
    groups: list[StudentRows] = []
    errors: list[RowError] = []
    for _, group in groupby(found, key=_student):
        answers: list[LongRow] = []
        for each in group:
            if isinstance(each, LongRow):
                answers.append(each)
            else:
                errors.append(each)
        groups += _submissions(answers)
        if len(groups) + len(errors) >= rows:
            yield LongRows(tuple(groups), tuple(errors))
            groups, errors = [], []
    if groups or errors:
        yield LongRows(tuple(groups), tuple(errors))


def _submissions(answers: list[LongRow]) -> Iterator[StudentRows]:
    """Yield the submissions of one student.

    There are several where an answer comes again at another time.
    """
    if not answers:
        return
    names = {answer.name for answer in answers}
    times = {answer.stamp for answer in answers}
    dated = all(each and read_time(each).day_first > 0 for each in times)
    if len(names) == len(answers) or len(times) == 1 or not dated:
        yield StudentRows(tuple(answers))
        return
    by_time: dict[str, list[LongRow]] = {}
    for answer in answers:
        by_time.setdefault(answer.stamp, []).append(answer)
    for each in by_time.values():
        yield StudentRows(tuple(each))


def _buckets(
    found: Iterator[LongRow | RowError], count: int
) -> Iterator[Iterator[LongRow | RowError]]:
    """Yield the rows again, each student's together, kept on the disk meanwhile."""
    files: list[IO[bytes]] = []
    try:
        for _ in range(count):
            files.append(tempfile.SpooledTemporaryFile(max_size=1 << 20))  # noqa: PERF401, SIM115
        for each in found:
            answer = isinstance(each, LongRow)
            fields = list(vars(each).values())
            line = json.dumps([answer, *fields]).encode("ascii")
            files[crc32(each.id.encode("utf-8")) % count].write(line + b"\n")
        for file in files:
            file.seek(0)
            rows = [_kept(line) for line in file]
            first: dict[str, int] = {}
            for each in rows:
                first.setdefault(each.id, each.line)
            rows.sort(key=lambda each: (first[each.id], each.line))
            yield iter(rows)
    finally:
        for file in files:
            file.close()


def _kept(line: bytes) -> LongRow | RowError:
    answer, *fields = json.loads(line)
    return LongRow(*fields) if answer else RowError(*fields)


def _titles(problem: Problem) -> frozenset[str]:
    """Return what a problem may be called in a table."""
    path = Path(problem.source.name)
    return frozenset(text.casefold() for text in (problem.title, path.name, path.stem) if text)
