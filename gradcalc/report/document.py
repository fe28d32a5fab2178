"""What a document says of a problem: blocks of words, equations and tables, in order.

Solution → view → steps → blocks → a printer. A printer knows blocks and mathematics,
nothing of networks; what is said here, every format says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from gradcalc.report.graphmodel import Picture
    from gradcalc.report.mathtree import Math

SayingTone: TypeAlias = Literal["plain", "note", "warning"]


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
    blocks: tuple[DocumentBlock, ...]


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
