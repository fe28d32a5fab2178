"""What pictures are drawn on: a sheet of terminal cells, and SVG.

Colours stand as attributes, for readers that know no style sheets; a style sheet
turns them in the dark. There is no script, no font and no link to anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise
from math import isfinite
from typing import TypeAlias

from gradcalc.errors import visible, width
from gradcalc.report.page import PageRow

FONT = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"
SIZE = 14.0
WIDE = 0.64
"""Columns of text in units of its size, in the widest of the fonts named."""
PALETTE = {
    "paper": ("#ffffff", "#16191d"),
    "ink": ("#1b1f24", "#e8eaed"),
    "soft": ("#5b6570", "#a7b0ba"),
    "line": ("#8a949e", "#77818c"),
    "grid": ("#e4e7eb", "#2a3037"),
    "first": ("#1f5fb4", "#79b0f2"),
    "second": ("#c03a1c", "#ff9270"),
    "third": ("#1d7a4f", "#67c99a"),
    "fourth": ("#7a3fa0", "#c79be6"),
    "fill": ("#eef3fa", "#1f2833"),
    "warm": ("#fdf1ec", "#33231e"),
}
"""What a colour is for: by day, by night."""


Attributes: TypeAlias = dict[str, str | float]

BRAILLE = 0x2800
ACROSS, DOWN = 2, 4
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
Point = tuple[float, float]


def escaped(text: str) -> str:
    """Return a text that can stand in XML: nothing in it is markup or a control sign."""
    text = visible(text)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, name)
    return text


def coordinate(value: float) -> str:
    """Return a length with at most two decimals; raises ValueError where it is not finite."""
    if not isfinite(value):
        raise ValueError("a length of a picture is not a finite number")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(
    tag: str, attributes: Mapping[str, str | float], content: Iterable[str] | None = None
) -> str:
    """Return an element; numbers are rounded, texts escaped, `content` is markup already."""
    pieces = [tag]
    for name, value in attributes.items():
        shown = escaped(value) if isinstance(value, str) else coordinate(value)
        pieces.append(f'{name}="{shown}"')
    head = " ".join(pieces)
    return f"<{head}/>" if content is None else f"<{head}>{''.join(content)}</{tag}>"


def painted(role: str, *, stroke: bool = False) -> Attributes:
    """Return the attributes of a colour: by day as they stand, by night by their class."""
    day = PALETTE[role][0]
    return {"class": f"s-{role}" if stroke else role, "stroke" if stroke else "fill": day}


def text(
    x: float,
    y: float,
    content: str,
    role: str = "ink",
    *,
    anchor: str = "start",
    size: float = SIZE,
    weight: str = "",
) -> str:
    """Return a text whose line of writing is at y."""
    attributes: Attributes = {"x": x, "y": y, **painted(role)}
    if anchor != "start":
        attributes["text-anchor"] = anchor
    if size != SIZE:
        attributes["font-size"] = size
    if weight:
        attributes["font-weight"] = weight
    return element("text", attributes, [escaped(content)])


def framed(x: float, y: float, content: str, role: str, size: float) -> str:
    """Return a text in the middle of a piece of paper that keeps lines off it."""
    wide, high = text_width(content, size) + 4, size + 4
    box: Attributes = {"x": x - wide / 2, "y": y - high / 2, "width": wide, "height": high}
    paper = element("rect", {**box, **painted("paper")})
    return paper + text(x, y + size / 3, content, role, anchor="middle", size=size)


def text_width(content: str, size: float = SIZE) -> float:
    """Return the room that a text takes at most."""
    narrow = sum(content.count(sign) for sign in ".,:;|()[] ′⁽⁾¹²³⁴⁵⁶⁷⁸⁹⁰₀₁₂₃₄₅₆₇₈₉")
    return size * WIDE * (width(visible(content)) - 0.42 * narrow)


def colours() -> tuple[str, str]:
    """Return the rules of a style sheet for the colours by day, and by night."""
    rules = ["", ""]
    for role, pair in PALETTE.items():
        for at, colour in enumerate(pair):
            rules[at] += f".gradcalc-picture .{role}{{fill:{colour}}}"
            rules[at] += f".gradcalc-picture .s-{role}{{stroke:{colour}}}"
    return rules[0], rules[1]


def picture(
    wide: float,
    high: float,
    title: str,
    description: str,
    content: Iterable[str],
    *,
    name: str = "gradcalc",
    dark: bool = True,
) -> str:
    """Return a whole picture, without an XML prologue, so that HTML can hold it.

    name: the beginning of its ids, to be another for each picture of a page.
    dark: other colours where the reader's system is set to dark.
    """
    day, night = colours()
    style = f"@media (prefers-color-scheme:dark){{{night}}}@media print{{{day}}}"
    body = [
        element("title", {"id": f"{name}-title"}, [escaped(title)]),
        element("desc", {"id": f"{name}-desc"}, [escaped(description)]),
        *([element("style", {}, [style])] if dark else []),
        element("rect", {"width": wide, "height": high, **painted("paper")}),
        *content,
    ]
    frame: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "gradcalc-picture",
        "viewBox": f"0 0 {coordinate(wide)} {coordinate(high)}",
        "width": wide,
        "height": high,
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "font-family": FONT,
        "font-size": SIZE,
    }
    return element("svg", frame, ["\n" + line for line in body] + ["\n"]) + "\n"


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
