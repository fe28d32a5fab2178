"""Tables on a page of text: columns that fit, numbers under each other, rows of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradcalc.errors import TIED, visible, width
from gradcalc.report.blocks import (
    Across,
    Alternatives,
    Bar,
    Brief,
    ReportTable,
    TableCell,
    TableColumn,
    Text,
    Tone,
    VectorCell,
    longest_bar,
    worded,
)
from gradcalc.report.formats.text_equations import one_row
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page, wrapped

LEAST_BAR = 4
LEAST_CUT = 8
"""Columns that a shortened cell keeps."""
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"
HANG = 4
"""Columns by which the lines of a row of words hang."""


@dataclass
class TablePrinter:
    """Writes a table; columns that are spare go first where there is no room."""

    page: Page
    table: ReportTable
    indent: int
    texts: list[list[str]] = field(init=False)
    """Of each column, the cells as they are written."""
    margin: int = field(init=False)
    gaps: list[int] = field(init=False)

    def __post_init__(self) -> None:
        table = self.table
        self.texts = [list(map(self.text, column)) for column in self.columns()]
        for at, column in enumerate(table.columns):
            self.texts[at] = _lined_up(column, self.columns()[at], self.texts[at])
        self.margin = table.margin
        self.gaps = [column.gap for column in table.columns]

    def row_of(self, content: Text) -> str:
        return one_row(content, unicode=self.page.unicode)

    def text(self, cell: TableCell) -> str:
        """Return a cell as it is written where it is not padded."""
        if isinstance(cell, Alternatives):
            cell = cell.lines[0] if cell.lines else ""
        said = self.row_of(cell.text if isinstance(cell, Bar | Brief) else worded(cell))
        return visible(said.replace(TIED, " "))

    def columns(self) -> list[list[TableCell]]:
        """Return the cells column by column."""
        rows = self.table.whole_rows
        return [[row[at] for row in rows] for at in range(len(self.table.columns))]

    @property
    def room(self) -> int:
        """Return how many columns of text there are for the table."""
        return self.page.columns - self.indent

    def write(self) -> None:
        """Write the table, or one row under the other."""
        kept, sizes = self.fitted()
        if self.table.stacked and (self.used(kept, sizes) > self.room or self.several()):
            self.stack()
            return
        self.titles(kept, sizes)
        tones = iter(self.table.tones)
        at = 0
        for row in self.table.rows:
            tone: Tone = next(tones, "plain")
            if isinstance(row, Across):
                self.across(row)
                continue
            text = " " * self.margin + self.row(at, kept, sizes)
            self.page.text(text.rstrip(), tone, self.indent)
            at += 1
        if self.table.foot is not None:
            self.foot(self.table.foot, kept, sizes)

    def fitted(self) -> tuple[list[int], list[int]]:
        """Return the columns that are kept, and how wide each one is."""
        table = self.table
        kept = list(range(len(table.columns)))
        sizes = self.sizes(kept)
        while self.used(kept, sizes) > self.room:
            spare = max((table.columns[at].spare, at) for at in kept)
            if not spare[0]:
                break
            kept.remove(spare[1])
            sizes = self.sizes(kept)
        if table.tight and self.used(kept, sizes) > self.room:
            self.texts = [list(map(self.text, column)) for column in self.columns()]
            sizes = self.sizes(kept)
        if table.tight and self.used(kept, sizes) > self.room:
            self.margin, self.gaps = 1, [1] * len(self.gaps)
        over = self.used(kept, sizes) - self.room
        for at in kept:
            if table.columns[at].cut and over > 0:
                taken = min(over, max(0, sizes[at] - LEAST_CUT))
                sizes[at], over = sizes[at] - taken, over - taken
        barred = [at for at in kept if self.barred(at)]
        for at in barred if over > 0 else ():
            sizes[at] = self.number(at)
        for at in barred:  # what is left belongs to the bars
            left = (self.room - self.used(kept, sizes)) // len(barred)
            sizes[at] += max(0, left)
        return kept, sizes

    def titles(self, kept: Sequence[int], sizes: Sequence[int]) -> None:
        """Write the titles of the columns over a rule, and the caption."""
        page, table = self.page, self.table
        head = " " * self.margin + self.head(kept, sizes)
        caption = self.row_of(table.caption)
        if caption:  # it stands where the titles of texts would
            free = width(head) - width(head.lstrip())
            if width(caption) + 2 <= free:
                head = caption + head[width(caption) :]
            else:
                page.paragraph(caption, self.indent)
                page.blank()
        if head.strip():
            page.text(head.rstrip(), "faint", self.indent)
        if table.rule is not None:
            page.text(" " * table.rule + "─" * (self.room - table.rule), "rule", self.indent)

    def several(self) -> bool:
        """Tell whether a cell takes more than one line."""
        cells = (cell for row in self.table.whole_rows for cell in row)
        return any(isinstance(cell, Alternatives) and len(cell.lines) > 1 for cell in cells)

    def stack(self) -> None:
        """Write each row cell under cell, the first two of them beside each other."""
        page = self.page
        label = max(map(width, self.texts[0]), default=0) + self.table.columns[1].gap
        for at, row in enumerate(self.table.whole_rows):
            page.blank(min(at, 1))
            lead = self.texts[0][at] + " " * (label - width(self.texts[0][at]))
            for n, line in enumerate(wrapped(self.texts[1][at], self.room - label)):
                page.text((" " * label if n else lead) + line, "plain", self.indent)
            for cell in row[2:]:
                lines = cell.lines if isinstance(cell, Alternatives) else (cell,)
                for text in filter(None, map(self.text, lines)):
                    page.paragraph(text, self.indent + label, "note", 2)

    def across(self, row: Across) -> None:
        """Write a row of words."""
        text, last = self.row_of(row.text), self.row_of(row.last)
        last = f"{last} " if last else ""
        self.page.beside(text, last, row.tone, self.indent + self.table.margin, HANG)

    def barred(self, at: int) -> bool:
        return any(isinstance(row[at], Bar) for row in self.table.whole_rows)

    def sizes(self, kept: Sequence[int]) -> list[int]:
        """Return what the widest cell of each column takes, and its title if it is alone."""
        found = []
        for at, column in enumerate(self.table.columns):
            wide = max(map(width, self.texts[at]), default=0)
            after = self.table.columns[at + 1 : at + 2] if at + 1 in kept else ()
            alone = not (column.joined or column.over) and not (after and after[0].joined)
            title = width(self.row_of(column.title)) + self.barred(at) if alone else 0
            found.append(max(column.least, wide, title))
        return found

    def number(self, at: int) -> int:
        """Return what the numbers beside the bars of a column take."""
        return max(self.table.columns[at].least, *map(width, self.texts[at]))

    def used(self, kept: Sequence[int], sizes: Sequence[int]) -> int:
        return self.margin + sum(sizes[at] + self.gaps[at] * bool(n) for n, at in enumerate(kept))

    def head(self, kept: Sequence[int], sizes: Sequence[int]) -> str:
        """Return the titles; one over two columns stands at the end of both."""
        text, ends, pushed = "", 0, 0
        for n, at in enumerate(kept):
            column = self.table.columns[at]
            ends += sizes[at] + self.gaps[at] * bool(n)
            if kept[n + 1 : n + 2] and self.table.columns[kept[n + 1]].joined:
                continue
            titled = self.table.columns[kept[n - 1]] if column.joined else column
            title = self.row_of(titled.title)
            last = n == len(kept) - 1
            if self.barred(at):
                room = max(sizes[at] - 1, self.room - ends + sizes[at] - 1)
                text = text.ljust(ends - sizes[at] + 1) + cut(title, room if last else sizes[at])
            elif column.align == "right":
                text += " " * (ends - width(text) - width(title)) + title
            else:
                start = ends - sizes[at] + pushed
                if text.strip() and width(text) >= start:  # the title before takes its room
                    pushed += width(text) + 1 - start
                    start = width(text) + 1
                text = text.ljust(start)
                text += title * (not self.table.caption)
        return text

    def row(self, at: int, kept: Sequence[int], sizes: Sequence[int]) -> str:
        text = ""
        row = self.table.whole_rows[at]
        for n, place in enumerate(kept):
            column, cell = self.table.columns[place], row[place]
            text += " " * (self.gaps[place] * bool(n))
            if isinstance(cell, Bar):
                text += self.bar(place, cell, sizes[place])
                continue
            own = cut(self.texts[place][at], sizes[place])
            blank = " " * (sizes[place] - width(own))
            text += blank + own if column.align == "right" else own + blank
        return text

    def bar(self, at: int, cell: Bar, size: int) -> str:
        """Return a number and its bar in `size` columns."""
        least = self.number(at)
        number = cell.text.rjust(least)
        room = size - least - 1
        if room < LEAST_BAR:
            return number.ljust(size)
        most = longest_bar(self.table, at) or 1
        return f"{number} {bar(cell.value / most * room, self.page.unicode).ljust(room)}"

    def foot(self, foot: tuple[str, int, str], kept: Sequence[int], sizes: Sequence[int]) -> None:
        """Write the last row: words from the left, a number under the column it is of."""
        words, place, text = foot
        place = place if place in kept else kept[-1]
        before = kept[: kept.index(place) + 1]
        end = self.used(before, sizes)
        if self.barred(place):
            end += self.number(place) - sizes[place]
        gap = end - width(words) - width(text)
        if gap >= 1:
            self.page.text(words + " " * gap + text, "plain", self.indent)
            return
        self.page.paragraph(f"{words}: {text}", self.indent)


def _lined_up(column: TableColumn, cells: Sequence[TableCell], texts: list[str]) -> list[str]:
    """Return the texts of a column with its numbers under each other."""
    vectors = {at: cell for at, cell in enumerate(cells) if isinstance(cell, VectorCell)}
    if vectors and len({len(cell.cells) for cell in vectors.values()}) == 1:
        entries = zip(*(cell.cells for cell in vectors.values()), strict=True)
        rows = zip(*(aligned(list(each)) for each in entries), strict=True)
        for (at, cell), row in zip(vectors.items(), rows, strict=True):
            texts[at] = cell.joined(row)
    elif column.align == "point" and texts:
        return aligned(texts)
    elif column.align == "words":
        numbers = [at for at, text in enumerate(texts) if text[-1:].isdigit() and " " not in text]
        padded = aligned([texts[at] for at in numbers] or [""])
        for at, text in zip(numbers, padded, strict=False):
            texts[at] = text
    return texts


def bar(length: float, unicode: bool = True) -> str:
    """Return a bar of eighths of a column, or of signs where a stream has only ASCII."""
    if not unicode:
        return "#" * round(length)
    whole, part = int(length), round((length - int(length)) * 8)
    if part == 8:
        whole, part = whole + 1, 0
    return FULL * whole + (EIGHTHS[part] if part else "")


def cut(text: str, columns: int) -> str:
    """Return a text shortened to so many columns."""
    if width(text) <= columns:
        return text
    kept = text
    while kept and width(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…"
