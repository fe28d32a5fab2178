"""A network as a picture: units in columns, weights between them; as SVG and on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum, hypot
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.shapes import Index
from gradcalc.errors import ProblemError, width
from gradcalc.report.page import Page
from gradcalc.report.pictures.canvas import (
    SIZE,
    Attributes,
    Canvas,
    element,
    escaped,
    framed,
    painted,
    picture,
    text,
    text_width,
)
from gradcalc.report.pictures.graph_layout import Link, Picture, Spot
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.formula.shapes import Dim
    from gradcalc.problem.model import Layer

MOST_UNITS, KEPT = 6, 4
MOST_LAYERS = 12
MOST_LABELS = 20
SHARES = tuple(0.12 + 0.02 * step for step in range(39))

SMALL, MARGIN, RADIUS, DOWN, ACROSS = 12.0, 28.0, 29.0, 84.0, 230.0
BIAS_RADIUS, FOOT, LABEL_HIGH, TIP, ENOUGH = 15.0, 34.0, 16.0, 8.0, 16.0

TEXT_DOWN, INDENT, LEAST, MOST = 5, 2, 14, 34


@dataclass(frozen=True)
class Net:
    """Units and edges; `columns` are places in `picture.spots`, `captions` stand under them."""

    picture: Picture
    columns: tuple[tuple[int, ...], ...]
    captions: tuple[str, ...]


def network(view: View) -> Net:
    """Return the units of all layers; of a large layer the first and the last.

    Raises ProblemError where a problem has no layers, or too many.
    """
    problem = view.problem
    layers = problem.layers
    if not layers:
        raise ProblemError(
            "this problem has no layers to draw",
            hint="layers come from `weights` and `activations`; without --network the graph "
            "of its equations is drawn",
        )
    if len(layers) > MOST_LAYERS:
        raise ProblemError(
            f"the network has {len(layers)} layers; a picture has room for {MOST_LAYERS}"
        )
    names = [layers[0].before, *(layer.after for layer in layers)]
    spots: list[Spot] = []
    columns: list[tuple[int, ...]] = []
    units: list[dict[int, str]] = []
    for number, name in enumerate(names):
        made = _units(view, name, number)
        start = len(spots)
        spots += made.values()
        units.append({at: spot.key for at, spot in made.items() if spot.kind == "unit"})
        if number < len(layers) and layers[number].bias:
            spots.append(Spot(f"b{number}", "1", "bias", "", f"bias of layer {number + 1}"))
        columns.append(tuple(range(start, len(spots))))
    links = []
    for number, layer in enumerate(layers):
        links += _weights(view, layer, number, units[number], units[number + 1])
    shown = Picture(problem.title, tuple(spots), tuple(links), _note(view))
    return Net(shown, tuple(columns), tuple(_captions(view, names)))


def _note(view: View) -> str:
    abbreviated = any(
        _count(view, name) is None or (_count(view, name) or 0) > MOST_UNITS
        for name in (view.problem.layers[0].before, *(la.after for la in view.problem.layers))
    )
    note = "The unit 1 of a column carries the biases of the next."
    has_bias = any(layer.bias for layer in view.problem.layers)
    more = " Large layers are abbreviated." if abbreviated else ""
    return ((note if has_bias else "") + more).strip()


def _count(view: View, name: str) -> int | None:
    """Return the number of units of a layer, or None where it is a letter."""
    dim = _dim(view, name)
    return dim if isinstance(dim, int) else None


def _dim(view: View, name: str) -> Dim:
    shape = view.shapes[name]
    return shape[-1] if shape else 1


def _units(view: View, name: str, column: int) -> dict[int, Spot]:
    """Return the units of a layer that are drawn, by their index."""
    count = _count(view, name)
    shown: Sequence[int | None]
    if count is None:
        shown = [0, 1, None, -1]
    elif count > MOST_UNITS:
        shown = [*range(KEPT), None, count - 1]
    else:
        shown = range(count)
    texts = view.texts.get(name) if len(view.shapes[name]) < 2 else None
    found: dict[int, Spot] = {}
    for at in shown:
        key = f"u{column}.{at}"
        if at is None:
            more = "⋮" if view.unicode else ":"
            found[-2] = Spot(key, more, "more", "", f"{_dim(view, name)} units in all")
            continue
        label = _label(view, name, at)
        value = view.notation.number(texts[at]) if texts else ""
        found[at] = Spot(key, label, "unit", value, f"{label} = {value}" if value else label)
    return found


def _label(view: View, name: str, at: int) -> str:
    """Return the name of one unit: x₂, a⁽¹⁾₁, or the author's own."""
    dim = _dim(view, name)
    if at < 0:
        return f"{view.notation.name(name)}_{dim}"
    if dim == 1:
        own = view.notation.names.shown_entry(name, (0,))
        return own or view.notation.name(name)
    whole = replace(view.notation, shapes={**view.shapes, name: (dim,)})
    return whole.entry_name(name, (at,))


