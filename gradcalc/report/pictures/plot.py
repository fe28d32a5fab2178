"""A plot on a terminal, as SVG, and as PNG by matplotlib, which the extra `plot` installs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from math import hypot

from gradcalc.errors import ProblemError, width
from gradcalc.report.page import Page, PageRow, wrapped
from gradcalc.report.pictures.canvas import (
    PALETTE,
    Attributes,
    Canvas,
    coordinate,
    element,
    painted,
    picture,
    text,
    text_width,
)
from gradcalc.report.pictures.curve import CurveTrace, Panel, clipped, letter_of, shown, ticks

SLOPE_STEP, OVERLAID_STEP = 2, 4
ROWS, ROWS_BESIDE, LEAST = 15, 11, 34
FILLED, HOLLOW = "●■▲◆", "○□△◇"
PLAIN_FILLED, PLAIN_HOLLOW = "*#%@", "o+x="

COLOURS = ("first", "second", "third", "fourth")
DASHES = ("", "9 4", "2 4", "9 4 2 4")
PANEL, OVERLAID = (360.0, 270.0), (560.0, 380.0)
CLOSE = 0.05
GAP, TOP, BOTTOM, RIGHT, ROW, SMALL = 28.0, 16.0, 44.0, 14.0, 20.0, 12.0
ScreenPoint = tuple[float, float]
Placing = Callable[[float, float], ScreenPoint]

INCH = 100.0
PNG_PANEL = (480.0, 360.0)


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


def svg(
    panels: Sequence[Panel],
    width: float | None = None,
    height: float | None = None,
    *,
    name: str = "gradcalc-plot",
    dark: bool = True,
) -> str:
    """Return the panels as one picture; width and height are those of one panel."""
    usual = OVERLAID if len(panels) == 1 and len(panels[0].curves) > 1 else PANEL
    wide, high = width or usual[0], height or usual[1]
    across = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else min(3, len(panels))
    content: list[str] = []
    top = GAP
    for at in range(0, len(panels), across):
        group = panels[at : at + across]
        legend = max(len(_entries(panel)) for panel in group) * ROW
        for column, panel in enumerate(group):
            left = GAP + column * (wide + GAP)
            content.append(_panel(panel, left, top, wide, high, legend))
        top += legend + high + GAP
    total = GAP + across * (wide + GAP)
    names = [curve.function.name for panel in panels for curve in panel.curves]
    title = f"Plot of {', '.join(names)}"
    return picture(total, top, title, _described(panels), content, name=name, dark=dark)


def _described(panels: Sequence[Panel]) -> str:
    """Return in words what is drawn, for those who cannot see it."""
    words = []
    for panel in panels:
        for curve in panel.curves:
            words.append(f"{curve.function.name} over {panel.low:g} to {panel.high:g}")
            if curve.slope is not None:
                words.append(f"its derivative {curve.function.slope}, dashed or in another colour")
                words += [
                    f"which jumps from {jump.left:.4g} to {jump.right:.4g} at {jump.x:.4g}"
                    for jump in curve.slope.jumps
                ]
    return "; ".join(words) + "."


def _entries(panel: Panel) -> list[tuple[str, str, str]]:
    """Return the legend of a panel: words, colour, dashes."""
    found = []
    for at, curve in enumerate(panel.curves):
        colour, dash = _look(panel, at, slope=False)
        found.append((curve.function.name, colour, dash))
        if curve.slope is not None:
            colour, dash = _look(panel, at, slope=True)
            found.append((curve.function.slope, colour, dash))
    return found


def _look(panel: Panel, at: int, *, slope: bool) -> tuple[str, str]:
    """Return colour and dashes: alone, blue and red; together, a colour each, slopes dashed."""
    if len(panel.curves) == 1:
        return COLOURS[slope], DASHES[slope]
    return COLOURS[at % len(COLOURS)], DASHES[slope + 2 * (at // len(COLOURS) % 2)]


def _panel(panel: Panel, left: float, top: float, wide: float, high: float, legend: float) -> str:
    """Return one pair of axes with its curves and its legend above it."""
    heights = ticks(panel.bottom, panel.top, max(3, int(high / 48)))
    labels = [(value, shown(words, unicode=True)) for value, words in heights]
    gutter = max((text_width(words, SMALL) for _, words in labels), default=0.0) + 12
    x0, x1 = left + gutter, left + wide - RIGHT
    y0, y1 = top + legend + TOP, top + legend + high - BOTTOM

    def place(x: float, y: float) -> ScreenPoint:
        return (
            x0 + (x - panel.low) / (panel.high - panel.low) * (x1 - x0),
            y1 - (y - panel.bottom) / (panel.top - panel.bottom) * (y1 - y0),
        )

    content = _legend(panel, x0, top + legend - len(_entries(panel)) * ROW + 14)
    for value, words in labels:
        y = place(0, value)[1]
        content.append(_rule(x0, y, x1, y, "line" if value == 0 else "grid"))
        content.append(text(x0 - 8, y + 4, words, "soft", anchor="end", size=SMALL))
    for value, number in ticks(panel.low, panel.high, max(3, int(wide / 48))):
        x = place(value, 0)[0]
        content.append(_rule(x, y0, x, y1, "line" if value == 0 else "grid"))
        words = shown(number, unicode=True)
        content.append(text(x, y1 + 18, words, "soft", anchor="middle", size=SMALL))
    letter = letter_of(panel, unicode=True)
    if letter:
        content.append(text((x0 + x1) / 2, y1 + 38, letter, "soft", anchor="middle", size=SMALL))
    frame: Attributes = {"x": x0, "y": y0, "width": x1 - x0, "height": y1 - y0, "fill": "none"}
    content.append(element("rect", {**frame, **painted("line", stroke=True), "fill": "none"}))
    for at, curve in enumerate(panel.curves):
        content += _trace(panel, curve.value, place, *_look(panel, at, slope=False))
    for at, curve in enumerate(panel.curves):
        if curve.slope is not None:
            content += _trace(panel, curve.slope, place, *_look(panel, at, slope=True))
    return element("g", {}, content)


def _rule(x0: float, y0: float, x1: float, y1: float, role: str) -> str:
    ends: Attributes = {"x1": x0, "y1": y0, "x2": x1, "y2": y1}
    return element("line", {**ends, **painted(role, stroke=True)})


def _stroke(colour: str, dash: str) -> Attributes:
    look: Attributes = {**painted(colour, stroke=True), "fill": "none"}
    look |= {"stroke-width": 2.2, "stroke-linejoin": "round"}
    return look | ({"stroke-dasharray": dash} if dash else {"stroke-linecap": "round"})


def _legend(panel: Panel, left: float, top: float) -> list[str]:
    found = []
    for at, (words, colour, dash) in enumerate(_entries(panel)):
        y = top + at * ROW
        ends = {"d": f"M{coordinate(left)} {coordinate(y - 5)}h34"}
        found.append(element("path", {**ends, **_stroke(colour, dash)}))
        found.append(text(left + 42, y, words))
    return found


def _trace(panel: Panel, trace: CurveTrace, place: Placing, colour: str, dash: str) -> list[str]:
    """Return the pieces of a line, and circles where it jumps: open limits, the value filled."""
    found = []
    for piece in clipped(trace, panel.bottom, panel.top):
        points = _thinned([place(x, y) for x, y in piece])
        d = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
        found.append(element("path", {"d": d, **_stroke(colour, dash)}))
    for jump in trace.jumps:
        limits = [y for y in (jump.left, jump.right) if y != jump.value]
        inside = [y for y in limits if panel.bottom <= y <= panel.top]
        found += [_ring(place(jump.x, y), colour, filled=False) for y in inside]
        if panel.bottom <= jump.value <= panel.top:
            found.append(_ring(place(jump.x, jump.value), colour, filled=True))
    return found


def _ring(at: ScreenPoint, colour: str, *, filled: bool) -> str:
    inner = painted(colour if filled else "paper")
    rim = painted(colour, stroke=True)
    both: Attributes = {
        **inner,
        **rim,
        "class": f"{inner['class']} {rim['class']}",
        "stroke-width": 1.8,
    }
    return element("circle", {"cx": at[0], "cy": at[1], "r": 4.0, **both})


def _thinned(points: list[ScreenPoint]) -> list[ScreenPoint]:
    """Return the fewest points whose line stays within `CLOSE` of all (Douglas, Peucker 1973)."""
    kept = {0, len(points) - 1}
    open_ = [(0, len(points) - 1)]
    while open_:
        first, last = open_.pop()
        (ax, ay), (cx, cy) = points[first], points[last]
        length = hypot(cx - ax, cy - ay) or 1.0
        far, where = CLOSE, 0
        for at in range(first + 1, last):
            x, y = points[at]
            off = abs((cx - ax) * (ay - y) - (ax - x) * (cy - ay)) / length
            if off > far:
                far, where = off, at
        if where:
            kept.add(where)
            open_ += [(first, where), (where, last)]
    return [points[at] for at in sorted(kept)]


def png(panels: Sequence[Panel], width: float | None = None, height: float | None = None) -> bytes:
    """Return the panels as one PNG picture; raises ProblemError without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise ProblemError(
            "a PNG needs matplotlib, which is not installed",
            hint="pip install 'gradcalc[plot]' installs it; -o FILE.svg needs nothing",
        ) from None
    wide, high = (width or PNG_PANEL[0]) / INCH, (height or PNG_PANEL[1]) / INCH
    across = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else min(3, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(figsize=(across * wide, down * high), dpi=1.5 * INCH, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for axes, panel in zip(grid, panels, strict=False):
        _fill(axes, panel)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _fill(axes, panel: Panel) -> None:  # type: ignore[no-untyped-def]
    """Draw the curves of one panel; `axes` is matplotlib's, which has no types here."""
    axes.axhline(0, color=PALETTE["line"][0], linewidth=0.8)
    axes.axvline(0, color=PALETTE["line"][0], linewidth=0.8)
    axes.grid(color=PALETTE["grid"][0], linewidth=0.6)
    alone = len(panel.curves) == 1
    for at, curve in enumerate(panel.curves):
        name, slope = curve.function.name, curve.function.slope
        colour = COLOURS[at % len(COLOURS)]
        _draw(axes, panel, curve.value, name, colour, "-")
        if curve.slope is not None:
            _draw(axes, panel, curve.slope, slope, COLOURS[1] if alone else colour, "--")
    axes.set_xlim(panel.low, panel.high)
    axes.set_ylim(panel.bottom, panel.top)
    axes.set_xlabel(_literal(letter_of(panel, unicode=True)))
    axes.legend(fontsize="small", framealpha=0.9)


def _draw(axes, panel: Panel, trace: CurveTrace, words: str, colour: str, dash: str) -> None:  # type: ignore[no-untyped-def]
    """Draw one line, and circles where it jumps: open limits, the value filled."""
    ink = PALETTE[colour][0]
    for number, piece in enumerate(clipped(trace, panel.bottom, panel.top)):
        label = _literal(words) if number == 0 else None
        axes.plot(*zip(*piece, strict=True), dash, color=ink, linewidth=1.8, label=label)
    for jump in trace.jumps:
        look = {"color": ink, "marker": "o", "markersize": 5, "zorder": 3}
        for y in (jump.left, jump.right):
            if y != jump.value:
                axes.plot([jump.x], [y], markerfacecolor="white", **look)
        axes.plot([jump.x], [jump.value], **look)


def _literal(words: str) -> str:
    """Return words in which matplotlib finds no mathematics of its own."""
    return words.replace("\\", "\\\\").replace("$", r"\$")
