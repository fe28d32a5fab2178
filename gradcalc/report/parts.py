"""The parts of a report: what is said, without a word on how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Align: TypeAlias = Literal["left", "right"]
Tone: TypeAlias = Literal["plain", "note", "warning", "heading"]


@dataclass(frozen=True)
class Title:
    """What the report is about, and what kind of report it is."""

    text: str
    kind: str


@dataclass(frozen=True)
class Section:
    """The heading of what comes after it."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Labels, each with words beside it; an empty label goes on with the one before."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Figures:
    """A few numbers with their names, in one line where there is room."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences; remark: a few words at the right margin."""

    text: str
    tone: Tone = "plain"
    remark: str = ""


@dataclass(frozen=True)
class Formula:
    """Lines that stand as they are, blanks included."""

    lines: tuple[str, ...]


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


TableCell: TypeAlias = str | Bar


@dataclass(frozen=True)
class TableColumn:
    """A column of a table.

    long: the title where there is room for more; least, gap: columns of text it takes at
    least, and before it; joined: a text page writes the title of the column before over
    both; spare: left out where the page is narrow, the largest first;
    cut: shortened there; name: of a quantity, which is not broken.
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


@dataclass(frozen=True)
class ReportTable:
    """Rows in columns; the first cell of a row is what the row is about.

    foot: words for the last row, the column they speak of, and its number.
    """

    columns: tuple[TableColumn, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    caption: str = ""
    foot: tuple[str, int, str] | None = None


@dataclass(frozen=True)
class Item:
    """One thing of a list: cells that stand under each other, words, and a remark."""

    cells: tuple[str, ...]
    text: str
    remark: str = ""


@dataclass(frozen=True)
class Items:
    """A list."""

    rows: tuple[Item, ...]


Part: TypeAlias = (
    Title | Section | Facts | Figures | Paragraph | Formula | Bars | ReportTable | Items
)
