"""Read a wide CSV table, one row a submission: its numbers in bulk, odd rows by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gradcalc.algebra.operations.kernels import Indices, Mask
from gradcalc.grading.submissions.block import MAX_CELL, NUMBER, Block, Cell, RowError
from gradcalc.grading.submissions.column_layout import (
    MAX_ID,
    ColumnLayout,
    RowNumbers,
    SubmissionIndex,
    Texts,
    block_of,
    id_error,
    own_error,
    tidy_id,
)
from gradcalc.grading.submissions.csv_digits import Bytes, read_plain
from gradcalc.grading.submissions.headers import Headers
from gradcalc.grading.submissions.streams import (
    CUT,
    FEED,
    MAX_LINE,
    MAX_STRETCH,
    QUOTE,
    CsvDialect,
    LineReader,
    Stretch,
    is_text,
    is_utf8,
)

_UNTIDY = re.compile(r"[^\n!-?A-~]")  # blanks, @, and what is not ASCII


@dataclass(frozen=True)
class PlainRows:
    """Rows without quotes, each with as many cells as are due.

    lines: which lines of the stretch they are; starts: where they start in `data`; cuts:
    where each of their cells ends.
    """

    data: bytes
    lines: Indices
    starts: Indices
    cuts: Indices

    def cell(self, row: int, at: int) -> bytes:
        """Return one cell."""
        first = self.cuts[row, at - 1] + 1 if at else self.starts[row]
        return self.data[first : self.cuts[row, at]]

    def column(self, at: int) -> list[bytes]:
        """Return the cells of one column."""
        first = self.cuts[:, at - 1] + 1 if at else self.starts
        pairs = zip(first.tolist(), self.cuts[:, at].tolist(), strict=True)
        return [self.data[begin:end] for begin, end in pairs]

    def gathered(self, columns: Sequence[int]) -> tuple[bytes, Indices]:
        """Return the bytes of some columns, row by row, and where each cell ends in them."""
        cuts = self.cuts
        begins, sizes, ends = [], [], []
        for first, last in _runs(columns):
            begin = cuts[:, first - 1] + 1 if first else self.starts
            begins.append(begin)
            sizes.append(cuts[:, last] + 1 - begin)
            ends.append(cuts[:, first : last + 1] - begin[:, None])
        begin, size = np.stack(begins, axis=1), np.stack(sizes, axis=1)
        offset = (np.cumsum(size) - size.ravel()).reshape(size.shape)
        pairs = zip(begin.ravel().tolist(), (begin + size).ravel().tolist(), strict=True)
        data = self.data
        text = b"".join([data[first:end] for first, end in pairs])
        for run, each in enumerate(ends):
            np.add(each, offset[:, run, None], out=each)
        return text, (ends[0] if len(ends) == 1 else np.concatenate(ends, axis=1)).ravel()


class LineTable:
    """The lines of a stretch of a table, and which of them are plain rows."""

    def __init__(self, data: bytes, separator: bytes, width: int) -> None:
        self.data, self.width = data, width
        self.bytes: Bytes = np.frombuffer(data, dtype=np.uint8)
        feeds: Mask = self.bytes == FEED
        self.cuts = np.flatnonzero((self.bytes == separator[0]) | feeds)  # ends of cells
        at = self.cuts[width - 1 :: width]
        count = int(np.count_nonzero(feeds))
        self.regular = len(self.cuts) == count * width and bool(feeds[at].all())
        self.ends = at if self.regular else np.flatnonzero(feeds)  # of lines
        self.starts = np.zeros_like(self.ends)
        self.starts[1:] = self.ends[:-1] + 1

    def __len__(self) -> int:
        return len(self.ends)

    def line(self, at: int) -> bytes:
        """Return one line."""
        return self.data[self.starts[at] : self.ends[at]]

    def of(self, place: int) -> int:
        """Return the line in which a byte stands."""
        return int(np.searchsorted(self.ends, place))

    def long(self, most: int) -> Mask:
        """Tell which lines have more bytes than may stand in one cell."""
        found: Mask = (self.ends - self.starts) > most
        return found

    def plain(self, others: Mask) -> tuple[PlainRows, list[int]]:
        """Return the rows with as many cells as are due, and the lines that have not.

        others: lines that are neither.
        """
        cuts, width = self.cuts, self.width
        if self.regular and not others.any():
            lines = np.arange(len(self))
            return PlainRows(self.data, lines, self.starts, cuts.reshape(-1, width)), []
        last = np.flatnonzero(self.bytes[cuts] == FEED)
        odd = (np.diff(last, prepend=-1) != width) & ~others
        lines = np.flatnonzero(~(odd | others))
        ends = cuts[last[lines][:, None] + np.arange(1 - width, 1)]
        rows = PlainRows(self.data, lines, self.starts[lines], ends)
        return rows, np.flatnonzero(odd).tolist()


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


@dataclass(frozen=True)
class WideTable:
    """A wide table of one source: how it is written, and what its columns are."""

    source: str
    dialect: CsvDialect
    headers: Headers
    layout: ColumnLayout
    digits: bool = True

    @property
    def width(self) -> int:
        """Return how many cells a row has."""
        return self.dialect.width

    @property
    def id(self) -> int:
        """Return the column of ids."""
        assert self.headers.id is not None
        return self.headers.id

    def stretches(self, reader: LineReader, rows: int) -> Iterator[Stretch]:
        """Yield the lines of whole rows, at most so many at a time unless they hold a cell."""
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

    def block(self, lines: Stretch) -> Block:
        """Return the submissions that some lines hold."""
        return _Stretch(self, lines).block()

    def index(self, lines: Stretch) -> SubmissionIndex:
        """Return whose submissions some lines hold."""
        return _Stretch(self, lines).index()

    def both(self, lines: Stretch) -> tuple[Block, SubmissionIndex]:
        """Return the submissions that some lines hold, and whose they are."""
        stretch = _Stretch(self, lines)
        return stretch.block(), stretch.index()

    def column(self, lines: Stretch, at: int) -> list[str]:
        """Return the texts of one column in some lines."""
        stretch = _Stretch(self, lines)
        return [stretch.cell(row, at) for row in range(len(stretch.plain.lines) + len(stretch.odd))]

    def cells(self, record: Sequence[bytes]) -> list[str]:
        """Return the cells of a record as texts; raises ValueError for what is none."""
        joined = b"".join(record)
        if joined.endswith(CUT) and len(joined) + len(record) > MAX_LINE:
            raise ValueError(f"a line of more than {MAX_LINE >> 20} MB")
        if 0 in joined:
            raise ValueError("a NUL byte stands in this row")
        if len(record) != self.width:
            extra = record[self.width :]
            if len(record) < self.width or any(map(bytes.strip, extra)):
                count = len(record)
                cells = "1 cell" if count == 1 else f"{count} cells"
                raise ValueError(f"{cells} in this row, {self.width} are due")
            record = record[: self.width]
        try:
            texts = [cell.decode("utf-8") for cell in record]
        except UnicodeDecodeError:
            raise ValueError("a byte in this row is not UTF-8") from None
        if any(len(text) > MAX_CELL for text in texts):
            raise ValueError(f"a cell of more than {MAX_CELL} characters")
        return texts


@dataclass(frozen=True)
class _Odd:
    """A row that is read by itself: its line in the stretch, where it starts, its cells."""

    line: int
    start: int
    fields: tuple[bytes, ...]


class _Stretch:
    """Some lines of a table on the way to a block: plain rows first, odd ones behind them."""

    def __init__(self, table: WideTable, lines: Stretch) -> None:
        self.table, self.data = table, lines.data
        self.first_line = lines.line
        self.lines = LineTable(lines.data, table.dialect.separator, table.width)
        self.errors: list[RowError] = []
        self.odd: list[_Odd] = []
        self.plain: PlainRows
        self.part()

    def part(self) -> None:
        """Part plain rows from odd ones, and these from what is no row."""
        others: Mask = self.lines.long(MAX_CELL)
        alone = set(np.flatnonzero(others).tolist())
        records = self.table.dialect.records(self.data) if QUOTE in self.data else ()
        for record in records:
            first, last = self.lines.of(record.start), self.lines.of(record.end - 1)
            others[first : last + 1] = True
            alone.difference_update(range(first, last + 1))
            fields = record.fields or self.torn(first)
            self.note(first, record.start, fields, record.broken)
        if 0 in self.data or not is_utf8(self.data):
            found = [
                at for at in np.flatnonzero(~others).tolist() if not is_text(self.lines.line(at))
            ]
            others[found] = True
            alone.update(found)
        self.plain, wrong = self.lines.plain(others)
        for at in (*alone, *wrong):
            fields = tuple(self.lines.line(at).split(self.table.dialect.separator))
            self.note(at, int(self.lines.starts[at]), fields)
        self.odd.sort(key=lambda row: row.line)

    def torn(self, line: int) -> tuple[bytes, ...]:
        """Return the cells of a line as its separators part it, for the id of a broken row."""
        separator = self.table.dialect.separator
        return tuple(cell.strip(b' "') for cell in self.lines.line(line).split(separator))

    def note(self, line: int, start: int, fields: tuple[bytes, ...], reason: str = "") -> None:
        """Keep a row that is read by itself, or why it is none; a blank line is neither."""
        if not reason and not any(map(bytes.strip, fields)):
            return
        try:
            if reason:
                raise ValueError(reason)
            self.table.cells(fields)
        except ValueError as error:
            at = self.table.id
            name = fields[at] if at < len(fields) else b""
            self.error(line, tidy_id(name.decode("utf-8", "replace")), str(error))
            return
        self.odd.append(_Odd(line, start, fields))

    def error(self, line: int, name: str, reason: str) -> None:
        """Note why a row is no submission."""
        at = self.first_line + line
        self.errors.append(RowError(self.table.source, at, name[:MAX_ID], reason))

    def block(self) -> Block:
        """Return the submissions in the order of their lines."""
        ids, numbers = self.ids, self.numbers()
        lines, starts = self.plain.lines, self.plain.starts
        if self.odd:
            lines = np.append(lines, [row.line for row in self.odd])
            starts = np.append(starts, [row.start for row in self.odd])
        keep = np.flatnonzero(self.kept(ids, lines, numbers))
        if self.odd or len(keep) < len(ids):
            keep = keep[np.argsort(lines[keep], kind="stable")]
            ids = [ids[at] for at in keep.tolist()]
            lines, starts, numbers = lines[keep], starts[keep], numbers.rows(keep)
        self.errors.sort(key=lambda error: error.line)
        return block_of(
            self.table.source,
            self.table.layout,
            tuple(ids),
            tuple((lines + self.first_line).tolist()),
            numbers,
            _Raw(self.table, self.data, starts),
            tuple(self.errors),
        )

    @cached_property
    def ids(self) -> list[str]:
        """Return the ids of all rows."""
        found = self.plain.column(self.table.id)
        found += [row.fields[self.table.id] for row in self.odd]
        joined = b"\n".join(found).decode("utf-8")
        ids = joined.split("\n")
        if len(ids) == len(found) and not _UNTIDY.search(joined):
            return ids
        return [tidy_id(each.decode("utf-8")) for each in found]

    def index(self) -> SubmissionIndex:
        """Return whose submissions these are, in the order of their lines."""
        ids, stamps = self.ids, []
        lines = [*self.plain.lines.tolist(), *(row.line for row in self.odd)]
        at = self.table.headers.stamp
        if at is not None:
            stamps = [each.decode("utf-8") for each in self.plain.column(at)]
            stamps += [row.fields[at].decode("utf-8") for row in self.odd]
        if self.odd:
            order = sorted(range(len(ids)), key=lines.__getitem__)
            ids, lines = [ids[each] for each in order], [lines[each] for each in order]
            stamps = [stamps[each] for each in order] if stamps else []
        return SubmissionIndex.of(ids, [line + self.first_line for line in lines], stamps)

    def cell(self, row: int, at: int) -> str:
        """Return the text of a cell."""
        behind = row - len(self.plain.lines)
        raw = self.plain.cell(row, at) if behind < 0 else self.odd[behind].fields[at]
        return raw.decode("utf-8")

    def numbers(self) -> RowNumbers:
        """Return the numbers of all rows."""
        layout = self.table.layout
        rows = len(self.plain.lines) + len(self.odd)
        single = [at for at, slot in layout.slots.items() if not slot.whole]
        found = RowNumbers.empty(rows, layout.width)
        if single and rows:
            found = self.entries(sorted(single), rows)
            target = [layout.slots[at].start for at in sorted(single)]
            if target != list(range(layout.width)):
                found = found.spread(target, layout.width)
        for at, slot in layout.slots.items():
            for row in range(rows if slot.whole else 0):
                for more, cell in enumerate(layout.read(slot, self.cell(row, at))):
                    found.put(row, slot.start + more, cell)
        return found

    def entries(self, columns: list[int], rows: int) -> RowNumbers:
        """Return the numbers of the columns that hold one entry."""
        layout, width = self.table.layout, len(columns)
        text, ends = self.gathered(columns)
        if layout.comma:
            text = text.replace(b",", b".")
        plain = read_plain(text, ends, digits=self.table.digits)
        found = RowNumbers(
            plain.value.reshape(rows, width),
            plain.decimals.reshape(rows, width),
            plain.significant.reshape(rows, width),
            plain.plain.astype(np.uint8).reshape(rows, width),  # NUMBER or BLANK
        )
        for rest in np.flatnonzero(~(plain.plain | plain.empty)).tolist():
            row, column = divmod(rest, width)
            at = columns[column]
            (cell,) = layout.read(layout.slots[at], self.cell(row, at))
            found.put(row, column, cell)
        return found

    def gathered(self, columns: list[int]) -> tuple[bytes, Indices]:
        """Return the bytes of some columns, row by row, and where each cell ends in them."""
        text, ends = b"", np.zeros(0, dtype=np.intp)
        if len(self.plain.lines):
            text, ends = self.plain.gathered(columns)
        if self.odd:
            cells = [row.fields[at].strip() for row in self.odd for at in columns]
            sizes = np.fromiter(map(len, cells), np.intp, len(cells))
            ends = np.append(ends, np.cumsum(sizes + 1) - 1 + len(text))
            text += self.table.dialect.separator.join([*cells, b""])
        return text, ends

    def kept(self, ids: list[str], lines: Indices, numbers: RowNumbers) -> Mask:
        """Tell which rows are submissions, noting why others are none."""
        layout = self.table.layout
        if not layout.own and all(ids) and max(map(len, ids), default=0) <= MAX_ID:
            return np.ones(len(ids), dtype=bool)
        bad: Mask = np.array([id_error(name) is not None for name in ids], dtype=bool)
        first = len(layout.columns)
        if layout.own:
            bad |= (numbers.state[:, first:] != NUMBER).any(axis=1)
        for row in np.flatnonzero(bad).tolist():
            texts = [self.cell(row, at) for at in range(self.table.width)]
            if any(text.strip() for text in texts):
                own = zip(layout.cells(texts)[first:], layout.own, strict=True)
                wrong = [own_error(cell, column) for cell, column in own if cell.state != NUMBER]
                self.error(int(lines[row]), ids[row], id_error(ids[row]) or wrong[0])
        return ~bad


@dataclass(frozen=True)
class _Raw(Texts):
    """The bytes of a block's rows, read again where a cell's text is wanted."""

    table: WideTable
    data: bytes
    starts: Indices
    latest: dict[int, list[str]] = field(default_factory=dict, compare=False, repr=False)
    """The row that was read last: its cells are asked for one after the other."""

    def text(self, row: int, column: int) -> str:
        return self.cell(row, column).text

    def reason(self, row: int, column: int) -> str:
        return self.cell(row, column).reason

    def cell(self, row: int, column: int) -> Cell:
        """Return one cell."""
        layout = self.table.layout
        texts = self.latest.get(row)
        if texts is None:
            record = self.table.dialect.record(self.data, int(self.starts[row]))
            texts = self.table.cells(record.fields)
            self.latest.clear()
            self.latest[row] = texts
        at = layout.source[column]
        slot = layout.slots[at]
        return layout.read(slot, texts[at])[column - slot.start]
