"""What a document says: words, equations and tables in order, not how they look.

Every result becomes a document of these blocks, and every format prints all of them. Words
are a `Text`: a plain str is words only, a tuple has mathematics between the words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from gradcalc.report.mathematics.tree import Math
    from gradcalc.report.pictures.graph_layout import Picture

Text: TypeAlias = "str | tuple[str | Math, ...]"
Align: TypeAlias = Literal["left", "right", "point", "words"]
"""point: decimal points under each other; words: also where words stand among the numbers."""
Tone: TypeAlias = Literal["plain", "note", "warning", "heading", "value", "faint"]


@dataclass(frozen=True)
class PagePlace:
    """Where a page of text puts a block; None: as is usual. Other formats pay no heed to it.

    indent: columns from the left; hang: how many more of lines after the first, and of what
    leads it with the blanks after that; gap: empty lines before it; margin: what leads a
    paragraph stands alone in the columns of `hang`; flow: a remark that has no room at the
    right follows the words; spare: it is left out.
    """

    indent: int | None = None
    hang: int | None = None
    gap: int | None = None
    margin: bool = False
    flow: bool = False
    spare: bool = False


ANYWHERE = PagePlace()


@dataclass(frozen=True)
class Equation:
    """A name and what it equals, side after side; sign: ← where it takes a new value."""

    name: Math
    sides: tuple[Math, ...] = ()
    sign: str = "="


@dataclass(frozen=True)
class EquationList:
    """Equations with a label, each with a few words beside it."""

    label: Text
    rows: tuple[tuple[Equation, Text], ...]


@dataclass(frozen=True)
class Equalities:
    """A name, and row after row what it equals, each with a few words beside it."""

    name: Math
    rows: tuple[tuple[Math, Text], ...]
    place: PagePlace = ANYWHERE


@dataclass(frozen=True)
class SolutionLine:
    """A numbered line: what it defines, its equation, words, entries, and what it reads.

    key: the quantity's own name; reads, readers: the quantities that it reads, the lines
    that read it.
    """

    number: int
    key: str
    equation: Equation
    note: Text = ""
    entries: tuple[Equation, ...] = ()
    unfolded: bool = False
    reads: tuple[str, ...] = ()
    readers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Boxed:
    """The answer, with a few words beside it."""

    equation: Equation
    beside: Text = ""


@dataclass(frozen=True)
class Drawing:
    """The computational graph."""

    picture: Picture


@dataclass(frozen=True)
class Section:
    """The heading of what comes after it.

    level 2: of a part of a section; ruled: a page of text writes a rule beside it.
    """

    text: Text
    level: Literal[1, 2] = 1
    ruled: bool = True
    place: PagePlace = ANYWHERE


@dataclass(frozen=True)
class Either:
    """Words, and other words for a page of text that has no room for them in one row."""

    text: Text
    otherwise: Text


@dataclass(frozen=True)
class Facts:
    """Labels, each with words beside it; an empty label goes on with the one before.

    remark: a few words at the right margin of the last row; numbers: the words are numbers,
    decimal points under each other. Of a page of text, least: columns that labels take at
    least; between: columns after them; head, tone: the tones of labels and of words; spare:
    so many of the last rows are left out.
    """

    rows: tuple[tuple[Text, Text | Equation | Either], ...]
    remark: Text = ""
    numbers: bool = False
    least: int = 0
    between: int = 3
    head: Tone = "plain"
    tone: Tone = "plain"
    spare: int = 0
    place: PagePlace = ANYWHERE


@dataclass(frozen=True)
class Figures:
    """A few numbers with their names, in one line where there is room."""

    rows: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences; remark: a few words at the right margin.

    lead: a sign or a few words that stand before them.
    """

    text: Text
    tone: Tone = "plain"
    remark: Text = ""
    lead: Text = ""
    place: PagePlace = ANYWHERE

    @property
    def mark(self) -> Text:
        """Return what leads it in a document: a warning always has a sign."""
        return self.lead or ("!" if self.tone == "warning" else "")


@dataclass(frozen=True)
class Formula:
    """Lines that stand as they are, blanks included.

    A page of text breaks them where their place says how far they hang; a line that begins
    with = goes on with the one before.
    """

    lines: tuple[str, ...]
    tone: Tone = "value"
    place: PagePlace = ANYWHERE


@dataclass(frozen=True)
class Bars:
    """A histogram: from, to (empty for a single value), and how many."""

    rows: tuple[tuple[str, str, int], ...]
    counted: str


@dataclass(frozen=True)
class Bar:
    """A cell of a table: a number with a bar as long as it is large."""

    value: float
    text: str


@dataclass(frozen=True)
class Brief:
    """A cell of a table: signs where there is little room, words where there is more."""

    text: str
    long: Text


@dataclass(frozen=True)
class Alternatives:
    """A cell of a table: texts one under the other."""

    lines: tuple[Text, ...]


