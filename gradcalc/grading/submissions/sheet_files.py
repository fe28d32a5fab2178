"""Read one answer sheet a student: folders, archives and downloads of YAML, JSON and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.answers.sheet import Answer, read_sheet
from gradcalc.grading.submissions.block import (
    FORMULA,
    LETTER,
    Block,
    Cell,
    Column,
    RowError,
    Unread,
    cell_of,
    fits,
    read_entry,
    read_whole,
    unreadable,
)
from gradcalc.grading.submissions.column_layout import (
    MAX_ID,
    SubmissionIndex,
    SubmissionRow,
    block_of_rows,
    id_error,
)
from gradcalc.grading.submissions.downloads import (
    Container,
    Download,
    Handed,
    read_download,
    text_of_page,
)
from gradcalc.grading.submissions.named_answers import Asked, Filler, Named, holds_numbers, unread
from gradcalc.problem.text.source import with_plain_lines

MAX_HELD = 16_000_000
MAX_KEPT = 200_000
MOST_LINES = 100
"""Lines of one sheet that are told as not read."""

_STAMP = re.compile(
    r"^[\s{,]{0,20}\"?(?:submitted_at|timestamp)\"?\s{0,9}[:=]\s{0,9}\"?([^\"\n]{1,60})",
    re.MULTILINE,
)


@dataclass(frozen=True)
class SheetText:
    """The text of what one student handed in, or why there is none; at: its place from 1."""

    at: int
    id: str
    label: str
    text: str = ""
    reason: str = ""
    stamp: str = ""


class BrokenSheetError(ValueError):
    """A sheet that cannot be read; line: where in it, 0 for all of it."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass
class Answered:
    """What a sheet answers: entries with their lines, and the lines that are not read."""

    cells: list[tuple[Column, Cell, int]] = field(default_factory=list)
    unread: list[Answer] = field(default_factory=list)


