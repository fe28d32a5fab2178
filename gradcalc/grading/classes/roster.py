"""Read who is in a class: ids in order, with names and e-mails where the table has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.classes.gradebook import GradebookEntry
from gradcalc.grading.submissions.column_layout import tidy_id
from gradcalc.grading.submissions.csv_table import Head, open_lines, read_head
from gradcalc.grading.submissions.duplicates import identity
from gradcalc.grading.submissions.headers import EMAILS, IDS, folded
from gradcalc.grading.submissions.streams import QUOTE, STDIN, LineReader, Origin

NAMES = ("name", "fullname", "studentname", "displayname", "student", "sortablename")
FIRST, LAST = ("firstname", "givenname"), ("lastname", "surname", "familyname")
NO_STUDENT = ("pointspossible", "student,test", "teststudent")
MOST = 1_000_000
LINES = 10_000


@dataclass(frozen=True)
class Roster:
    """The students of a class in order, and what a gradebook says of each.

    also: other ids of a student, such as a login or an e-mail, as they are compared.
    skipped: lines without an id.
    """

    ids: tuple[str, ...]
    names: Mapping[str, str]
    emails: Mapping[str, str]
    also: Mapping[str, str] = field(default_factory=dict, repr=False)
    skipped: tuple[int, ...] = ()

    def find(self, name: str) -> str | None:
        """Return the id on the roster that an id of a submission means, None for none.

        An id of another kind, an e-mail where the roster goes by numbers, is found too.
        """
        return self.also.get(identity(name))

    def named(self, entry: GradebookEntry) -> GradebookEntry:
        """Return an entry of a gradebook with the student's id on the roster, name and e-mail."""
        student = self.find(entry.student) or entry.student
        name, email = self.names.get(student, ""), self.emails.get(student, "")
        return replace(entry, student=student, name=name, email=email)


def read_roster(source: Source | str) -> Roster:
    """Return the students of a table with a column of ids, given as text or as a path.

    Raises ProblemError where there is none, or an id stands twice.
    """
    if isinstance(source, Source):
        return _Reader(source.name, BytesIO(source.text.encode("utf-8", "replace"))).roster()
    origin = Origin(STDIN if source == "-" else source, source)
    file = origin.open()
    try:
        return _Reader(origin.name, file).roster()
    finally:
        origin.close(file)


class _Reader:
    """Reads one roster."""

    def __init__(self, name: str, file: object) -> None:
        self.lines, encoding = open_lines(file)  # type: ignore[arg-type]
        self.head = read_head(name, self.lines, encoding)
        self.ids = [at for at in map(self.column, map(_alone, (*IDS, *EMAILS))) if at is not None]
        self.ids = list(dict.fromkeys(self.ids))
        if not self.ids:
            raise ProblemError(
                "the roster has no column of ids",
                self.head.place(0),
                "the columns of this table",
                "name a column student_id, SID, username or email",
            )
        taken = self.ids[0]
        self.name = self.column(NAMES, taken)
        self.email = self.column(EMAILS)
        self.first, self.last = self.column(FIRST), self.column(LAST)

    def column(self, aliases: Sequence[str], apart: int | None = None) -> int | None:
        """Return the column of the first alias that is there."""
        heads = self.head.plain
        found = (heads.index(alias) for alias in aliases if alias in heads)
        return next((at for at in found if at != apart), None)

    def roster(self) -> Roster:
        """Return the students in the order of the table."""
        seen: dict[str, tuple[str, int]] = {}
        also: dict[str, str] = {}
        names: dict[str, str] = {}
        emails: dict[str, str] = {}
        skipped: list[int] = []
        for line, row in self.rows():
            own = [tidy_id(text) for at in self.ids if (text := _cell(row, at))]
            if not own:
                skipped.append(line)
                continue
            student, key = own[0], identity(own[0])
            if key in seen:
                raise ProblemError(
                    f"{student} stands twice in the roster, in lines {seen[key][1]} and {line}",
                    where=f"{self.head.source}:{line}",
                    hint="remove one of them",
                )
            seen[key] = student, line
            whole = f"{_cell(row, self.first)} {_cell(row, self.last)}".strip()
            names[student] = _cell(row, self.name) or whole
            emails[student] = _cell(row, self.email)
            for other in own[1:]:
                also.setdefault(identity(other), student)
            if len(seen) > MOST:
                raise ProblemError(f"more than {MOST} students", where=self.head.source)
        also |= {key: student for key, (student, _) in seen.items()}
        ids = tuple(student for student, _ in seen.values())
        return Roster(ids, names, emails, also, tuple(skipped))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the line and the cells of each student's row."""
        for line, record in _records(self.lines, self.head):
            row = [cell.decode("utf-8", "replace").strip().lstrip("#") for cell in record]
            words = folded(row[0]) if row else ""
            if any(row) and not words.startswith(NO_STUDENT):
                yield line, row


def _records(lines: LineReader, head: Head) -> Iterator[tuple[int, Sequence[bytes]]]:
    """Yield the line and the cells of each row; raises ProblemError at a quote left open."""
    while True:
        lines.fill(LINES)
        end = lines.offset(LINES)
        whole = head.dialect.whole(lines.buffer[:end], lines.ended) or end
        if not whole:
            return
        taken = lines.take(whole)
        data, at, line = taken.data, 0, taken.line
        while at < len(data):
            end = data.index(b"\n", at) + 1
            if QUOTE not in data[at:end]:
                yield line, data[at : end - 1].split(head.separator)
            else:
                record = head.dialect.record(data, at)
                if record.broken:
                    where = f"{head.source}:{line}"
                    raise ProblemError(f"{record.broken}, line {line} of the roster", where=where)
                yield line, record.fields
                end = record.end
            line += data.count(b"\n", at, end)
            at = end


def _alone(alias: str) -> tuple[str]:
    return (alias,)


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at] if at is not None and at < len(row) else ""