@dataclass(frozen=True)
class VectorCell:
    """A cell of a table: the entries of a quantity; inner: how many of them make a row."""

    cells: tuple[str, ...]
    inner: int

    def joined(self, cells: Sequence[str]) -> str:
        """Return entries in parentheses, commas behind the digits; they may be padded."""
        if len(cells) == 1:
            return cells[0]
        text = ""
        for at, cell in enumerate(cells):
            digits = cell.rstrip()
            last = at == len(cells) - 1
            sign = "" if last else (";" if (at + 1) % self.inner == 0 else ",")
            text += digits + sign + cell[len(digits) :] + ("" if last else " ")
        return f"({text})"


TableCell: TypeAlias = "Text | Bar | Brief | Alternatives | VectorCell"


@dataclass(frozen=True)
class Across:
    """A row of a table that is words over all columns but the last one."""

    text: Text
    last: Text = ""
    tone: Tone = "plain"


TableRow: TypeAlias = "tuple[TableCell, ...] | Across"


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    long: the title where there is room for more; least, gap: columns of text it takes at
    least, and before it; joined: a text page writes the title of the column before over
    both; spare: left out where the page is narrow, the largest first;
    cut: shortened there; name: of quantities or their values, which are not broken;
    over: the title takes what room the next one leaves.
    """

    title: Text
    align: Align = "right"
    long: str = ""
    least: int = 0
    gap: int = 1
    joined: bool = False
    spare: int = 0
    cut: bool = False
    name: bool = False
    over: bool = False


@dataclass(frozen=True)
class ReportTable:
    """Rows in columns; the first cell of a row is what the row is about.

    foot: words for the last row, the column they speak of, and its number; tones: of the
    rows, plain where there are none. Of a page of text, notes: what its brief cells mean;
    margin: columns before the first; rule: where the rule under the titles begins, None
    without; tight: it may be narrowed to one column before and between; stacked: rows that
    are too wide are written cell under cell.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    caption: Text = ""
    foot: tuple[str, int, str] | None = None
    tones: tuple[Tone, ...] = ()
    notes: tuple[str, ...] = ()
    margin: int = 0
    rule: int | None = 0
    tight: bool = False
    stacked: bool = False
    place: PagePlace = ANYWHERE

    @property
    def whole_rows(self) -> tuple[tuple[TableCell, ...], ...]:
        """Return the rows that have a cell in each column."""
        return tuple(row for row in self.rows if not isinstance(row, Across))


@dataclass(frozen=True)
class Item:
    """One thing of a list: cells that stand under each other, words, and a remark.

    brief: what a page of text says of it, in one row with the others of the list.
    """

    cells: tuple[Text, ...]
    text: Text
    remark: Text = ""
    brief: Text = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    rows: tuple[Item, ...]
    place: PagePlace = ANYWHERE


DocumentBlock: TypeAlias = (
    Section
    | Paragraph
    | Facts
    | Figures
    | Formula
    | Items
    | ReportTable
    | Bars
    | EquationList
    | Equalities
    | SolutionLine
    | Boxed
    | Drawing
)


@dataclass(frozen=True)
class Document:
    """One result as it is written down.

    kind: what sort of document it is, beside its title; cite: where a problem is from.
    """

    title: str
    kind: str
    blocks: tuple[DocumentBlock, ...]
    cite: str = ""

    @property
    def worked(self) -> bool:
        """Tell whether it shows equations as displays, as a worked solution does."""
        return any(
            isinstance(block, EquationList | SolutionLine | Boxed | Drawing)
            for block in self.blocks
        )


def runs(text: Text) -> tuple[str | Math, ...]:
    """Return a text as its words and the mathematics between them."""
    if isinstance(text, tuple):
        return text
    found: tuple[str | Math, ...] = getattr(text, "pieces", (text,))
    return found


def linked(blocks: Sequence[DocumentBlock]) -> Iterator[DocumentBlock]:
    """Yield blocks, each line with the numbers of the lines that read it."""
    readers: dict[str, list[int]] = {}
    for block in blocks:
        if isinstance(block, SolutionLine):
            for name in block.reads:
                readers.setdefault(name, []).append(block.number)
    for block in blocks:
        if isinstance(block, SolutionLine) and block.equation.sign == "=":
            yield replace(block, readers=tuple(readers.get(block.key, ())))
        else:
            yield block


def worded(cell: TableCell) -> Text:
    """Return what a cell says where there is room for words."""
    match cell:
        case Brief():
            return cell.long
        case Alternatives():
            apart = tuple(part for line in cell.lines for part in ("; ", *runs(line)))
            words_only = all(isinstance(line, str) for line in cell.lines)
            return "; ".join(map(str, cell.lines)) if words_only else apart[1:]
        case VectorCell():
            return cell.joined(cell.cells)
        case Bar():
            return cell.text
        case _:
            return cell


def longest_bar(table: ReportTable, at: int) -> float:
    """Return the largest value that a bar of a column stands for; 0 without bars."""
    cells = [row[at] for row in table.whole_rows]
    return max((cell.value for cell in cells if isinstance(cell, Bar)), default=0)
