"""What a document and a report say: words, equations and tables in order, not how they look.

Solution → view → steps → blocks → a printer. A printer knows blocks and mathematics,
nothing of networks; what is said here, every format says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from gradcalc.report.mathematics.tree import Math
    from gradcalc.report.pictures.graph_layout import Picture

SayingTone: TypeAlias = Literal["plain", "note", "warning"]

Align: TypeAlias = Literal["left", "right", "point", "words"]
"""point: decimal points under each other; words: also where words stand among the numbers."""
Tone: TypeAlias = Literal["plain", "note", "warning", "heading", "value"]


@dataclass(frozen=True)
class Place:
    """Where a page of text puts a block; None: as is usual. Other formats pay no heed to it.

    indent: columns from the left; hang: how many more of lines after the first; gap: empty
    lines before it; margin: what leads a paragraph stands alone in the columns of `hang`;
    flow: a remark that has no room at the right follows the words; spare: it is left out.
    """

    indent: int | None = None
    hang: int | None = None
    gap: int | None = None
    margin: bool = False
    flow: bool = False
    spare: bool = False


ANYWHERE = Place()


@dataclass(frozen=True)
class Equation:
    """A name and what it equals, side after side; sign: ← where it takes a new value."""

    name: Math
    sides: tuple[Math, ...] = ()
    sign: str = "="


@dataclass(frozen=True)
class EquationList:
    """Equations with a label, each with a few words beside it."""

    label: str
    rows: tuple[tuple[Equation, str], ...]


@dataclass(frozen=True)
class Labelled:
    """Words with a label."""

    label: str
    words: str


@dataclass(frozen=True)
class Band:
    """The heading of a pass."""

    title: str


@dataclass(frozen=True)
class LayerHeading:
    """The heading of the lines of one layer."""

    title: str


@dataclass(frozen=True)
class SolutionLine:
    """A numbered line: what it defines, its equation, words, entries, and what it reads.

    key: the quantity's own name; reads, readers: the quantities that it reads, the lines
    that read it.
    """

    number: int
    key: str
    equation: Equation
    note: str = ""
    entries: tuple[Equation, ...] = ()
    unfolded: bool = False
    reads: tuple[str, ...] = ()
    readers: tuple[int, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A table of short mathematics, column by column, the first cell of each its head."""

    caption: str
    columns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Saying:
    """A sentence or two."""

    text: str
    tone: SayingTone = "plain"


@dataclass(frozen=True)
class Boxed:
    """The answer, with a few words beside it."""

    equation: Equation
    beside: str = ""


@dataclass(frozen=True)
class Drawing:
    """The computational graph."""

    picture: Picture


DocumentBlock: TypeAlias = (
    EquationList
    | Labelled
    | Band
    | LayerHeading
    | SolutionLine
    | Listing
    | Saying
    | Boxed
    | Drawing
)


@dataclass(frozen=True)
class Document:
    """One problem as it is written down."""

    title: str
    cite: str
    blocks: tuple[Block, ...]


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


@dataclass(frozen=True)
class Title:
    """What the report is about, and what kind of report it is."""

    text: str
    kind: str


@dataclass(frozen=True)
class Section:
    """The heading of what comes after it."""

    text: str
    place: Place = ANYWHERE


@dataclass(frozen=True)
class Facts:
    """Labels, each with words beside it; an empty label goes on with the one before.

    remark: a few words at the right margin of the last row; numbers: the words are numbers,
    decimal points under each other; between: columns of text after the labels; spare: so
    many of the last rows a page of text leaves out.
    """

    rows: tuple[tuple[str, str], ...]
    remark: str = ""
    numbers: bool = False
    between: int = 3
    spare: int = 0
    place: Place = ANYWHERE


@dataclass(frozen=True)
class Figures:
    """A few numbers with their names, in one line where there is room."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences; remark: a few words at the right margin.

    lead: a sign or a few words that stand before them.
    """

    text: str
    tone: Tone = "plain"
    remark: str = ""
    lead: str = ""
    place: Place = ANYWHERE


@dataclass(frozen=True)
class Formula:
    """Lines that stand as they are, blanks included.

    A page of text breaks them where their place says how far they hang; one that begins
    with = goes on with the one before.
    """

    lines: tuple[str, ...]
    tone: Tone = "value"
    place: Place = ANYWHERE


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
    long: str


@dataclass(frozen=True)
class Alternatives:
    """A cell of a table: texts one under the other."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Entries:
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

    def __str__(self) -> str:
        return self.joined(self.cells)


TableCell: TypeAlias = str | Bar | Brief | Alternatives | Entries


@dataclass(frozen=True)
class Across:
    """A row of a table that is words over all columns but the last one."""

    text: str
    last: str = ""
    tone: Tone = "plain"


TableRow: TypeAlias = "tuple[TableCell, ...] | Across"


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    long: the title where there is room for more; least, gap: columns of text it takes at
    least, and before it; joined: a text page writes the title of the column before over
    both; spare: left out where the page is narrow, the largest first;
    cut: shortened there; name: of a quantity, which is not broken; over: its title takes
    what room the next one leaves.
    """

    title: str
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
    rows, plain where it is empty; notes: what is said where cells are brief. Of a page of
    text, margin: columns before the first; rule: where the rule under the titles begins,
    None without; tight: it may be narrowed to one column before and between; stacked:
    rows that are too wide are written cell under cell.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    caption: str = ""
    foot: tuple[str, int, str] | None = None
    tones: tuple[Tone, ...] = ()
    notes: tuple[str, ...] = ()
    margin: int = 0
    rule: int | None = 0
    tight: bool = False
    stacked: bool = False
    place: Place = ANYWHERE

    @property
    def whole_rows(self) -> tuple[tuple[TableCell, ...], ...]:
        """Return the rows that have a cell in each column."""
        return tuple(row for row in self.rows if not isinstance(row, Across))


@dataclass(frozen=True)
class Item:
    """One thing of a list: cells that stand under each other, words, and a remark.

    brief: what a page of text says of it in one row with others like it.
    """

    cells: tuple[str, ...]
    text: str
    remark: str = ""
    brief: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    rows: tuple[Item, ...]
    place: Place = ANYWHERE


Block: TypeAlias = (
    Title | Section | Facts | Figures | Paragraph | Formula | Bars | ReportTable | Items
)

Part: TypeAlias = Block


def longest_bar(table: ReportTable, at: int) -> float:
    """Return the largest value that a bar of a column stands for; 0 without bars."""
    cells = [row[at] for row in table.whole_rows]
    return max((cell.value for cell in cells if isinstance(cell, Bar)), default=0)


def worded(cell: TableCell) -> str:
    """Return what a cell says where there is room for words."""
    match cell:
        case Brief():
            return cell.long
        case Alternatives():
            return "; ".join(cell.lines)
        case Entries():
            return str(cell)
        case Bar():
            return cell.text
        case _:
            return cell
