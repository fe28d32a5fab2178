"""A network on a terminal: units in columns, lines of dots between them, weights on the lines."""

from __future__ import annotations

from gradcalc.errors import width
from gradcalc.report.canvas import Canvas
from gradcalc.report.graphmodel import Spot
from gradcalc.report.network import Net, Position, label_places
from gradcalc.report.page import Page

TEXT_DOWN, INDENT, LEAST, MOST = 5, 2, 14, 34


def draw(page: Page, net: Net) -> None:
    """Draw a network on a page, or list its weights where the page is too narrow."""
    page.title(net.picture.title)
    page.blank()
    columns = len(net.columns)
    widths = [max(_wide(net.picture.spots[spot]) for spot in column) for column in net.columns]
    widest = max((width(link.value) for link in net.picture.links), default=0)
    room = page.columns - INDENT - sum(widths)
    step = min(room // max(columns - 1, 1), MOST)
    if step >= max(LEAST, 2 * widest + 4):
        _drawn(page, net, widths, step)
    else:
        _listed(page, net)
    if net.picture.note:
        page.blank()
        page.paragraph(net.picture.note.strip(), 0, "note")


def _wide(spot: Spot) -> int:
    return max(width(spot.label) + 2, width(spot.formula))


def _drawn(page: Page, net: Net, widths: list[int], step: int) -> None:
    tallest = max(len(column) for column in net.columns)
    starts = [INDENT + sum(widths[:at]) + at * step for at in range(len(widths))]
    canvas = Canvas(starts[-1] + widths[-1], tallest * TEXT_DOWN - 1, unicode=page.unicode)
    boxes = {}
    for at, column in enumerate(net.columns):
        top = (tallest - len(column)) * TEXT_DOWN // 2 + 1
        for row, spot in enumerate(column):
            boxes[spot] = (starts[at], top + row * TEXT_DOWN, starts[at] + widths[at])
    numbers, links = net.picture.numbers, net.picture.links
    ends: list[tuple[Position, Position]] = []
    for link in links:
        source, target = boxes[numbers[link.source]], boxes[numbers[link.target]]
        ends.append(((source[2] + 0.5, source[1] + 0.5), (target[0] - 0.5, target[1] + 0.5)))
    for start, end in ends:
        canvas.line((start, end), "faint", ".")
    sizes = [(width(link.value) + 2.0, 1.0) if link.value else (0.0, 0.0) for link in links]
    taken = [(x0 - 1.0, y - 0.5, x1 + 1.0, y + 1.5) for x0, y, x1 in boxes.values()]
    centres = [((x0, int(y0)), (x1, int(y1))) for (x0, y0), (x1, y1) in ends]
    for link, (x, y) in zip(
        links, label_places(centres, sizes, taken, stretch=2.0, enough=4.0), strict=True
    ):
        if link.value:
            first = round(x - width(link.value) / 2)
            style = "slope" if link.source.startswith("b") else "curve"
            canvas.put(first - 1, round(y), f" {link.value} ", style)
    for spot, (x0, y, x1) in boxes.items():
        unit = net.picture.spots[spot]
        label = unit.label if unit.kind == "more" else f"({unit.label})"
        canvas.put(x0 + (x1 - x0 - width(label)) // 2, y, label, "value")
        canvas.put(x0 + (x1 - x0 - width(unit.formula)) // 2, y + 1, unit.formula, "plain")
    page.lines += canvas.trimmed()
    page.blank()
    for caption in net.captions:
        page.paragraph(caption, INDENT, "faint", 4)


def _listed(page: Page, net: Net) -> None:
    """Write each unit with the weights that lead to it."""
    spots = net.picture.spots
    for column, caption in zip(net.columns, net.captions, strict=True):
        page.paragraph(caption, INDENT, "value", 4)
        for spot in column:
            unit = spots[spot]
            into = [link for link in net.picture.links if link.target == unit.key]
            if unit.kind == "bias":
                continue
            terms = ", ".join(link.full for link in into)
            page.paragraph(f"{unit.full}{': ' if terms else ''}{terms}", INDENT + 2, "plain", 4)
        page.blank()
