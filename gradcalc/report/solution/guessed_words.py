"""Words of a solution as texts: which of them are mathematics is guessed by their signs."""

from __future__ import annotations

from gradcalc.report.blocks import Text
from gradcalc.report.mathematics.names import BLANK
from gradcalc.report.mathematics.readback import cell, pieces
from gradcalc.report.mathematics.tree import Math


class Guessed(str):
    """Words as one row of Unicode; pieces: the words and the mathematics between them."""

    __slots__ = ("pieces",)
    pieces: tuple[str | Math, ...]


def guessed(words: str) -> Text:
    """Return words with the mathematics that is found in them."""
    return _made(words, pieces(words))


def guessed_cell(content: str, *, head: bool) -> Text:
    """Return a cell of a table, mathematics or words; head: of the first row or column."""
    found = cell(content, head=head)
    shown = pieces(found) if isinstance(found, str) else (found,)
    return _made(content.replace(BLANK, " " * len(BLANK)), shown)


def _made(words: str, shown: tuple[str | Math, ...]) -> Guessed:
    made = Guessed(words)
    made.pieces = shown
    return made
