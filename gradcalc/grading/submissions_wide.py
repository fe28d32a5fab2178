"""Read a wide CSV table, one row a submission: plain rows in bulk, the others one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradcalc.grading.block import NUMBER, Block, RowError
from gradcalc.grading.headers import Headers
from gradcalc.grading.submissions_cells import MAX_CELL, Cell
from gradcalc.grading.submissions_digits import Bytes, Flags, Places, read_plain
from gradcalc.grading.submissions_layout import (
    MAX_ID,
    Layout,
    Numbers,
    Texts,
    block_of,
    id_error,
    own_error,
    tidy_id,
)
from gradcalc.grading.submissions_records import QUOTE, Dialect
from gradcalc.grading.submissions_stream import (
    CUT,
    MAX_LINE,
    MAX_STRETCH,
    LineReader,
    Lines,
)

LINE_FEED = ord("\n")


@dataclass(frozen=True)
class Row:
    """One row that is read by itself; offset: of its bytes; reason: why it is none."""

    line: int
    offset: int
    fields: tuple[bytes, ...] = ()
    reason: str = ""

    @property
    def blank(self) -> bool:
        """Tell whether nothing stands in it."""
        return not self.reason and not any(map(bytes.strip, self.fields))


@dataclass(frozen=True)
class Table:
    """A wide table of one source: how it is written, and what its columns are."""

    source: str
    dialect: Dialect
    headers: Headers
    layout: Layout
    digits: bool = True

    @property
    def width(self) -> int:
        """Return how many cells a row has."""
        return self.dialect.width

    def stretches(self, reader: LineReader, rows: int) -> Iterator[Lines]:
        """Yield the lines of whole rows, about as many at a time."""
        while True:
            wanted, whole, last = rows, 0, False
            while not whole and not last:
                reader.fill(wanted)
                end = reader.offset(wanted)
                full = len(reader.buffer) >= MAX_STRETCH
                last = reader.ended and end == len(reader.buffer)
                whole = self.dialect.whole(reader.buffer[:end], last or full)
                wanted += rows
            if not whole:
                return
            yield reader.take(whole)

    def block(self, lines: Lines) -> Block:
        """Return the submissions that some lines hold."""
        return _Stretch(self, lines).block()

    def texts(self, record: Sequence[bytes]) -> list[str]:
        """Return the cells of a record as texts; raises ValueError for what is none."""
        if len(record) != self.width:
            extra = record[self.width :]
            if len(record) < self.width or any(map(bytes.strip, extra)):
                count = len(record)
                cells = "1 cell" if count == 1 else f"{count} cells"
                raise ValueError(f"{cells} in this row, {self.width} are due")
            record = record[: self.width]
        texts = [cell.decode("utf-8") for cell in record]
        if any(len(text) > MAX_CELL for text in texts):
            raise ValueError(f"a cell of more than {MAX_CELL} characters")
        return texts


class _Stretch:
    """Some lines of a table on the way to a block."""

    def __init__(self, table: Table, lines: Lines) -> None:
        self.table, self.lines = table, lines
        self.data = lines.data
        self.bytes: Bytes = np.frombuffer(lines.data, dtype=np.uint8)
        separator = table.dialect.separator[0]
        feeds: Flags = self.bytes == LINE_FEED
        self.cuts = np.flatnonzero((self.bytes == separator) | feeds)  # ends of cells
        at = self.cuts[table.width - 1 :: table.width]
        self.regular = len(self.cuts) == len(at) * table.width == (
            np.count_nonzero(feeds) * table.width
        ) and bool(feeds[at].all())
        self.ends = at if self.regular else np.flatnonzero(feeds)  # of lines
        self.starts = _starts(self.ends)

    def block(self) -> Block:
        """Return the submissions, plain rows and others in the order of their lines."""
        table, layout = self.table, self.table.layout
        others = self.others()
        plain, cuts = self.plain_rows(others)
        rows = [row for row in self.single(others) if not row.blank]
        errors = [self.error(row) for row in rows if row.reason]
        offsets = self.starts[plain]
        ids = self.ids(offsets, cuts)
        numbers = self.numbers(cuts, offsets)
        read = []
        for row in rows:
            if not row.reason:
                texts = table.texts(row.fields)
                read.append((row, tidy_id(texts[self.id]), layout.cells(texts)))
        line = self.lines.line + plain
        if read:
            ids += [each[1] for each in read]
            offsets = np.append(offsets, [row.offset for row, _, _ in read])
            line = np.append(line, [row.line for row, _, _ in read])
            numbers = _joined(numbers, Numbers.of([cells for _, _, cells in read], layout.width))
        order = np.argsort(line, kind="stable") if read else np.arange(len(ids))
        keep = order[self.kept(order, ids, line, offsets, numbers, errors)]
        picked = keep.tolist()
        if read or len(keep) < len(ids):
            numbers = Numbers(*(part[keep] for part in numbers.parts))
            ids = [ids[at] for at in picked]
        errors.sort(key=lambda error: error.line)
        return block_of(
            table.source,
            layout,
            tuple(ids),
            tuple(line[keep].tolist()),
            numbers,
            _Raw(table, self.data, offsets[keep]),
            tuple(errors),
        )

    @cached_property
    def id(self) -> int:
        """Return the column of ids."""
        assert self.table.headers.id is not None
        return self.table.headers.id

    def others(self) -> Flags:
        """Tell which lines must be read by themselves, whatever their cells are."""
        found: Flags = np.zeros(len(self.ends), dtype=bool)
        self.alone: list[Row] = []
        if QUOTE in self.data:
            for record in self.table.dialect.records(self.data):
                first = int(np.searchsorted(self.ends, record.start))
                last = int(np.searchsorted(self.ends, record.end - 1))
                found[first : last + 1] = True
                line = self.lines.line + first
                self.alone.append(self.row(line, record.start, record.fields, record.broken))
        if 0 in self.data or not self._decodes:
            for at in range(len(self.ends)):
                line_bytes = self.data[self.starts[at] : self.ends[at]]
                if not found[at] and (0 in line_bytes or not _decodes(line_bytes)):
                    found[at] = True
                    self.alone.append(self.plain_row(at))
        return found

    @cached_property
    def _decodes(self) -> bool:
        return self.data.isascii() or _decodes(self.data)

    def row(self, line: int, offset: int, fields: tuple[bytes, ...], reason: str = "") -> Row:
        """Return a row, with the reason where it is none."""
        if not reason:
            joined = b"".join(fields)
            if joined.endswith(CUT) and len(joined) + len(fields) > MAX_LINE:
                reason = f"a line of more than {MAX_LINE >> 20} MB"
            elif 0 in joined:
                reason = "a NUL byte stands in this row"
        row = Row(line, offset, fields, reason)
        if not reason and not row.blank:
            try:
                self.table.texts(fields)
            except UnicodeDecodeError:
                return Row(line, offset, fields, "a byte in this row is not UTF-8")
            except ValueError as error:
                return Row(line, offset, fields, str(error))
        return row

    def plain_row(self, at: int) -> Row:
        """Return a line without quotes as a row."""
        start = int(self.starts[at])
        data = self.data[start : self.ends[at]]
        fields = tuple(data.split(self.table.dialect.separator))
        return self.row(self.lines.line + at, start, fields)

    def plain_rows(self, others: Flags) -> tuple[Places, Places]:
        """Return the lines with as many cells as are due, and where their cells end.

        Lines that have more or fewer are noted in `others`.
        """
        width, ends = self.table.width, self.cuts
        if self.regular and not others.any():
            return self.short(np.arange(len(self.ends)), ends.reshape(-1, width))
        last = np.flatnonzero(self.bytes[ends] == LINE_FEED)
        count = np.diff(last, prepend=-1)
        odd = (count != width) & ~others
        self.alone += map(self.plain_row, np.flatnonzero(odd).tolist())
        plain = np.flatnonzero(~(odd | others))
        cuts = ends[last[plain][:, None] + np.arange(1 - width, 1)]
        return self.short(plain, cuts)

    def short(self, plain: Places, cuts: Places) -> tuple[Places, Places]:
        """Leave out lines with a cell that may be too long."""
        if self.data and int((self.ends - self.starts).max()) > MAX_CELL:
            long = self.ends[plain] - self.starts[plain] > MAX_CELL
            self.alone += map(self.plain_row, plain[long].tolist())
            return plain[~long], cuts[~long]
        return plain, cuts

    def single(self, others: Flags) -> list[Row]:
        """Return the rows that are read by themselves, in the order of their lines."""
        return sorted(self.alone, key=lambda row: row.line)

    def error(self, row: Row) -> RowError:
        """Return why a row is none."""
        text = row.fields[self.id] if self.id < len(row.fields) else b""
        name = tidy_id(text.decode("utf-8", "replace"))[:MAX_ID]
        return RowError(self.table.source, row.line, name, row.reason)

    def ids(self, starts: Places, cuts: Places) -> list[str]:
        """Return the ids of plain rows."""
        begin = cuts[:, self.id - 1] + 1 if self.id else starts
        pairs = zip(begin.tolist(), cuts[:, self.id].tolist(), strict=True)
        if not self.data.isascii():
            return [tidy_id(self.data[first:end].decode("utf-8")) for first, end in pairs]
        text = self.data.decode("ascii")
        ids = [text[first:end] for first, end in pairs]
        joined = "".join(ids)
        if "@" in joined or joined.split(None, 1) != [joined]:
            return [tidy_id(each) for each in ids]
        return ids

    def numbers(self, cuts: Places, starts: Places) -> Numbers:
        """Return the numbers of plain rows."""
        layout = self.table.layout
        single = sorted(at for at, slot in layout.slots.items() if not slot.whole)
        if not len(cuts):
            return Numbers.empty(0, layout.width)
        if not single:
            found = Numbers.empty(len(cuts), layout.width)
        else:
            read = self.read_entries(single, starts, cuts)
            if len(single) == layout.width:
                return read
            found = Numbers.empty(len(cuts), layout.width)
            target = [layout.slots[at].start for at in single]
            for whole, part in zip(found.parts, read.parts, strict=True):
                whole[:, target] = part
        for at, slot in layout.slots.items():
            for row in range(len(cuts) if slot.whole else 0):
                for more, cell in enumerate(layout.read(slot, self.text(row, at, starts, cuts))):
                    found.put(row, slot.start + more, cell)
        return found

    def text(self, row: int, at: int, starts: Places, cuts: Places) -> str:
        """Return the text of one cell of a plain row."""
        first = cuts[row, at - 1] + 1 if at else starts[row]
        return self.data[first : cuts[row, at]].decode("utf-8")

    def read_entries(self, at: list[int], starts: Places, cuts: Places) -> Numbers:
        """Return the numbers of the columns that hold one entry."""
        layout = self.table.layout
        text, ends = self.gathered(at, starts, cuts)
        if layout.comma:
            text = text.replace(b",", b".")
        plain = read_plain(text, ends, digits=self.table.digits)
        shape = (len(cuts), len(at))
        found = Numbers(
            plain.value.reshape(shape),
            plain.decimals.reshape(shape),
            plain.significant.reshape(shape),
            plain.plain.reshape(shape).astype(np.uint8),
        )
        rest = np.flatnonzero(~(plain.plain | plain.empty))
        for row, column in zip(*(each.tolist() for each in np.divmod(rest, len(at))), strict=True):
            slot = layout.slots[at[column]]
            (cell,) = layout.read(slot, self.text(row, at[column], starts, cuts))
            found.put(row, column, cell)
        return found

    def gathered(self, at: list[int], starts: Places, cuts: Places) -> tuple[bytes, Places]:
        """Return the bytes of some columns, row by row, and where each cell ends in them."""
        parts, ends = [], []
        for first, last in _runs(at):
            begin = cuts[:, first - 1] + 1 if first else starts
            parts.append((begin, cuts[:, last] + 1))
            ends.append(cuts[:, first : last + 1] - begin[:, None])
        begin = np.stack([begin for begin, _ in parts], axis=1)
        sizes = np.stack([end for _, end in parts], axis=1) - begin
        offsets = (np.cumsum(sizes) - sizes.ravel()).reshape(sizes.shape)
        pairs = zip(begin.ravel().tolist(), (begin + sizes).ravel().tolist(), strict=True)
        text = b"".join([self.data[first:end] for first, end in pairs])
        for run, each in enumerate(ends):
            each += offsets[:, run, None]
        return text, (ends[0] if len(ends) == 1 else np.concatenate(ends, axis=1)).ravel()

    def kept(
        self,
        order: Places,
        ids: list[str],
        line: Places,
        offsets: Places,
        numbers: Numbers,
        errors: list[RowError],
    ) -> Flags:
        """Tell which rows are submissions, in an order, noting why others are none."""
        layout = self.table.layout
        first = len(layout.columns)
        if not layout.own and all(ids) and max(map(len, ids), default=0) <= MAX_ID:
            return np.ones(len(order), dtype=bool)
        bad = np.array([id_error(name) is not None for name in ids], dtype=bool)
        if layout.own:
            bad |= (numbers.state[:, first:] != NUMBER).any(axis=1)
        for at in np.flatnonzero(bad).tolist():
            texts = self.fields(int(offsets[at]))
            if not any(text.strip() for text in texts):
                continue
            reason = id_error(ids[at])
            if reason is None:
                cells = layout.cells(texts)[first:]
                reason = next(
                    own_error(cell, column)
                    for cell, column in zip(cells, layout.own, strict=True)
                    if cell.state != NUMBER
                )
            errors.append(RowError(self.table.source, int(line[at]), ids[at][:MAX_ID], reason))
        return ~bad[order]

    def fields(self, offset: int) -> list[str]:
        """Return the cells of the row at an offset."""
        return self.table.texts(self.table.dialect.record(self.data, offset).fields)


@dataclass(frozen=True)
class _Raw(Texts):
    """The bytes of a block's rows, read again where a cell's text is wanted."""

    table: Table
    data: bytes
    offsets: Places

    def text(self, row: int, column: int) -> str:
        return self.cell(row, column).text

    def reason(self, row: int, column: int) -> str:
        return self.cell(row, column).reason

    def cell(self, row: int, column: int) -> Cell:
        """Return one cell."""
        layout = self.table.layout
        record = self.table.dialect.record(self.data, int(self.offsets[row]))
        at = layout.source[column]
        slot = layout.slots[at]
        return layout.read(slot, self.table.texts(record.fields)[at])[column - slot.start]


def _starts(ends: Places) -> Places:
    starts = np.zeros_like(ends)
    starts[1:] = ends[:-1] + 1
    return starts


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _runs(at: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last of each run of neighbours.

    >>> list(_runs([1, 2, 3, 5]))
    [(1, 3), (5, 5)]
    """
    first = at[0]
    for before, after in zip(at, [*at[1:], -1], strict=True):
        if after != before + 1:
            yield first, before
            first = after


def _joined(a: Numbers, b: Numbers) -> Numbers:
    return Numbers(*map(np.concatenate, zip(a.parts, b.parts, strict=True)))
