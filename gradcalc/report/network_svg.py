"""A network as SVG: circles in columns, lines between them, weights on the lines."""

from __future__ import annotations

from gradcalc.report.network import Net, Position, label_places, shortened
from gradcalc.report.svg import (
    SIZE,
    Attributes,
    element,
    escaped,
    framed,
    painted,
    picture,
    text,
    text_width,
)

SMALL, MARGIN, RADIUS, DOWN, ACROSS = 12.0, 28.0, 29.0, 84.0, 230.0
BIAS_RADIUS, FOOT, LABEL_HIGH, TIP, ENOUGH = 15.0, 34.0, 16.0, 8.0, 16.0


def svg(net: Net, *, name: str = "gradcalc-network", dark: bool = True) -> str:
    """Return the network as one picture, without an XML prologue."""
    shown = net.picture
    widest = max((text_width(link.value, SMALL) for link in shown.links), default=0.0)
    step = max(ACROSS, 3.2 * widest + 2 * RADIUS)
    tallest = max(len(column) for column in net.columns)
    high = tallest * DOWN
    sides = [text_width(net.captions[at], SMALL) / 2 for at in (0, -1)]
    left = MARGIN + max(RADIUS, sides[0])
    wide = left + (len(net.columns) - 1) * step + max(RADIUS, sides[1]) + MARGIN
    at: dict[int, Position] = {}
    for number, column in enumerate(net.columns):
        top = MARGIN + (high - len(column) * DOWN) / 2 + DOWN / 2
        for row, spot in enumerate(column):
            at[spot] = (left + number * step, top + row * DOWN)
    content = _edges(net, at)
    content += [_unit(net, spot, place) for spot, place in at.items()]
    foot = MARGIN + high + 14
    for number, caption in enumerate(net.captions):
        x = left + number * step
        content.append(text(x, foot, caption, "soft", anchor="middle", size=SMALL))
    note = shown.note.strip()
    if note:
        content.append(text(MARGIN, foot + FOOT, note, "soft", size=SMALL))
        wide = max(wide, 2 * MARGIN + text_width(note, SMALL))
    total = foot + (FOOT if note else 0.0) + 20
    words = f"Units by layer: {'; '.join(net.captions)}. {note}"
    return picture(wide, total, shown.title, words, content, name=name, dark=dark)


def _radius(net: Net, spot: int) -> float:
    return BIAS_RADIUS if net.picture.spots[spot].kind == "bias" else RADIUS


def _edges(net: Net, at: dict[int, Position]) -> list[str]:
    """Return the lines, and over all of them the weights on a rim of paper."""
    numbers = net.picture.numbers
    links = net.picture.links
    pairs = [(numbers[link.source], numbers[link.target]) for link in links]
    ends = [shortened(at[a], at[b], _radius(net, a), _radius(net, b) + 1.0) for a, b in pairs]
    sizes = [
        (text_width(link.value, SMALL) + 4, LABEL_HIGH) if link.value else (0.0, 0.0)
        for link in links
    ]
    circles = [
        (
            x - _radius(net, spot),
            y - _radius(net, spot),
            x + _radius(net, spot),
            y + _radius(net, spot),
        )
        for spot, (x, y) in at.items()
    ]
    places = label_places(ends, sizes, circles, enough=ENOUGH)
    lines, labels = [], []
    for link, (start, end), place in zip(links, ends, places, strict=True):
        _, tail = shortened(start, end, 0.0, TIP)
        ray: Attributes = {"x1": start[0], "y1": start[1], "x2": tail[0], "y2": tail[1]}
        look = {**painted("line", stroke=True), "stroke-width": 1.2}
        hint = element("title", {}, [escaped(link.full)])
        lines.append(element("g", {}, [hint, element("line", {**ray, **look}), _tip(start, end)]))
        if link.value:
            role = "second" if link.source.startswith("b") else "first"
            labels.append(framed(*place, link.value, role, SMALL))
    return lines + labels


def _tip(start: Position, end: Position) -> str:
    """Return the head of an arrow at the end of a line."""
    _, back = shortened(start, end, 0.0, TIP)
    dx, dy = (end[0] - back[0]) / TIP, (end[1] - back[1]) / TIP
    corners = [
        end,
        (back[0] - 3.5 * dy, back[1] + 3.5 * dx),
        (back[0] + 3.5 * dy, back[1] - 3.5 * dx),
    ]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return element("polygon", {"points": points, **painted("line")})


def _unit(net: Net, number: int, place: Position) -> str:
    spot = net.picture.spots[number]
    x, y = place
    if spot.kind == "more":
        return text(x, y + 6, spot.label, "soft", anchor="middle", size=22.0)
    fill, rim = painted("warm" if spot.kind == "bias" else "fill"), painted("line", stroke=True)
    look: Attributes = {
        **fill,
        **rim,
        "class": f"{fill['class']} {rim['class']}",
        "stroke-width": 1.5,
    }
    circle = element("circle", {"cx": x, "cy": y, "r": _radius(net, number), **look})
    lines = [element("title", {}, [escaped(spot.full)]), circle]
    size = SIZE if text_width(spot.label) <= 1.8 * RADIUS else SMALL
    if spot.formula:
        lines.append(text(x, y - 1, spot.label, anchor="middle", size=size))
        lines.append(text(x, y + 13, spot.formula, "soft", anchor="middle", size=10.0))
    else:
        lines.append(text(x, y + 5, spot.label, anchor="middle", size=size))
    return element("g", {}, lines)
