"""Find out what each file of submissions is, and open it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from gradcalc.errors import ProblemError
from gradcalc.grading.answers.names import ProblemLabels
from gradcalc.grading.submissions.block import Block, Column, Unread
from gradcalc.grading.submissions.column_layout import SubmissionIndex
from gradcalc.grading.submissions.csv_table import NAMED, Head, open_lines, read_head, table_of
from gradcalc.grading.submissions.downloads import SHEETS, TABLES, Container, Member
from gradcalc.grading.submissions.headers import Headers
from gradcalc.grading.submissions.json_lines import count_names, json_lines, stretches
from gradcalc.grading.submissions.long_table import LongTable, long_columns
from gradcalc.grading.submissions.named_answers import MOST, Asked, Named, holds_numbers, unread
from gradcalc.grading.submissions.sheet_files import open_folder
from gradcalc.grading.submissions.streams import (
    PIECE,
    STDIN,
    Origin,
    Stretch,
    encoding_of,
    first_bytes,
)
from gradcalc.grading.submissions.wide_table import WideTable
from gradcalc.problem.model import Problem
from gradcalc.problem.text.source import is_folder

ARCHIVE = b"PK\x03\x04"
SAMPLE = 40
"""Rows that tell what the columns hold."""
MAX_TABLE = 4_000_000_000


@dataclass(frozen=True)
class Reading:
    """How submissions are read.

    columns: quantity → header. chunk: rows of a block. pattern: a regular expression that
    finds the id in a file's name, as its group student_id or id. digits: whether the
    digits are counted as written. due: entries that are asked for even where no submission
    names them; a wide table asks for what its columns are. labels: the names of the
    problems, of several; own: paths that are for this problem alone, so that no name in
    them can mean another one.
    """

    columns: Mapping[str, str] | None = None
    chunk: int = 8192
    pattern: str | None = None
    digits: bool = True
    due: tuple[Column, ...] = ()
    labels: ProblemLabels | None = None
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """One source of submissions, ready to be read; parts: stretches that can be blocks.

    both: block and index at once, where that is less work. columns: the entries of its
    blocks. meanings: each column's header, or name, and what it was taken for.
    """

    name: str
    kind: str
    parts: Callable[[], Iterator[Any]]
    block: Callable[[Any], Block]
    index: Callable[[Any], SubmissionIndex]
    columns: tuple[Column, ...]
    encoding: str = ""
    separator: str = ""
    meanings: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    both: Callable[[Any], tuple[Block, SubmissionIndex]] | None = None

    def read(self, part: object) -> tuple[Block, SubmissionIndex]:
        """Return the submissions that a stretch holds, and whose they are."""
        block, index = self.both(part) if self.both else (self.block(part), self.index(part))
        return replace(block, unread=(*self.unread, *block.unread)), index


def open_sources(paths: Sequence[str], problem: Problem, reading: Reading) -> Iterator[Opened]:
    """Yield what the paths mean, each closed when the next is asked for.

    Raises ProblemError for a source that cannot be read at all.
    """
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise ProblemError(f"{path} is given twice", where=path)
        seen.add(path)
        yield from _Opener(path, problem, reading).open()


class _Opener:
    """Opens one path."""

    def __init__(self, path: str, problem: Problem, reading: Reading) -> None:
        self.path, self.problem, self.reading = path, problem, reading
        self.asked = Asked(problem, reading.labels, reading.due)
        if path in reading.own:
            self.asked = self.alone

    @property
    def alone(self) -> Asked:
        """Return the names where nothing else than this problem can be meant."""
        labels = self.reading.labels
        return Asked(self.problem, labels and labels.alone, self.reading.due)

    def open(self) -> Iterator[Opened]:
        """Yield what a path means: one source, or the tables of an archive."""
        if self.path != "-" and _is_folder(self.path):
            yield from self.folder()
            return
        origin = Origin(STDIN if self.path == "-" else self.path, self.path)
        file = origin.open()
        try:
            head = first_bytes(file, 512)
            if head.startswith(ARCHIVE) and self.path != "-":
                yield from self.archive()
            elif self.is_sheet(head):
                yield from self.folder(single=True)
            else:
                yield self.table(origin.name, file, head)
        finally:
            origin.close(file)

    def is_sheet(self, head: bytes) -> bool:
        """Tell whether a file is one student's answer sheet, and no table."""
        suffix = Path(self.path).suffix.casefold()
        if self.path == "-" or suffix not in SHEETS:
            return False
        line = head.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")[0]
        if suffix == ".json":
            return not any(word in line.lower() for word in (b"student", b'id"', b"email"))
        if suffix == ".txt":
            return not any(sign in line for sign in (b"\t", b";", b",")) or b"=" in line
        return True

    def folder(self, *, single: bool = False) -> Iterator[Opened]:
        """Yield a folder or an archive of answer sheets."""
        folder = open_folder(self.path, self.asked, self.reading.pattern, single=single)
        rows = self.reading.chunk
        try:
            folder.count(rows)
            filler = folder.filler()
            download = folder.download
            yield Opened(
                self.path,
                f"{download.platform}: one answer sheet a student",
                lambda: folder.parts(rows),
                lambda part: folder.block(filler, part),
                folder.index,
                filler.layout.columns,
                meanings=_named(folder.named),
                ignored=download.ignored,
                notes=_rare(folder.named),
                unread=_names_beside(self.path, folder.named),
            )
        finally:
            folder.container.close()

    def archive(self) -> Iterator[Opened]:
        """Yield the tables of an archive where it holds any, else its answer sheets."""
        container = Container(self.path)
        try:
            members = [each for each in container.members() if not each.left_over]
            names = {each.name for each in members}
            if "[Content_Types].xml" in names or "mimetype" in names:
                raise ProblemError(
                    f"{self.path} is a workbook or document",
                    where=self.path,
                    hint="save it as CSV first",
                )
            tables = [each for each in members if each.suffix in TABLES]
            if not tables or any(each.suffix in SHEETS for each in members):
                yield from self.folder()
                return
            for member in tables:
                with tempfile.TemporaryFile() as file:
                    _unpack(container, member, file)
                    name = f"{self.path}/{member.name}"
                    yield self.table(name, file, first_bytes(file, 512))
        finally:
            container.close()

    def table(self, name: str, file: IO[bytes], head: bytes) -> Opened:
        """Return a table or JSON lines."""
        if head.startswith(ARCHIVE):
            raise ProblemError(f"{name} is an archive", where=name, hint="name it as a file")
        plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        if plain.startswith(b"{"):
            return self.json(name, file)
        if plain.startswith(b"[") and plain[1:].lstrip().startswith(b"{"):
            raise ProblemError(
                f"{name} is one list of JSON", where=name, hint="one object a line is due"
            )
        reader, encoding = open_lines(file)
        table_head = read_head(name, reader, encoding)
        columns = long_columns(table_head.names)
        if columns is not None and not self.reading.columns:
            known = [self.asked.entries(each)[0] for each in table_head.names]
            if not any(known) or sum(map(bool, known)) == 1:
                asked = self.asked if columns.problem is None else self.alone
                return self.long(table_head, LongTable(table_head, columns, asked), file)
        return self.wide(table_head, file)

    def wide(self, head: Head, file: IO[bytes]) -> Opened:
        """Return a wide table."""
        reading = self.reading
        table = table_of(head, self.asked.quantities, reading.columns, digits=reading.digits)

        def stretches(rows: int) -> Iterator[Stretch]:
            reader, _ = open_lines(file, head.encoding)
            read_head(head.source, reader, head.encoding)
            return table.stretches(reader, rows)

        beside = self.columns_beside(head, table, stretches)
        return Opened(
            head.source,
            "CSV, one row a submission",
            lambda: stretches(reading.chunk),
            table.block,
            table.index,
            table.layout.columns,
            head.encoding,
            NAMED[head.separator],
            _meanings(head.names, table.headers),
            table.headers.ignored,
            tuple(each.reason for each in beside if each.looks == "quantity"),
            beside,
            table.both,
        )

    def columns_beside(
        self, head: Head, table: WideTable, lines: Callable[[int], Iterator[Stretch]]
    ) -> tuple[Unread, ...]:
        """Return the columns of a wide table that are not read."""
        headers, asked = table.headers, self.asked.quantities
        taken = {*headers.taken, headers.id, headers.stamp, headers.name, headers.email}
        places = [at for at in range(len(head.names)) if at not in taken]
        places = [at for at in places if not asked.foreign(head.names[at])][:MOST]
        sample = None if self.reading.columns or not places else next(lines(SAMPLE), None)
        found: list[Unread] = []
        for at in places:
            name = head.names[at].strip()
            numbers = sample is not None and holds_numbers(table.column(sample, at))
            if name:
                reason = headers.doubtful.get(name, "")
                found.append(
                    unread(head.source, head.line, name, asked, numbers=numbers, reason=reason)
                )
            elif numbers:
                told = (f"column {at + 1}", "not read: it has no header")
                found.append(Unread(head.source, head.line, *told, "numbers"))
        return tuple(found)

    def long(self, head: Head, table: LongTable, file: IO[bytes]) -> Opened:
        """Return a long table."""
        rows = self.reading.chunk

        def reader() -> Any:
            found, _ = open_lines(file, head.encoding)
            read_head(head.source, found, head.encoding)
            return found

        table.count(reader(), rows)
        filler = table.filler()
        return Opened(
            head.source,
            "CSV, one row an answer",
            lambda: table.parts(reader(), rows),
            lambda part: table.block(filler, part),
            table.index,
            filler.layout.columns,
            head.encoding,
            NAMED[head.separator],
            tuple(
                (head.names[at], name) for name, at in vars(table.columns).items() if at is not None
            ),
            tuple(table.named.ignored),
            _rare(table.named),
            _names_beside(head.source, table.named),
        )

    def json(self, name: str, file: IO[bytes]) -> Opened:
        """Return JSON lines."""
        rows = self.reading.chunk
        encoding = encoding_of(file).replace("cp1252", "utf-8")  # JSON is Unicode
        reader, _ = open_lines(file, encoding)
        named = count_names(name, reader, rows, self.asked)
        found = json_lines(name, named)
        return Opened(
            name,
            "JSON, one line a submission",
            lambda: stretches(open_lines(file, encoding)[0], rows),
            found.block,
            found.index,
            found.table.filler.layout.columns,
            encoding,
            meanings=_named(named),
            ignored=tuple(named.ignored),
            notes=_rare(named),
            unread=_names_beside(name, named),
        )


