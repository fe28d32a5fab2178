"""Documents as text on a page: lines of at most so many columns, tables that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradcalc.errors import visible, width
from gradcalc.report.blocks import (
    ANYWHERE,
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
    Text,
)
from gradcalc.report.formats.text_equations import (
    equation_row,
    one_row,
    write_equalities,
    write_facts,
)
from gradcalc.report.formats.text_table import TablePrinter, bar
from gradcalc.report.mathematics.unicode import Box, aligned
from gradcalc.report.page import Page, heading, printable, wrapped

COLUMNS = 80
INDENT = 5
BETWEEN = 3
DEEPER, ON = 4, 2
"""Columns by which a line of a formula that goes on stands to the right, and hangs."""


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
        page.blank(not any(map(_ruled, document.blocks[:1])))
    return write_blocks(page, document.blocks)


def write_blocks(page: Page, blocks: Iterable[DocumentBlock]) -> Page:
    """Write blocks onto a page and return it."""
    printer = _Printer(page)
    before: DocumentBlock | None = None
    for block in blocks:
        place = place_of(block)
        if place.spare:
            continue
        page.blank(_gap(before, block) if place.gap is None else place.gap)
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
                page.paragraph("    ".join(rows), indent)
            case Paragraph():
                self.paragraph(block, indent)
            case Formula():
                self.formula(block, indent)
            case Bars():
                self.bars(block)
            case ReportTable():
                self.table(block, indent)
            case Items():
                self.items(block, indent)
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
        page, hang = self.page, block.place.hang
        said, remark, lead = self.row(block.text), self.row(block.remark), self.row(block.lead)
        if lead and block.place.margin:
            self.in_margin(lead, said, indent, hang or 0)
            return
        if lead:
            said = lead + " " * (2 if hang is None else max(1, hang - width(lead))) + said
        gap = page.columns - indent - width(said) - width(remark)
        if block.place.flow and gap <= 2:
            page.paragraph(f"{said}  {remark}", indent, block.tone)
        elif remark or block.tone == "heading":
            page.beside(said, remark, block.tone, indent, INDENT if hang is None else hang)
        else:
            page.paragraph(said, indent, block.tone, hang or 0)

    def in_margin(self, lead: str, said: str, indent: int, wide: int) -> None:
        """Write words to the right of what leads them, or under it where it takes their room."""
        page = self.page
        start, *rest = wrapped(page.prose(said), page.columns - indent - wide)
        if width(lead) < wide:
            lead += " " * (wide - width(lead))
            page.lines.append(((" " * indent, "plain"), (lead, "heading"), (start, "plain")))
        else:
            page.text(lead, "heading", indent)
            rest = [start, *rest]
        for line in rest:
            page.text(line, "plain", indent + wide)

    def formula(self, block: Formula, indent: int) -> None:
        """Write lines as they are, or broken where they may hang."""
        hang = block.place.hang
        if hang is None:
            self.page.block(Box(block.lines), indent, block.tone)
            return
        for line in block.lines:
            on = line.startswith("= ")
            deeper = indent + DEEPER if on else indent
            self.page.paragraph(line, deeper, block.tone, ON if on else hang)

    def table(self, block: ReportTable, indent: int) -> None:
        """Write a table, and what its brief cells mean."""
        TablePrinter(self.page, block, indent).write()
        self.page.blank(bool(block.notes))
        for note in block.notes:
            self.page.paragraph(note, self.indent, "note")

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

    def items(self, block: Items, indent: int) -> None:
        """Write a list, its leading cells under each other, numbers flush right."""
        if block.rows and block.rows[0].brief:
            self.in_one_row(block, indent)
            return
        cells = [[self.row(cell) for cell in item.cells] for item in block.rows]
        sizes = [max(map(width, column)) for column in zip(*cells, strict=True)]
        for own, item in zip(cells, block.rows, strict=True):
            lead = "".join(
                (cell.rjust(size) if cell[:1].isdigit() else cell.ljust(size)) + "   "
                for cell, size in zip(own, sizes, strict=True)
            )
            hang = min(width(lead), self.page.columns // 3)
            said, remark = lead + self.row(item.text), self.row(item.remark)
            self.page.beside(said, remark, "plain", indent, hang)

    def in_one_row(self, block: Items, indent: int) -> None:
        """Write what is brief in a list after the cells of its first row, each thing once."""
        first, wide = block.rows[0], block.place.hang or 0
        lead = "  ".join(map(self.row, first.cells)).ljust(wide)
        said = "   ".join(dict.fromkeys(self.row(item.brief) for item in block.rows))
        self.page.beside(lead + said, self.row(first.remark), "plain", indent, wide)


def aligned_pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ranges as texts of one width, ends under each other."""
    low, high = aligned([a for a, _ in pairs]), aligned([b or " " for _, b in pairs])
    return [
        f"{a} – {b}" if pair[1] else f"{a}   {' ' * width(b)}"
        for a, b, pair in zip(low, high, pairs, strict=True)
    ]
