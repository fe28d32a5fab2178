"""Read one answer sheet a student: folders, archives and downloads of YAML, JSON and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.answers import Answer, read_sheet
from gradcalc.grading.block import Block, Column, RowError
from gradcalc.grading.submissions_archive import Container
from gradcalc.grading.submissions_cells import (
    FORMULA,
    LETTER,
    Cell,
    cell_of,
    fits,
    read_entry,
    read_whole,
    unreadable,
)
from gradcalc.grading.submissions_layout import MAX_ID, Index, Row, block_of_rows, id_error
from gradcalc.grading.submissions_named import Asked, Filler, Named
from gradcalc.grading.submissions_platforms import Download, Handed, read_download, text_of_page
from gradcalc.problem.reading import with_plain_lines

MAX_HELD = 16_000_000
MAX_KEPT = 200_000

_STAMP = re.compile(
    r"^[\s{,]{0,20}\"?(?:submitted_at|timestamp)\"?\s{0,9}[:=]\s{0,9}\"?([^\"\n]{1,60})",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Sheet:
    """The text of what one student handed in, or why there is none; at: its place from 1."""

    at: int
    id: str
    label: str
    text: str = ""
    reason: str = ""
    stamp: str = ""


@dataclass
class SheetFolder:
    """A folder or archive of answer sheets. `count` goes through it once and must come first."""

    container: Container
    asked: Asked
    download: Download
    named: Named = field(init=False)
    kept: dict[int, list[tuple[Column, Cell]]] = field(default_factory=dict)
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
                self.named.entries.update({column for column, _ in found})
                self.cells += len(found)
                if self.cells < MAX_KEPT:
                    self.kept[sheet.at] = found

    def filler(self) -> Filler:
        """Return where the answers go, once they are counted."""
        return Filler(self.asked, self.named.layout())

    def parts(self, rows: int) -> Iterator[tuple[Sheet, ...]]:
        """Yield so many sheets at a time, in the order of the files' names."""
        sheets: list[Sheet] = []
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

    def sheet(self, at: int, handed: Handed) -> Sheet:
        """Return the text of what a student handed in."""
        reason = id_error(handed.id)
        files = handed.files
        if reason is None and len(files) != 1:
            names = ", ".join(file.parts[-1] for file in files[:4])
            reason = f"{len(files)} answer files: {names}" if files else "no answer file"
        if reason is not None:
            return Sheet(at, handed.id, handed.label, reason=reason, stamp=handed.stamp)
        try:
            text = _text(self.container.read(files[0]))
            text = text_of_page(text) if files[0].suffix == ".html" else text
        except ValueError as error:
            return Sheet(at, handed.id, handed.label, reason=str(error), stamp=handed.stamp)
        stamp = handed.stamp
        if not stamp and (match := _STAMP.search(text[:4000])):
            stamp = match[1].strip().rstrip("},")
        return Sheet(at, handed.id, files[0].name, text, stamp=stamp)

    def read(self, sheet: Sheet) -> list[tuple[Column, Cell]]:
        """Return the entries that a sheet answers; raises ValueError for what is no sheet."""
        try:
            found = read_sheet(
                Source(sheet.label, sheet.text), self.asked.problem, self.asked.quantities
            )
        except ProblemError as error:
            line = f" in line {error.span.line}" if error.span else ""
            raise ValueError(f"{error.message}{line}") from None
        cells: list[tuple[Column, Cell]] = []
        for answer in found.answers:
            columns, shape = self.asked.entries(_name(answer))
            if columns:
                cells += zip(columns, self.entries(answer, columns, shape), strict=True)
        if not cells:
            raise ValueError(found.warnings[0] if found.warnings else "no answers")
        return cells

    def entries(
        self, answer: Answer, columns: Sequence[Column], shape: tuple[int, ...]
    ) -> list[Cell]:
        """Return the entries of one answer; a letter stands for the numbers of its option."""
        text = self.asked.options.get((answer.letter or "").casefold())
        if text is None:
            return _cells(answer, shape, len(columns))
        return [read_entry(text)] if len(columns) == 1 else read_whole(text, shape)

    def block(self, filler: Filler, sheets: Sequence[Sheet]) -> Block:
        """Return the submissions that sheets hold."""
        rows: list[Row] = []
        errors: list[RowError] = []
        for sheet in sheets:
            reason = sheet.reason
            if not reason:
                try:
                    found = self.kept.get(sheet.at) or self.read(sheet)
                except ValueError as error:
                    reason = str(error)
                else:
                    cells = filler.blank()
                    for column, cell in found:
                        filler.put_cells(cells, [column], [cell], last=True)
                    rows.append(Row(sheet.at, sheet.id, cells))
            if reason:
                name = self.source if self.container.single else f"{self.source}/{sheet.label}"
                errors.append(RowError(name, sheet.at, sheet.id[:MAX_ID], reason))
        return block_of_rows(self.source, filler.layout, rows, errors)

    def index(self, sheets: Sequence[Sheet]) -> Index:
        """Return whose submissions some sheets are."""
        index = Index()
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
