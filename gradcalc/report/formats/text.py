"""Documents as text on a page: lines of at most so many columns, tables that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradcalc.errors import TIED, visible, width
from gradcalc.report.blocks import (
    ANYWHERE,
    Bar,
    Bars,
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Equalities,
    Equation,
    EquationList,
    Facts,
    Figures,
    Formula,
    Items,
    PagePlace,
    Paragraph,
    ReportTable,
    Section,
    SolutionLine,
    TableCell,
    Text,
)
from gradcalc.report.formats.text_equations import (
    equation_row,
    one_row,
    write_equalities,
    write_facts,
)
from gradcalc.report.mathematics.unicode import Box, aligned
from gradcalc.report.page import Page, heading, printable

COLUMNS = 80
INDENT = 5
BETWEEN = 3
LEAST_BAR = 4
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"


def text_document(documents: Sequence[Document]) -> str:
    """Return documents as the text of a file, two empty lines between them."""
    pages = (write_document(Page(COLUMNS), each) for each in documents)
    return "\n\n".join(printable(page).plain() for page in pages)


def write_document(page: Page, document: Document) -> Page:
    """Write a document onto a page and return it."""
    if document.kind:
        heading(page, document.title, document.kind)
    else:
        page.title(visible(document.title))
        page.blank(not _ruled(document.blocks[0]))
    return write_blocks(page, document.blocks)


def write_blocks(page: Page, blocks: Iterable[DocumentBlock]) -> Page:
    """Write blocks onto a page and return it."""
    printer = _Printer(page)
    before: DocumentBlock | None = None
    for block in blocks:
        gap = place_of(block).gap
        page.blank(_gap(before, block) if gap is None else gap)
        printer.write(block)
        before = block
    return page


def _gap(before: DocumentBlock | None, block: DocumentBlock) -> int:
    """Return how many lines are left empty between two blocks."""
    if isinstance(before, Section | None) or isinstance(block, Section):
        return 0
    words = isinstance(block, Paragraph) and not block.remark
    return 0 if isinstance(before, Paragraph) and words else 1


def _ruled(block: DocumentBlock) -> bool:
    return isinstance(block, Section) and block.level == 1 and block.ruled


def place_of(block: DocumentBlock) -> PagePlace:
    """Return where a page of text puts a block."""
    place: PagePlace = getattr(block, "place", ANYWHERE)
    return place


@dataclass
class _Printer:
    page: Page
    indent: int = 0

    def write(self, block: DocumentBlock) -> None:  # noqa: PLR0912 - a kind of block a case
        """Write one block."""
        page, place = self.page, place_of(block)
        indent = self.indent if place.indent is None else place.indent
        match block:
            case Section():
                self.section(block)
            case Facts():
                write_facts(page, block, indent)
            case Equalities():
                write_equalities(page, block, indent)
            case Figures():
                rows = (f"{self.row(label)} {self.row(value)}" for label, value in block.rows)
                page.paragraph("    ".join(rows), self.indent)
            case Paragraph():
                self.paragraph(block, indent)
            case Formula():
                page.block(Box(block.lines), self.indent, "value")
            case Bars():
                self.bars(block)
            case ReportTable():
                _TablePrinter(page, block, self.indent).write()
            case Items():
                self.items(block)
            case EquationList():
                said = [(self.equation(each), self.row(beside)) for each, beside in block.rows]
                facts: list[tuple[Text, str]] = [
                    ("" if at else block.label, "   ".join(filter(None, row)))
                    for at, row in enumerate(said)
                ]
                write_facts(page, Facts(tuple(facts)), indent)
            case SolutionLine():
                self.line(block)
            case Boxed():
                shown = Box((self.equation(block.equation),))
                page.panel(shown, self.indent, self.row(block.beside))
            case Drawing():
                return

    def row(self, content: Text) -> str:
        return one_row(content, unicode=self.page.unicode)

    def equation(self, shown: Equation) -> str:
        return equation_row(shown, unicode=self.page.unicode)

    def section(self, block: Section) -> None:
        if not block.ruled:
            self.page.text(self.row(block.text), "heading", block.place.indent or 0)
        elif block.level == 1:
            self.page.band(self.row(block.text))
        else:
            self.page.blank()
            self.page.text(self.row(block.text), "faint", INDENT)
        self.indent = INDENT

    def line(self, block: SolutionLine) -> None:
        """Write a numbered line, its words at the right margin, its entries under it."""
        lead = f"{block.number:>3}  "
        self.page.beside(lead + self.equation(block.equation), self.row(block.note), "plain")
        for each in block.entries if block.unfolded else ():
            self.page.paragraph(self.equation(each), self.indent + BETWEEN)

    def paragraph(self, block: Paragraph, indent: int) -> None:
        said, remark, lead = map(self.row, (block.text, block.remark, block.lead))
        hang = block.place.hang
        if lead:
            said = lead + " " * (2 if hang is None else max(1, hang - width(lead))) + said
        if remark:
            self.page.beside(said, remark, block.tone, indent)
        else:
            self.page.paragraph(said, indent, block.tone, hang or 0)

    def bars(self, block: Bars) -> None:
        page = self.page
        labels = aligned_pairs([(low, high) for low, high, _ in block.rows])
        most = max(1, *(count for *_, count in block.rows))
        counts = [str(count) for *_, count in block.rows]
        wide = max(map(width, counts))
        room = page.columns - self.indent - max(map(width, labels)) - wide - 4
        for label, (*_, count), said in zip(labels, block.rows, counts, strict=True):
            line = f"{label}  {bar(count / most * room, page.unicode).ljust(room)}  "
            page.text(line + said.rjust(wide), "plain", self.indent)

    def items(self, block: Items) -> None:
        """Write a list, its leading cells under each other, numbers flush right."""
        cells = [[self.row(cell) for cell in item.cells] for item in block.rows]
        sizes = [max(map(width, column)) for column in zip(*cells, strict=True)]
        for own, item in zip(cells, block.rows, strict=True):
            lead = "".join(
                (cell.rjust(size) if cell[:1].isdigit() else cell.ljust(size)) + "   "
                for cell, size in zip(own, sizes, strict=True)
            )
            hang = min(width(lead), self.page.columns // 3)
            said, remark = lead + self.row(item.text), self.row(item.remark)
            self.page.beside(said, remark, "plain", self.indent, hang)


@dataclass
class _TablePrinter:
    """Writes a table; columns that are spare go first where there is no room."""

    page: Page
    table: ReportTable
    indent: int

    def write(self) -> None:
        page, table = self.page, self.table
        room = page.columns - self.indent
        kept = list(range(len(table.columns)))
        sizes = self.sizes(kept)
        while self.used(kept, sizes) > room:
            spare = max((table.columns[at].spare, at) for at in kept)
            if not spare[0]:
                break
            kept.remove(spare[1])
            sizes = self.sizes(kept)
        over = self.used(kept, sizes) - room
        for at in kept:
            if table.columns[at].cut and over > 0:
                taken = min(over, max(0, sizes[at] - 8))
                sizes[at], over = sizes[at] - taken, over - taken
        barred = [at for at in kept if self.barred(at)]
        for at in barred if over > 0 else ():
            sizes[at] = self.number(at)
        for at in barred:  # what is left belongs to the bars
            left = (room - self.used(kept, sizes)) // len(barred)
            sizes[at] += max(0, left)
        head = self.head(kept, sizes)
        caption = self.row_of(table.caption)
        if caption:  # it stands where the titles of texts would
            free = width(head) - width(head.lstrip())
            if width(caption) + 2 <= free:
                head = caption + head[width(caption) :]
            else:
                page.paragraph(caption, self.indent)
                page.blank()
        page.text(head, "faint", self.indent)
        page.text("─" * room, "rule", self.indent)
        for row in table.rows:
            page.text(self.row(row, kept, sizes).rstrip(), "plain", self.indent)
        if table.foot is not None:
            self.foot(table.foot, kept, sizes)

    def row_of(self, content: Text) -> str:
        return one_row(content, unicode=self.page.unicode)

    def text(self, cell: TableCell) -> str:
        said = cell.text if isinstance(cell, Bar) else self.row_of(cell)
        return visible(said.replace(TIED, " "))

    def barred(self, at: int) -> bool:
        return any(isinstance(row[at], Bar) for row in self.table.rows)

    def sizes(self, kept: Sequence[int]) -> list[int]:
        """Return what the widest cell of each column takes, and its title if it is alone."""
        found = []
        for at, column in enumerate(self.table.columns):
            cells = [row[at] for row in self.table.rows]
            wide = max((width(self.text(cell)) for cell in cells), default=0)
            after = self.table.columns[at + 1 : at + 2] if at + 1 in kept else ()
            alone = not column.joined and not (after and after[0].joined)
            title = width(self.row_of(column.title)) + self.barred(at) if alone else 0
            found.append(max(column.least, wide, title))
        return found

    def number(self, at: int) -> int:
        """Return what the numbers beside the bars of a column take."""
        cells = [self.text(row[at]) for row in self.table.rows]
        return max(self.table.columns[at].least, *map(width, cells))

    def used(self, kept: Sequence[int], sizes: Sequence[int]) -> int:
        return sum(sizes[at] + self.table.columns[at].gap * bool(n) for n, at in enumerate(kept))

    def head(self, kept: Sequence[int], sizes: Sequence[int]) -> str:
        """Return the titles; one over two columns stands at the end of both."""
        text, ends = "", 0
        for n, at in enumerate(kept):
            column = self.table.columns[at]
            ends += sizes[at] + column.gap * bool(n)
            if kept[n + 1 : n + 2] and self.table.columns[kept[n + 1]].joined:
                continue
            titled = self.table.columns[kept[n - 1]] if column.joined else column
            title = self.row_of(titled.title)
            last = n == len(kept) - 1
            if self.barred(at):
                room = max(sizes[at] - 1, self.page.columns - self.indent - ends + sizes[at] - 1)
                text = text.ljust(ends - sizes[at] + 1) + _cut(title, room if last else sizes[at])
            elif column.align == "left":
                text = text.ljust(ends - sizes[at]) + title * (not self.table.caption)
            else:
                text += " " * (ends - width(text) - width(title)) + title
        return text

    def row(self, row: Sequence[TableCell], kept: Sequence[int], sizes: Sequence[int]) -> str:
        text = ""
        for n, at in enumerate(kept):
            column, cell = self.table.columns[at], row[at]
            text += " " * (column.gap * bool(n))
            if isinstance(cell, Bar):
                text += self.bar(at, cell, sizes[at])
                continue
            cut = _cut(self.text(cell), sizes[at])
            blank = " " * (sizes[at] - width(cut))
            text += cut + blank if column.align == "left" else blank + cut
        return text

    def bar(self, at: int, cell: Bar, size: int) -> str:
        """Return a number and its bar in `size` columns."""
        least = self.number(at)
        number = cell.text.rjust(least)
        room = size - least - 1
        if room < LEAST_BAR:
            return number.ljust(size)
        every = [row[at] for row in self.table.rows]
        most = max((each.value for each in every if isinstance(each, Bar)), default=0) or 1
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


def aligned_pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ranges as texts of one width, ends under each other."""
    low, high = aligned([a for a, _ in pairs]), aligned([b or " " for _, b in pairs])
    return [
        f"{a} – {b}" if pair[1] else f"{a}   {' ' * width(b)}"
        for a, b, pair in zip(low, high, pairs, strict=True)
    ]


def bar(length: float, unicode: bool = True) -> str:
    """Return a bar of eighths of a column, or of signs where a stream has only ASCII."""
    if not unicode:
        return "#" * round(length)
    whole, part = int(length), round((length - int(length)) * 8)
    if part == 8:
        whole, part = whole + 1, 0
    return FULL * whole + (EIGHTHS[part] if part else "")


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    kept = text
    while kept and width(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…"