def _weights(
    view: View, layer: Layer, number: int, before: dict[int, str], after: dict[int, str]
) -> list[Link]:
    """Return the edges of one layer, the weights or their names on them."""
    by_unit = view.problem.layout == "units_by_inputs"
    crowded = len(after) * (len(before) + bool(layer.bias)) > MOST_LABELS
    found = []

    def edge(source: str, target: str, name: str, index: Index) -> Link:
        label, full = _weight(view, name, index)
        return Link(source, target, "" if crowded else label, full=full)

    for unit, target in after.items():
        for at, source in before.items():
            index = (unit, at) if by_unit else (at, unit)
            found.append(edge(source, target, layer.weight, index))
        if layer.bias:
            own = (unit,) if view.shapes[layer.bias] else ()
            found.append(edge(f"b{number}", target, layer.bias, own))
    return found


def _weight(view: View, name: str, index: Index) -> tuple[str, str]:
    """Return the number of a weight, or its name where it has none; and both in words."""
    shape = view.shapes[name]
    if -1 in index:
        places = (
            str(at + 1) if at >= 0 else str(dim) for at, dim in zip(index, shape, strict=True)
        )
        return "", f"{view.notation.name(name)}[{','.join(places)}]"
    own = view.notation.entry_name(name, index)
    texts = view.texts.get(name)
    if texts is None:
        return own, own
    at = 0
    for place, dim in zip(index, shape, strict=True):
        at = at * int(dim) + place
    value = view.notation.number(texts[at])
    return value, f"{own} = {value}"


def _captions(view: View, names: Sequence[str]) -> list[str]:
    """Return what stands under each column: the name of the layer and how it is computed."""
    found = []
    for name in names:
        node = view.line(name)
        shown = view.notation.name(name)
        found.append(f"{shown} = {view.notation.line(node.expr)}" if node else shown)
    return found


Position = tuple[float, float]
Bounds = tuple[float, float, float, float]


def label_places(
    edges: Sequence[tuple[Position, Position]],
    sizes: Sequence[tuple[float, float]],
    taken: Sequence[Bounds],
    *,
    stretch: float = 1.0,
    enough: float,
) -> list[Position]:
    """Return where the labels of edges stand: on their edge, far from others, none on another.

    taken: boxes (left, top, right, bottom) that are to be kept free.
    stretch: how much higher than wide a unit of length is. enough: a distance from other
        edges above which the middle of the edge counts for more.
    """
    boxes = list(taken)
    found = []
    flat = [((a[0], a[1] * stretch), (b[0], b[1] * stretch)) for a, b in edges]
    for at, (((x0, y0), (x1, y1)), (wide, high)) in enumerate(zip(edges, sizes, strict=True)):
        if not wide:
            found.append((x0, y0))
            continue
        near = [
            edge
            for number, edge in enumerate(flat)
            if number != at and edge[0][0] < flat[at][1][0] and edge[1][0] > flat[at][0][0]
        ]
        ranked = []
        for share in SHARES:
            x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
            box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
            covered = fsum(_shared(box, other) for other in boxes)
            free = min((_distance((x, y * stretch), edge) for edge in near), default=enough)
            ranked.append((covered, -min(free, enough), abs(share - 0.5), box))
        *_, box = min(ranked)
        boxes.append(box)
        found.append(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
    return found


def _distance(point: Position, edge: tuple[Position, Position]) -> float:
    """Return how far a point is from a line between two points."""
    (x0, y0), (x1, y1) = edge
    dx, dy = x1 - x0, y1 - y0
    share = ((point[0] - x0) * dx + (point[1] - y0) * dy) / (dx * dx + dy * dy or 1.0)
    share = min(max(share, 0.0), 1.0)
    return hypot(point[0] - x0 - share * dx, point[1] - y0 - share * dy)


def _shared(a: Bounds, b: Bounds) -> float:
    """Return the area that two boxes share."""
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    return across * down if across > 0 and down > 0 else 0.0


def shortened(
    start: Position, end: Position, before: float, after: float
) -> tuple[Position, Position]:
    """Return a line without its first and last stretch, which lie inside the units."""
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    dx, dy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    return (
        (start[0] + before * dx, start[1] + before * dy),
        (end[0] - after * dx, end[1] - after * dy),
    )


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
