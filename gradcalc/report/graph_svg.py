"""A graph as SVG: boxes in layers, on each edge value, local derivative and gradient."""

from __future__ import annotations

from collections.abc import Callable

from gradcalc.report.graphmodel import Link, Picture, Spot
from gradcalc.report.layering import GraphLayout, layered
from gradcalc.report.page import wrapped
from gradcalc.report.svg import (
    SIZE,
    Attributes,
    coordinate,
    element,
    escaped,
    framed,
    painted,
    picture,
    text,
    text_width,
)

SMALL, MARGIN, GAP, APART, INSET = 12.0, 24.0, 30.0, 14.0, 12.0
NODE, TALL, LABEL, END, STEP = 40.0, 52.0, 46.0, 10.0, 14.0
SHAPES = {"data": "paper", "weight": "warm", "line": "fill", "loss": "fill", "end": "paper"}
LINE_OF_NOTE = 17.0


def svg(
    shown: Picture,
    *,
    name: str = "gradcalc-graph",
    dark: bool = True,
    classes: Callable[[str], str] = lambda key: "",
) -> str:
    """Return the picture; raises TooLargeError where a layout would have too many parts.

    classes: gives the class of a node by its key, and of the edges that leave it.
    """
    numbers = shown.numbers
    nodes = [_size(spot) for spot in shown.spots]
    joints = [(numbers[li.source], numbers[li.target], _label_size(li)) for li in shown.links]
    layout = layered(nodes, joints, GAP, APART)
    content = [_edge(layout, at, li, classes(li.source)) for at, li in enumerate(shown.links)]
    content += [_node(layout, at, spot, classes(spot.key)) for at, spot in enumerate(shown.spots)]
    wide = max(layout.wide, 420.0)
    per_line = int(wide / (0.5 * SMALL))
    note = f"{shown.legend} {shown.note}".strip()
    rows = wrapped(note, per_line) if note else []
    moved = element(
        "g", {"transform": f"translate({coordinate(MARGIN)} {coordinate(MARGIN)})"}, content
    )
    top = layout.high + 2 * MARGIN + 8
    notes = [
        text(MARGIN, top + at * LINE_OF_NOTE, row, "soft", size=SMALL)
        for at, row in enumerate(rows)
    ]
    high = layout.high + 2 * MARGIN + (len(rows) * LINE_OF_NOTE + 4 if rows else 0)
    body = [moved, *notes]
    return picture(
        wide + 2 * MARGIN, high, shown.title, _described(shown), body, name=name, dark=dark
    )


def _described(shown: Picture) -> str:
    """Return the graph in words, for those who cannot see it."""
    words = [spot.full for spot in shown.spots if spot.full]
    return f"{shown.legend} {shown.note} {'; '.join(words)}."


def _size(spot: Spot) -> tuple[float, float]:
    if spot.kind == "end":
        return END, END
    wide = max(text_width(spot.label), text_width(spot.formula, SMALL)) + 2 * INSET
    return max(wide, NODE), TALL if spot.formula else NODE


def _label_size(link: Link) -> tuple[float, float]:
    above, below = _stacked(link)
    wide = max(text_width(part, SMALL) for part in (link.local, *above, *below))
    high = LABEL + 2 * STEP * (max(len(above), len(below), 1) - 1)
    return wide + (24.0 if link.local else 8.0), high


def _stacked(link: Link) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the rows above and below an edge."""
    above = link.value_rows or (link.value,)
    below = link.gradient_rows or (link.gradient,)
    return above, below


def _node(layout: GraphLayout, at: int, spot: Spot, group: str) -> str:
    part = layout.parts[at]
    wide, high = _size(spot)
    if spot.kind == "end":
        return ""
    fill, rim = (
        painted(SHAPES[spot.kind]),
        painted("ink" if spot.kind == "loss" else "line", stroke=True),
    )
    box: Attributes = {
        "x": part.x - wide / 2,
        "y": part.y - high / 2,
        "width": wide,
        "height": high,
        "rx": high / 2 if spot.kind in ("data", "weight") else 7.0,
        **fill,
        **rim,
        "class": f"{fill['class']} {rim['class']}",
        "stroke-width": 2.0 if spot.kind == "loss" else 1.3,
    }
    lines = [element("title", {}, [escaped(spot.full or spot.label)]), element("rect", box)]
    weight = "bold" if spot.kind != "data" else ""
    if spot.formula:
        lines.append(text(part.x, part.y - 4, spot.label, anchor="middle", weight=weight))
        lines.append(text(part.x, part.y + 15, spot.formula, "soft", anchor="middle", size=SMALL))
    else:
        lines.append(text(part.x, part.y + SIZE / 3, spot.label, anchor="middle", weight=weight))
    return element("g", {"class": group} if group else {}, lines)


def _edge(layout: GraphLayout, at: int, link: Link, group: str) -> str:
    """Return an edge: level across each layer, a bend between two of them, an arrow at its end."""
    route = layout.routes[at]
    first, last = layout.parts[route[0]], layout.parts[route[-1]]
    x, y = first.x + first.wide / 2, first.y
    d = f"M{coordinate(x)} {coordinate(y)}H{coordinate(layout.columns[first.layer][1])}"
    x = layout.columns[first.layer][1]
    for number in route[1:]:
        part = layout.parts[number]
        left, right = layout.columns[part.layer]
        tip = part is last
        if abs(part.y - y) > 0.3:
            middle = (x + left) / 2
            d += "C" + " ".join(coordinate(v) for v in (middle, y, middle, part.y, left, part.y))
        end = last.x - last.wide / 2 - 7.0 if tip else right
        d += f"H{coordinate(end)}"
        x, y = right, part.y
    line: Attributes = {"d": d, "fill": "none", **painted("line", stroke=True), "stroke-width": 1.4}
    tip_x = last.x - last.wide / 2
    arrow = f"M{coordinate(tip_x)} {coordinate(y)}l-9 -4.5v9z"
    label = layout.parts[layout.labels[at]]
    lines = [
        element("title", {}, [escaped(link.full)]),
        element("path", line),
        element("path", {"d": arrow, **painted("line")}),
        *_texts(link, label.x, label.y),
    ]
    return element("g", {"class": group} if group else {}, lines)


def _texts(link: Link, x: float, y: float) -> list[str]:
    """Return value above, gradient below, and the local derivative on a piece of paper."""
    found = []
    lift = 12.0 if link.local else 6.0
    above, below = _stacked(link)
    for row, words in enumerate(reversed(above)):
        if words:
            at = y - lift - row * STEP
            found.append(text(x, at, words, "first", anchor="middle", size=SMALL))
    for row, words in enumerate(below):
        if words:
            at = y + lift + 8 + row * STEP
            found.append(text(x, at, words, "second", anchor="middle", size=SMALL))
    if link.local:
        found.append(framed(x, y, link.local, "ink", SMALL))
    return found
