"""A plot on a terminal: a function is a line, its derivative marks; no colour is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcalc.errors import width
from gradcalc.report.axes import Panel, letter_of, shown, ticks
from gradcalc.report.canvas import Canvas
from gradcalc.report.curve import clipped
from gradcalc.report.page import Page, PageRow, wrapped

SLOPE_STEP, OVERLAID_STEP = 2, 4
ROWS, ROWS_BESIDE, LEAST = 15, 11, 34
FILLED, HOLLOW = "●■▲◆", "○□△◇"
PLAIN_FILLED, PLAIN_HOLLOW = "*#%@", "o+x="


def draw(
    page: Page, panels: Sequence[Panel], rows: int | None = None, columns: int | None = None
) -> None:
    """Draw panels, side by side where the page has room."""
    beside = max(1, min(len(panels), 2, (page.columns + 2) // (LEAST + 2)))
    if columns is not None:
        beside = max(1, min(len(panels), (page.columns + 2) // (columns + 2)))
    wide = columns or (page.columns - 2 * (beside - 1)) // beside
    high = rows or (ROWS if beside == 1 else ROWS_BESIDE)
    for at in range(0, len(panels), beside):
        if at:
            page.blank()
        group = panels[at : at + beside]
        legends = [_text_legend(panel, wide, page.unicode) for panel in group]
        tallest = max(len(legend) for legend in legends)
        blocks = [
            [*([()] * (tallest - len(legend))), *legend, *_plot(panel, wide, high, page.unicode)]
            for panel, legend in zip(group, legends, strict=True)
        ]
        for line in zip(*blocks, strict=True):
            page.lines.append(_joined(line, wide))


def _joined(pieces: Sequence[PageRow], wide: int) -> PageRow:
    """Return lines of several panels as one, each in its own columns."""
    found: list[tuple[str, str]] = []
    for piece in pieces:
        if found:
            found.append(("  ", "plain"))
        found += piece
        used = sum(width(text) for text, _ in piece)
        if piece is not pieces[-1]:
            found.append((" " * max(0, wide - used), "plain"))
    return tuple(found)


def marks(at: int, alone: bool, unicode: bool) -> tuple[str, str]:
    """Return the signs of a function and of its derivative; alone, a function is a line."""
    filled, hollow = (FILLED, HOLLOW) if unicode else (PLAIN_FILLED, PLAIN_HOLLOW)
    value = ("" if unicode else "*") if alone else filled[at % len(filled)]
    return value, hollow[at % len(hollow)]


def _text_legend(panel: Panel, wide: int, unicode: bool) -> list[PageRow]:
    """Return what the lines and marks mean, one line each, broken where it is long."""
    found: list[PageRow] = []
    alone = len(panel.curves) == 1
    for at, curve in enumerate(panel.curves):
        value, slope = marks(at, alone, unicode)
        entries = [((f"{value} {value}" if value else "⠤⠤⠤"), curve.function.name, "curve")]
        if curve.slope is not None:
            entries.append((f"{slope} {slope}", curve.function.slope, "slope"))
        for sign, words, style in entries:
            for number, row in enumerate(wrapped(words, wide - 8)):
                lead = f"    {sign} " if number == 0 else " " * 8
                found.append(((lead, style), (row, "plain")))
    return found


def _plot(panel: Panel, wide: int, high: int, unicode: bool) -> list[PageRow]:
    """Return one pair of axes with its curves as lines of cells."""
    vertical = ticks(panel.bottom, panel.top, max(2, round(high / 2.5)))
    labels = [(value, shown(text, unicode=unicode)) for value, text in vertical]
    gutter = max((width(text) for _, text in labels), default=0) + 1
    inner = Canvas(max(4, wide - gutter - 2), high, unicode=unicode)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - panel.low) / (panel.high - panel.low) * (inner.columns - 0.51)
        down = (panel.top - y) / (panel.top - panel.bottom) * (high - 0.26)
        return across, down

    alone = len(panel.curves) == 1
    for at, curve in enumerate(panel.curves):
        value, slope = marks(at, alone, unicode)
        for piece in clipped(curve.value, panel.bottom, panel.top):
            points = (place(x, y) for x, y in piece)
            if value:
                _mark(inner, points, value, "curve", 1 if alone else OVERLAID_STEP, at)
            else:
                inner.line(points, "curve")
        for piece in clipped(curve.slope, panel.bottom, panel.top) if curve.slope else ():
            points = (place(x, y) for x, y in piece)
            step = SLOPE_STEP if alone else OVERLAID_STEP
            _mark(inner, points, slope, "slope", step, at + 1)
    return _framed(panel, inner, labels, gutter, wide, unicode)


def _mark(
    canvas: Canvas,
    points: Iterator[tuple[float, float]],
    sign: str,
    style: str,
    step: int,
    start: int = 0,
) -> None:
    """Set a mark on every `step`-th column of a line, and on every other row where it is steep."""
    last: tuple[int, int] | None = None
    for x, y in points:
        column, row = int(x), int(y)
        steep = last is not None and abs(row - last[1]) >= 2
        due = (column - start) % step == 0 and (last is None or column != last[0])
        if due or steep:
            canvas.put(column, row, sign, style)
            last = (column, row)


def _framed(
    panel: Panel,
    inner: Canvas,
    labels: Sequence[tuple[float, str]],
    gutter: int,
    wide: int,
    unicode: bool,
) -> list[PageRow]:
    """Return the cells of a plot with its axes, ticks and numbers."""
    high = inner.rows
    sheet = Canvas(wide, high + 2, unicode=unicode)
    for row in range(high):
        sheet.put(gutter, row, "│", "rule")
    for value, label in labels:
        row = int((panel.top - value) / (panel.top - panel.bottom) * (high - 0.26))
        sheet.put(gutter - 1 - width(label), row, label, "note")
        sheet.put(gutter, row, "┤", "rule")
    sheet.put(gutter, high, "└" + "─" * inner.columns, "rule")
    taken = gutter
    for value, number in ticks(panel.low, panel.high, max(2, inner.columns // 6)):
        text = shown(number, unicode=unicode)
        across = (value - panel.low) / (panel.high - panel.low)
        column = gutter + 1 + int(across * (inner.columns - 0.51))
        first = min(max(column - width(text) // 2, 0), wide - width(text))
        sheet.put(column, high, "┬", "rule")
        if first > taken or taken == gutter:
            sheet.put(first, high + 1, text, "note")
            taken = first + width(text)
    letter = letter_of(panel, unicode=unicode)
    if letter and taken + 2 + width(letter) <= wide:
        sheet.put(wide - width(letter), high + 1, letter, "note")
    lines = []
    for row, line in enumerate(sheet.lines()):
        if row < high:
            edge = [sheet.cell(column, row) for column in range(gutter + 1)]
            lines.append((*edge, *inner.lines()[row]))
        else:
            lines.append(line)
    return lines
