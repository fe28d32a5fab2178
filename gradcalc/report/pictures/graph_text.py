"""A graph on a terminal: drawn in layers where the page has room, otherwise edge by edge."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.errors import width
from gradcalc.report.page import Page
from gradcalc.report.pictures.canvas import Canvas
from gradcalc.report.pictures.graph_layout import (
    GraphLayout,
    Link,
    Picture,
    Spot,
    TooLargeError,
    layered,
)

LONGEST_NAME, LONGEST_TITLE, MOST_DRAWN, HIGHEST, INDENT = 16, 24, 40, 60, 2
GAPS = (2, 0)
"""Columns between a layer and its first track: behind nodes, behind labels."""
EAST, WEST, NORTH, SOUTH = 1, 2, 4, 8
BOXES = {
    EAST: "─",
    WEST: "─",
    NORTH: "│",
    SOUTH: "│",
    EAST | WEST: "─",
    NORTH | SOUTH: "│",
    EAST | SOUTH: "┌",
    WEST | SOUTH: "┐",
    EAST | NORTH: "└",
    WEST | NORTH: "┘",
    EAST | NORTH | SOUTH: "├",
    WEST | NORTH | SOUTH: "┤",
    EAST | WEST | SOUTH: "┬",
    EAST | WEST | NORTH: "┴",
    EAST | WEST | NORTH | SOUTH: "┼",
}
Move = tuple[int, int, int]
"""A link between two layers: which track it takes, and the rows where it begins and ends."""


def draw(page: Page, shown: Picture) -> None:
    """Draw a graph on a page."""
    page.title(shown.title)
    page.blank()
    drawn = _drawn(page, shown)
    if not drawn:
        _listed(page, shown)
    page.blank()
    page.paragraph(f"{shown.legend} {shown.note}" if drawn else shown.note, 0, "note")


def _drawn(page: Page, shown: Picture) -> bool:
    """Draw the layers with their edges, and tell whether the page has room for them."""
    if len(shown.spots) > MOST_DRAWN:
        return False
    numbers = shown.numbers
    nodes = [(float(width(_name(spot))), 1.0) for spot in shown.spots]
    joints = [(numbers[li.source], numbers[li.target], _label_size(li)) for li in shown.links]
    try:
        layout = layered(nodes, joints, 0.0, 1.0)
    except TooLargeError:
        return False
    rows = _rows(layout)
    tracks = [_tracks(layout, rows, layer) for layer in range(len(layout.layers) - 1)]
    left = [INDENT]
    for layer, (start, end) in enumerate(layout.columns[:-1]):
        count = max((track + 1 for track, _ in tracks[layer].values()), default=0)
        left.append(left[-1] + round(end - start) + count + GAPS[0] + 1)
    wide = left[-1] + round(layout.columns[-1][1] - layout.columns[-1][0])
    high = max(rows) + 3
    if wide > page.columns or high > HIGHEST:
        return False
    canvas = Canvas(wide, high, unicode=True)
    _edges(canvas, layout, rows, tracks, left)
    for at, link in enumerate(shown.links):
        _label(canvas, link, layout, layout.labels[at], rows, left)
    for at, spot in enumerate(shown.spots):
        name = _name(spot)
        start, _ = _span(layout, at, left, width(name))
        canvas.put(start, rows[at], name, "value" if spot.kind == "loss" else "plain")
    page.lines += canvas.trimmed()
    return True


def _name(spot: Spot) -> str:
    """Return a node in one row: its formula with its name, where that is short."""
    if spot.kind == "end":
        return ""
    if spot.kind not in ("line", "loss"):
        return spot.label
    both = f"{spot.label} = {spot.formula}"
    if spot.full == both:
        return both if width(both) <= LONGEST_NAME else spot.label
    if spot.full.startswith(f"{spot.label} = "):
        return spot.label
    return f"({spot.label}) {spot.formula}".rstrip()


def _label_size(link: Link) -> tuple[float, float]:
    wide = max(
        width(part) for part in (link.value, link.gradient, link.local and f" {link.local} ")
    )
    return float(wide + 2), 3.0


def _rows(layout: GraphLayout) -> list[int]:
    """Return whole rows of all parts, in which they are as far apart as they were."""
    return [int(part.y + 0.5 + 1e-6) for part in layout.parts]


def _tracks(
    layout: GraphLayout, rows: Sequence[int], layer: int
) -> dict[int, tuple[int, list[int]]]:
    """Return for each part at which links part or meet its track, and the rows that it joins.

    Links part behind a layer of nodes and meet before one; two that share rows take
    different tracks.
    """
    fan_out = layer % 2 == 0
    found: dict[int, tuple[int, list[int]]] = {}
    taken: list[list[tuple[int, int]]] = []
    for number in layout.layers[layer if fan_out else layer + 1]:
        part = layout.parts[number]
        joined = [rows[other] for other in (part.after if fan_out else part.before)]
        span = (min([rows[number], *joined]), max([rows[number], *joined]))
        if not joined or span[0] == span[1]:
            continue
        track = next(
            (
                at
                for at, spans in enumerate(taken)
                if all(span[1] < low or span[0] > high for low, high in spans)
            ),
            len(taken),
        )
        if track == len(taken):
            taken.append([])
        taken[track].append(span)
        found[number] = (track, joined)
    return found


def _span(layout: GraphLayout, number: int, left: Sequence[int], wide: int) -> tuple[int, int]:
    """Return the first and last column of a part of this width, in the middle of its layer."""
    part = layout.parts[number]
    start, end = layout.columns[part.layer]
    first = left[part.layer] + (round(end - start) - wide) // 2
    return first, first + wide - 1


def _edges(
    canvas: Canvas,
    layout: GraphLayout,
    rows: Sequence[int],
    tracks: Sequence[dict[int, tuple[int, list[int]]]],
    left: Sequence[int],
) -> None:
    """Draw all links: level across the layers, up and down in the tracks between them."""
    level: dict[tuple[int, int], int] = {}
    upright: dict[tuple[int, int], int] = {}
    ends = {}
    for number, part in enumerate(layout.parts):
        start, end = layout.columns[part.layer]
        if part.layer % 2 == 0 and not part.corner:
            first, last = _span(layout, number, left, round(part.wide))
            ends[number] = (first - 2, last + 2)
        else:
            ends[number] = (left[part.layer], left[part.layer] + round(end - start) - 1)
            _across(level, *ends[number], rows[number])
    for layer in range(len(layout.layers) - 1):
        edge = left[layer] + round(layout.columns[layer][1] - layout.columns[layer][0])
        for number in layout.layers[layer]:
            for other in layout.parts[number].after:
                hub = number if layer % 2 == 0 else other
                x0, x1 = ends[number][1], ends[other][0]
                y0, y1 = rows[number], rows[other]
                if hub not in tracks[layer]:
                    _across(level, x0, x1, y0)
                    continue
                at = edge + tracks[layer][hub][0] + GAPS[layer % 2]
                _across(level, x0, at, y0)
                _across(level, at, x1, y1)
                for y in range(min(y0, y1), max(y0, y1)):
                    upright[at, y] = upright.get((at, y), 0) | SOUTH
                    upright[at, y + 1] = upright.get((at, y + 1), 0) | NORTH
        for number in layout.layers[layer + 1]:
            part = layout.parts[number]
            if part.before and layer % 2 == 1 and not part.corner:
                canvas.put(ends[number][0], rows[number], "▶", "faint")
    for cell in {**level, **upright}:
        bits, up = level.get(cell, 0), upright.get(cell, 0)
        through = bits == EAST | WEST and up == NORTH | SOUTH
        sign = "│" if through and not _joins(cell, tracks, layout, rows, left) else BOXES[bits | up]
        if cell not in canvas.signs:
            canvas.put(*cell, sign, "faint")


def _joins(
    cell: tuple[int, int],
    tracks: Sequence[dict[int, tuple[int, list[int]]]],
    layout: GraphLayout,
    rows: Sequence[int],
    left: Sequence[int],
) -> bool:
    """Tell whether links of one track meet in a cell, and do not only cross there."""
    for layer, found in enumerate(tracks):
        edge = left[layer] + round(layout.columns[layer][1] - layout.columns[layer][0])
        for number, (track, joined) in found.items():
            at = edge + track + GAPS[layer % 2]
            if at == cell[0] and min(*joined, rows[number]) <= cell[1] <= max(
                *joined, rows[number]
            ):
                return cell[1] == rows[number] or cell[1] in joined
    return False


def _across(level: dict[tuple[int, int], int], x0: int, x1: int, y: int) -> None:
    for x in range(x0, x1 + 1):
        bits = (WEST if x > x0 else 0) | (EAST if x < x1 else 0)
        level[x, y] = level.get((x, y), 0) | bits


def _label(
    canvas: Canvas,
    link: Link,
    layout: GraphLayout,
    number: int,
    rows: Sequence[int],
    left: Sequence[int],
) -> None:
    """Write value, local derivative and gradient over, on and under an edge."""
    row = rows[number]
    texts = (
        (row - 1, link.value, "curve"),
        (row, f" {link.local} " if link.local else "", "plain"),
        (row + 1, link.gradient, "slope"),
    )
    for at, words, style in texts:
        canvas.put(_span(layout, number, left, width(words))[0], at, words, style)


def _listed(page: Page, shown: Picture) -> None:
    """Write each node with the edges that lead to it, in the order of the forward pass."""
    labels = {spot.key: _title(spot) for spot in shown.spots}
    incoming: dict[str, list[Link]] = {}
    for link in shown.links:
        incoming.setdefault(link.target, []).append(link)
    rows = [("", shown.above, "local derivative", "gradient")]
    texts: list[tuple[str, Sequence[str], str]] = []
    for spot in shown.spots:
        links = incoming.get(spot.key, [])
        if not links:
            continue
        if spot.kind == "end":
            link = links[0]
            rows.append((f"{labels[link.source]} ─▶", link.value, "", link.gradient))
            texts.append(("", rows[-1], "edge"))
            continue
        texts.append((spot.full, (), "node"))
        for at, link in enumerate(links):
            branch = "└─" if at == len(links) - 1 else "├─"
            rows.append((f"{branch} {labels[link.source]}", link.value, link.local, link.gradient))
            texts.append(("", rows[-1], "edge"))
    widths = [max(width(row[at]) for row in rows) for at in range(4)]
    heading = "  " + "  ".join(_padded(t, w) for t, w in zip(rows[0], widths, strict=True))
    fits = sum(widths) + 8 <= page.columns
    if fits:
        page.text(heading.rstrip(), "heading")
    for head, cells, kind in texts:
        if kind == "node":
            page.paragraph(head, INDENT, "value", 4)
            continue
        line = [("  ", "plain")]
        for at, (cell, room) in enumerate(zip(cells, widths, strict=True)):
            style = ("faint", "curve", "plain", "slope")[at]
            line.append((_padded(cell, room) + "  ", style))
        if fits:
            page.lines.append(tuple(line))
            continue
        page.text(f"  {cells[0]}", "faint")
        for name, cell, style in zip(
            rows[0][1:], cells[1:], ("curve", "plain", "slope"), strict=True
        ):
            if cell:
                page.paragraph(f"{name} {cell}", 6, style, 4)


def _title(spot: Spot) -> str:
    """Return what a node is called in a list: its name, or its formula where that is short."""
    if spot.kind not in {"line", "loss"}:
        return spot.label
    name, equals, _ = spot.full.partition(" = ")
    return name if equals else spot.full if width(spot.full) <= LONGEST_TITLE else spot.label


def _padded(text: str, wide: int) -> str:
    return text + " " * (wide - width(text))
