"""Tables and bars as LaTeX: columns as wide as they need, long ones in several pieces."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from gradcalc.report.blocks import (
    Across,
    Bar,
    Bars,
    ReportTable,
    TableCell,
    Text,
    longest_bar,
    worded,
)
from gradcalc.report.formats.latex_equations import ROOM, sized
from gradcalc.report.formats.latex_words import length, plain, words

ROWS = 40
"""Rows of a table that stand on one page; more go on in another piece with the same head."""
LONGEST = 6.0
"""The length of the longest bar, in em."""
LEAST = 12
"""Digits that a column keeps in which words are broken."""


def table(block: ReportTable) -> str:
    """Return a table; columns of words are broken where the page is too narrow."""
    most = [longest_bar(block, at) for at in range(len(block.columns))]
    for titles in (
        [column.long or column.title for column in block.columns],
        [column.title or column.long for column in block.columns],
    ):
        sizes = [_size(block, title, at, most[at]) for at, title in enumerate(titles)]
        if fsum(sizes) <= ROOM:
            break
    rooms = _rooms(block, sizes)
    head = list(map(_broken, map(words, titles), rooms))
    rows = [
        _across(row, len(block.columns))
        if isinstance(row, Across)
        else [_cell(cell, most[at], rooms[at]) for at, cell in enumerate(row)]
        for row in block.rows
    ]
    if block.foot is not None:
        said, place, number = block.foot
        last = [""] * (len(block.columns) - place - 1)
        rows.append([f"\\multicolumn{{{place}}}{{l}}{{{plain(said)}}}", plain(number), *last])
    aligns = "".join(
        "l" if column.align == "left" or most[at] else "r"
        for at, column in enumerate(block.columns)
    )
    wide = fsum(room or size for room, size in zip(rooms, sizes, strict=True))
    caption = f"{words(block.caption)}\n\n" if block.caption else ""
    pieces = [rows[at : at + ROWS] for at in range(0, len(rows), ROWS)] or [[]]
    return caption + "".join(sized(_piece(aligns, head, each), wide * 0.95) for each in pieces)


def bars(block: Bars) -> str:
    """Return a histogram, its bars as rules."""
    most = max(1, *(count for *_, count in block.rows))
    rows = [
        [plain(f"{low} – {high}" if high else low), _bar(Bar(count, str(count)), most)]
        for low, high, count in block.rows
    ]
    return _piece("rl", ["score", plain(block.counted)], rows)


def _piece(aligns: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_row(row) for row in (head, *rows)]
    lines.insert(1, "\\hline")
    inner = "\n".join(lines)
    body = f"\\begin{{tabular}}{{{aligns}}}\n{inner}\n\\end{{tabular}}"
    return f"\\begin{{center}}\n{body}\n\\end{{center}}\n"


def _row(cells: Sequence[str]) -> str:
    """Return a row; a sign at its start is no option of the end of the row before."""
    start = "{}" if cells[0].startswith(("[", "*")) else ""
    return f"{start}{' & '.join(cells)} \\\\"


def _size(block: ReportTable, title: Text, at: int, most: float) -> float:
    """Return how many digits the widest cell of a column takes."""
    widest = max(map(length, [title, *(worded(row[at]) for row in block.whole_rows)]))
    return widest + 2 + 2 * LONGEST * bool(most)


def _rooms(block: ReportTable, sizes: Sequence[float]) -> list[float]:
    """Return the digits that a column of words is broken at; 0 where it is not broken."""
    rooms = [0.0] * len(sizes)
    loose = [
        at
        for at, column in enumerate(block.columns)
        if column.align == "left" and not column.name and sizes[at] > LEAST + 2
    ]
    over = fsum(sizes) - ROOM
    if over <= 0 or not loose:
        return rooms
    whole = fsum(sizes[at] for at in loose)
    for at in loose:
        rooms[at] = max(LEAST, sizes[at] - over * sizes[at] / whole)
    return rooms


def _cell(cell: TableCell, most: float, room: float) -> str:
    if isinstance(cell, Bar):
        return _bar(cell, most)
    return _broken(words(worded(cell)), room)


def _across(row: Across, columns: int) -> list[str]:
    return [f"\\multicolumn{{{columns - 1}}}{{l}}{{{words(row.text)}}}", words(row.last)]


def _broken(shown: str, room: float) -> str:
    """Return words that are broken into lines of so many digits."""
    if not room or not shown:
        return shown
    return f"\\parbox[t]{{{room / 2:.1f}em}}{{\\raggedright {shown}\\strut}}"


def _bar(cell: Bar, most: float) -> str:
    rule = f"~\\rule{{{LONGEST * cell.value / most:.2f}em}}{{1.2ex}}" if most and cell.value else ""
    return f"{plain(cell.text)}{rule}"
