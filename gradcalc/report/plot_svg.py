"""A plot as SVG: panels beside each other, or several curves over one pair of axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot

from gradcalc.report.axes import Panel, letter_of, shown, ticks
from gradcalc.report.curve import CurveTrace, clipped
from gradcalc.report.svg import Attributes, coordinate, element, painted, picture, text, text_width

COLOURS = ("first", "second", "third", "fourth")
DASHES = ("", "9 4", "2 4", "9 4 2 4")
PANEL, OVERLAID = (360.0, 270.0), (560.0, 380.0)
CLOSE = 0.05
GAP, TOP, BOTTOM, RIGHT, ROW, SMALL = 28.0, 16.0, 44.0, 14.0, 20.0, 12.0
ScreenPoint = tuple[float, float]
Placing = Callable[[float, float], ScreenPoint]


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