@dataclass
class SheetFolder:
    """A folder or archive of answer sheets. `count` goes through it once and must come first."""

    container: Container
    asked: Asked
    download: Download
    named: Named = field(init=False)
    kept: dict[int, Answered] = field(default_factory=dict)
    cells: int = 0

    def __post_init__(self) -> None:
        self.named = Named(self.asked)

    @property
    def source(self) -> str:
        """Return the folder's name for the user."""
        return self.container.path

    def count(self, rows: int) -> None:
        """Find out which entries are named."""
        for sheets in self.parts(rows):
            for sheet in sheets:
                if sheet.reason:
                    continue
                try:
                    found = self.read(sheet)
                except ValueError:
                    continue
                self.named.rows += 1
                columns = dict.fromkeys(column for column, _, _ in found.cells)
                others = dict.fromkeys(each.name for each in found.unread if each.name)
                self.named.entries.update(tuple(columns))
                self.named.ignored.update(tuple(others))
                self.cells += len(found.cells)
                if self.cells < MAX_KEPT:
                    self.kept[sheet.at] = found

    def filler(self) -> Filler:
        """Return where the answers go, once they are counted."""
        return Filler(self.asked, self.named.layout())

    def parts(self, rows: int) -> Iterator[tuple[SheetText, ...]]:
        """Yield so many sheets at a time, in the order of the files' names."""
        sheets: list[SheetText] = []
        size = 0
        for at, handed in enumerate(self.download.handed, 1):
            sheet = self.sheet(at, handed)
            sheets.append(sheet)
            size += len(sheet.text)
            if len(sheets) >= rows or size > MAX_HELD:
                yield tuple(sheets)
                sheets, size = [], 0
        if sheets:
            yield tuple(sheets)

    def sheet(self, at: int, handed: Handed) -> SheetText:
        """Return the text of what a student handed in."""
        reason = id_error(handed.id)
        files = handed.files
        if reason is None and len(files) != 1:
            names = ", ".join(file.parts[-1] for file in files[:4])
            reason = f"{len(files)} answer files: {names}" if files else "no answer file"
        if reason is not None:
            return SheetText(at, handed.id, handed.label, reason=reason, stamp=handed.stamp)
        try:
            text = _text(self.container.read(files[0]))
            text = text_of_page(text) if files[0].suffix == ".html" else text
        except ValueError as error:
            return SheetText(at, handed.id, handed.label, reason=str(error), stamp=handed.stamp)
        stamp = handed.stamp
        if not stamp and (match := _STAMP.search(text[:4000])):
            stamp = match[1].strip().rstrip("},")
        return SheetText(at, handed.id, files[0].name, text, stamp=stamp)

    def read(self, sheet: SheetText) -> Answered:
        """Return what a sheet answers; raises BrokenSheetError for what is no sheet."""
        quantities = self.asked.quantities
        try:
            found = read_sheet(Source(sheet.label, sheet.text), self.asked.problem, quantities)
        except ProblemError as error:
            raise BrokenSheetError(error.message, error.span.line if error.span else 0) from None
        answered = Answered()
        for answer in found.answers:
            columns, shape = self.asked.entries(_name(answer))
            if columns:
                cells = self.entries(answer, columns, shape)
                answered.cells += [
                    (column, cell, answer.line) for column, cell in zip(columns, cells, strict=True)
                ]
            elif answer.reason is not None and not quantities.foreign(answer.name):
                answered.unread.append(answer)
        if not answered.cells:
            raise BrokenSheetError(found.warnings[0] if found.warnings else "no answers")
        return answered

    def unread(self, sheet: SheetText, answers: Sequence[Answer]) -> list[Unread]:
        """Return the lines of a sheet that look like answers and are not read."""
        path, quantities = self.path(sheet), self.asked.quantities
        found = []
        for answer in answers[:MOST_LINES]:
            reason = answer.reason or ""
            said = unread(
                path,
                answer.line,
                answer.name,
                quantities,
                numbers=holds_numbers([answer.text]),
                reason="" if answer.name else reason,
            )
            if said.looks != "other":
                found.append(replace(said, reason=f"not read: {reason}", student=sheet.id))
        return found

    def path(self, sheet: SheetText) -> str:
        """Return the file of a sheet for the user."""
        return self.source if self.container.single else f"{self.source}/{sheet.label}"

    def entries(
        self, answer: Answer, columns: Sequence[Column], shape: tuple[int, ...]
    ) -> list[Cell]:
        """Return the entries of one answer; a letter stands for the numbers of its option."""
        text = self.asked.options.get((answer.letter or "").casefold())
        if text is None:
            return _cells(answer, shape, len(columns))
        return [read_entry(text)] if len(columns) == 1 else read_whole(text, shape)

    def block(self, filler: Filler, sheets: Sequence[SheetText]) -> Block:
        """Return the submissions that sheets hold."""
        rows: list[SubmissionRow] = []
        errors: list[RowError] = []
        beside: list[Unread] = []
        for sheet in sheets:
            try:
                if sheet.reason:
                    raise BrokenSheetError(sheet.reason)
                found = self.kept.get(sheet.at) or self.read(sheet)
            except BrokenSheetError as error:
                name = sheet.id[:MAX_ID]
                at, reason = sheet.at, str(error)
                errors.append(RowError(self.path(sheet), at, name, reason, inside=error.line))
                continue
            rows.append(self.row(filler, sheet, found))
            beside += self.unread(sheet, found.unread)
        block = block_of_rows(self.source, filler.layout, rows, errors)
        return replace(block, unread=tuple(beside))

    def row(self, filler: Filler, sheet: SheetText, found: Answered) -> SubmissionRow:
        """Return one submission, with the line of each of its cells."""
        cells = filler.blank()
        lines: dict[int, int] = {}
        for column, cell, line in found.cells:
            filler.put_cells(cells, [column], [cell], last=True)
            at = filler.place.get(column)
            if at is not None and cells[at] is cell:
                lines[at] = line
        return SubmissionRow(sheet.at, sheet.id, cells, self.path(sheet), lines)

    def index(self, sheets: Sequence[SheetText]) -> SubmissionIndex:
        """Return whose submissions some sheets are."""
        index = SubmissionIndex()
        for sheet in sheets:
            if not sheet.reason:
                index.add(sheet.id, sheet.at, sheet.stamp, sheet.label)
        return index


def open_folder(
    path: str, asked: Asked, pattern: str | None, *, single: bool = False
) -> SheetFolder:
    """Return a folder or archive, or a single sheet of its own.

    Raises ProblemError where no answer sheet is in it.
    """
    container = Container(path, single=single)
    download = read_download(container, pattern)
    if not download.handed:
        container.close()
        raise ProblemError(
            f"there is no answer sheet in {path}",
            where=path,
            hint="sheets end in .yaml, .json or .txt; --pattern finds ids in other names",
        )
    return SheetFolder(container, asked, download)


def _name(answer: Answer) -> str:
    if not answer.name or answer.index is None:
        return answer.name
    return str(Column(answer.name, answer.index))


def _cells(answer: Answer, shape: tuple[int, ...], count: int) -> list[Cell]:
    """Return the entries of one answer of a sheet."""
    if answer.letter is not None:
        return [unreadable(answer.letter, LETTER)] * count
    if answer.formula is not None:
        return [unreadable(answer.text, FORMULA)] * count
    if answer.reason is not None:
        return [unreadable(answer.text, answer.reason)] * count
    if not any(answer.cells):
        return [Cell(answer.text)] * count
    if len(answer.cells) != count or not fits(answer.shape, shape):
        reason = f"{len(answer.cells)} entries stand here, {count} are due"
        return [unreadable(answer.text, reason)] * count
    return [cell_of(cell, cell.text if cell else "_") for cell in answer.cells]


def _text(data: bytes) -> str:
    """Return the text of a file; raises ValueError for what is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return with_plain_lines(data.decode("utf-16"))
        except UnicodeDecodeError:
            raise ValueError("not UTF-16 text") from None
    if 0 in data:
        raise ValueError("binary, not text")
    try:
        return with_plain_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return with_plain_lines(data.decode("cp1252", "replace"))
