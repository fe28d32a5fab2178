"""Read who is in a class: ids in order, with names and e-mails where the table has them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.gradebook import Entry
from gradcalc.grading.headers import folded
from gradcalc.grading.submissions_layout import tidy_id

IDS = (
    *("studentid", "student", "sid", "sisuserid", "idnumber", "orgdefinedid", "id", "identifier"),
    *("username", "netid", "sisloginid", "email", "emailaddress"),
)
NAMES = ("name", "fullname", "student", "studentname", "displayname")
EMAILS = ("email", "emailaddress", "mail")
MOST = 1_000_000


@dataclass(frozen=True)
class Roster:
    """The students of a class in order, and what a gradebook says of each."""

    ids: tuple[str, ...]
    names: Mapping[str, str]
    emails: Mapping[str, str]

    def named(self, entry: Entry) -> Entry:
        """Return an entry of a gradebook with the student's name and e-mail."""
        student = entry.student
        return replace(entry, name=self.names.get(student, ""), email=self.emails.get(student, ""))


def read_roster(source: Source) -> Roster:
    """Return the students of a table with a column of ids.

    Raises ProblemError where there is none, or an id stands twice.
    """
    rows = _rows(source)
    if not rows:
        raise ProblemError("the roster is empty", where=source.name)
    heads = [folded(head) for head in rows[0]]
    at = next((heads.index(name) for name in IDS if name in heads), None)
    if at is None:
        raise ProblemError(
            "the roster has no column of ids",
            where=source.name,
            hint="name a column student_id, SID, username or email",
        )
    name, email = _column(heads, NAMES, at), _column(heads, EMAILS, None)
    first, last = _column(heads, ("firstname",), at), _column(heads, ("lastname",), at)
    seen: dict[str, int] = {}
    names: dict[str, str] = {}
    emails: dict[str, str] = {}
    for line, row in enumerate(rows[1:], start=2):
        student = tidy_id(row[at]) if at < len(row) else ""
        if not student:
            continue
        if student in seen:
            raise ProblemError(
                f"{student} stands twice in the roster, in lines {seen[student]} and {line}",
                where=f"{source.name}:{line}",
            )
        seen[student] = line
        whole = _cell(row, name) or f"{_cell(row, first)} {_cell(row, last)}".strip()
        names[student], emails[student] = whole, _cell(row, email)
    return Roster(tuple(seen), names, emails)


def _rows(source: Source) -> list[list[str]]:
    head = source.text.lstrip("\ufeff").partition("\n")[0]
    separator = max((",", ";", "\t"), key=head.count)
    try:
        reader = csv.reader(io.StringIO(source.text.lstrip("\ufeff")), delimiter=separator)
        found = [row for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ProblemError(f"the roster cannot be read: {error}", where=source.name) from None
    if len(found) > MOST:
        raise ProblemError(f"the roster has more than {MOST} rows", where=source.name)
    return found


def _column(heads: Sequence[str], names: Sequence[str], apart: int | None) -> int | None:
    return next((heads.index(n) for n in names if n in heads and heads.index(n) != apart), None)


def _cell(row: Sequence[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""
