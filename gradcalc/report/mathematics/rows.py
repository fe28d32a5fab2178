"""Mathematics as one row of text, in Unicode or in plain ASCII."""

from __future__ import annotations

from dataclasses import dataclass

from gradcalc.report.mathematics.tree import Math, Row
from gradcalc.report.mathematics.unicode import Box


@dataclass(frozen=True)
class Rowed(Row):
    """Mathematics that was written in one row, and as a whole formula."""

    line: Box
    whole: Box


def row_text(math: Math, *, unicode: bool = True) -> str:
    """Return mathematics as one row of text."""
    return box_of(math, unicode=unicode).rows[0]


def box_of(math: Math, *, unicode: bool = True) -> Box:
    """Return mathematics as a block of text."""
    assert isinstance(math, Rowed), unicode
    return math.line


def whole_box(math: Math, *, unicode: bool = True) -> Box:
    """Return a whole formula; one of two cases in two rows after a brace."""
    assert isinstance(math, Rowed), unicode
    return math.whole
