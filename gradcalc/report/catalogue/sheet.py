"""The sheet of one row of a table: labels with words beside them, then how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from gradcalc.report.blocks import Equation, Facts, PagePlace, Text

Said: TypeAlias = "Text | Equation"
Rows: TypeAlias = "Iterator[tuple[str, Said]]"
LABEL = 12
"""Columns of text that a label takes at least."""


def sheet(*parts: Rows) -> Iterator[Facts]:
    """Yield the rows of each part that say something, an empty line between parts."""
    for at, rows in enumerate(parts):
        told = tuple((label, said) for label, said in rows if said)
        place = PagePlace(indent=0, gap=int(at > 0))
        if told:
            yield Facts(told, least=LABEL, between=2, head="heading", place=place)
