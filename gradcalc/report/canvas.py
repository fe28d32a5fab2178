"""A sheet of terminal cells: lines in braille dots or signs, texts and marks on top."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise

from gradcalc.errors import visible, width
from gradcalc.report.page import PageRow

BRAILLE = 0x2800
ACROSS, DOWN = 2, 4
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
Point = tuple[float, float]


class Canvas:
    """Cells of `columns` × `rows`, drawn in turn; places are in cells, from the top left."""

    def __init__(self, columns: int, rows: int, *, unicode: bool = True) -> None:
        self.columns, self.rows, self.unicode = columns, rows, unicode
        self.dots: dict[tuple[int, int], int] = {}
        self.inked: dict[tuple[int, int], str] = {}
        self.signs: dict[tuple[int, int], tuple[str, str]] = {}

    def line(self, points: Iterable[Point], style: str, sign: str = "*") -> None:
        """Draw a line through points: in dots, on plain streams in signs."""
        across, down = (ACROSS, DOWN) if self.unicode else (1, 1)
        scaled = [(x * across, y * down) for x, y in points]
        for (x0, y0), (x1, y1) in pairwise(scaled):
            steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0))))
            for step in range(steps + 1):
                x = int(x0 + (x1 - x0) * step / steps)
                y = int(y0 + (y1 - y0) * step / steps)
                self.dot(x, y, style, sign)

    def dot(self, x: int, y: int, style: str, sign: str) -> None:
        """Set one dot of a cell; on plain streams, a sign in the cell."""
        across, down = (ACROSS, DOWN) if self.unicode else (1, 1)
        cell = (x // across, y // down)
        if not (0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows):
            return
        if not self.unicode:
            self.signs[cell] = (sign, style)
            return
        self.dots[cell] = self.dots.get(cell, 0) | _BITS[y % DOWN][x % ACROSS]
        self.inked[cell] = style

    def put(self, column: int, row: int, text: str, style: str = "plain") -> None:
        """Write a text over what is drawn, as far as it lies on the sheet."""
        for sign in visible(text):
            if 0 <= column < self.columns and 0 <= row < self.rows and width(sign) == 1:
                self.signs[column, row] = (sign, style)
            column += width(sign)

    def cell(self, column: int, row: int) -> tuple[str, str]:
        """Return the sign of one cell and its style."""
        at = (column, row)
        if at in self.signs:
            return self.signs[at]
        if at in self.dots:
            return chr(BRAILLE + self.dots[at]), self.inked[at]
        return " ", "plain"

    def trimmed(self) -> list[PageRow]:
        """Return the lines without the empty ones above and below all that is drawn."""
        found = self.lines()
        full = [at for at, line in enumerate(found) if "".join(text for text, _ in line).strip()]
        return found[full[0] : full[-1] + 1] if full else []

    def lines(self) -> list[PageRow]:
        """Return the rows as lines of a page, signs of one style together."""
        found: list[PageRow] = []
        for row in range(self.rows):
            cells = [self.cell(column, row) for column in range(self.columns)]
            found.append(
                tuple(
                    ("".join(sign for sign, _ in run), style)
                    for style, run in groupby(cells, key=lambda cell: cell[1])
                )
            )
        return found