def _is_folder(path: str) -> bool:
    try:
        return is_folder(path)
    except (OSError, ValueError):
        return False


def _unpack(container: Container, member: Member, file: IO[bytes]) -> None:
    """Copy a table of an archive to an unnamed file; raises ProblemError where it cannot be."""
    where = f"{container.path}/{member.name}"
    size = 0
    try:
        with container.open(member) as packed:
            while piece := packed.read(PIECE):
                size += len(piece)
                if size > MAX_TABLE:
                    raise ValueError("larger than 4 GB")
                file.write(piece)
    except Exception as error:  # a decompressor's own, too
        reason = str(error) if isinstance(error, ValueError) else "damaged or encrypted"
        raise ProblemError(f"{where} cannot be unpacked: {reason}", where=where) from None


def _meanings(names: Sequence[str], headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return each header and what it was taken for; several where a column is two things."""
    found: dict[int, list[str]] = {}
    roles = (("id", headers.id), ("submitted_at", headers.stamp), ("name", headers.name))
    for role, at in (*roles, ("email", headers.email)):
        if at is not None:
            found.setdefault(at, []).append(role)
    known: tuple[tuple[Mapping[int, Column | str], str], ...] = (
        (headers.entries, ""),
        (headers.wholes, ""),
        (headers.parameters, "own "),
        (headers.whole_parameters, "own "),
    )
    for columns, lead in known:
        for at, column in columns.items():
            found.setdefault(at, []).append(f"{lead}{column}")
    return tuple((name, ", ".join(found.get(at, ["not read"]))) for at, name in enumerate(names))


def _names_beside(source: str, named: Named) -> tuple[Unread, ...]:
    """Return the names of answers that are not read, and how many submissions have each."""
    quantities = named.asked.quantities
    names = [name for name in named.ignored if name.strip() and not quantities.foreign(name)]
    return tuple(
        unread(
            source,
            0,
            name,
            quantities,
            numbers=name in named.numbers,
            reason=named.asked.refused.get(name, ""),
            count=named.ignored[name],
        )
        for name in names[:MOST]
    )


def _named(named: Named) -> tuple[tuple[str, str], ...]:
    layout = named.layout()
    asked = [(str(column), str(column)) for column in layout.columns]
    return (*asked, *((f"parameters {column}", f"own {column}") for column in layout.own))


def _rare(named: Named) -> tuple[str, ...]:
    rare = named.rare
    if not rare:
        return ()
    return (f"named by few, and not taken to be asked for: {', '.join(rare[:12])}",)
