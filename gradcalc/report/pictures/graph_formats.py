"""A graph as SVG, in the language of Graphviz, and as a Mermaid flowchart."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradcalc.errors import visible
from gradcalc.report.page import wrapped
from gradcalc.report.pictures.canvas import (
    PALETTE,
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
from gradcalc.report.pictures.graph_layout import GraphLayout, Link, Picture, Spot, layered

SMALL, MARGIN, GAP, APART, INSET = 12.0, 24.0, 30.0, 14.0, 12.0
NODE, TALL, LABEL, END, STEP = 40.0, 52.0, 46.0, 10.0, 14.0
SHAPES = {"data": "paper", "weight": "warm", "line": "fill", "loss": "fill", "end": "paper"}
LINE_OF_NOTE = 17.0

DOT_SHAPES = {
    "data": 'shape=ellipse, fillcolor="#ffffff"',
    "weight": f'shape=ellipse, fillcolor="{PALETTE["warm"][0]}"',
    "line": f'shape=box, fillcolor="{PALETTE["fill"][0]}"',
    "loss": f'shape=box, penwidth=2, fillcolor="{PALETTE["fill"][0]}"',
    "end": "shape=point, width=0.01",
    "unit": f'shape=circle, fillcolor="{PALETTE["fill"][0]}"',
    "bias": f'shape=circle, fillcolor="{PALETTE["warm"][0]}"',
    "more": "shape=plaintext, style=solid",
}

FRAMES = {
    "data": ('(["', '"])'),
    "weight": ('(["', '"])'),
    "line": ('["', '"]'),
    "loss": ('["', '"]'),
    "end": ('(("', '"))'),
    "unit": ('(("', '"))'),
    "bias": ('(("', '"))'),
    "more": ('["', '"]'),
}
STYLES = {
    "data": f"fill:{PALETTE['paper'][0]},stroke:{PALETTE['line'][0]}",
    "weight": f"fill:{PALETTE['warm'][0]},stroke:{PALETTE['line'][0]}",
    "line": f"fill:{PALETTE['fill'][0]},stroke:{PALETTE['line'][0]}",
    "loss": f"fill:{PALETTE['fill'][0]},stroke:{PALETTE['ink'][0]},stroke-width:2px",
    "end": "fill:none,stroke:none",
    "unit": f"fill:{PALETTE['fill'][0]},stroke:{PALETTE['line'][0]}",
    "bias": f"fill:{PALETTE['warm'][0]},stroke:{PALETTE['line'][0]}",
    "more": "fill:none,stroke:none",
}
_MARKUP = re.compile(r"""[^\w ,=()\[\].+/^…⋮⊙·×−′−∂ᵀΣ⁽⁾]|_|\.(?=\s|$)|^[-+*](?=\s)""")
_WORDS = re.compile(r"[^\w ,.()=−]")


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


def dot(shown: Picture) -> str:
    """Return the graph as DOT; value, local derivative and gradient stand on each edge."""
    numbers = shown.numbers
    lines = [
        "digraph gradcalc {",
        "  rankdir=LR;",
        f"  label={quoted(shown.title)};",
        '  node [style="filled,rounded", fontname="Helvetica", fontsize=12];',
        '  edge [fontname="Helvetica", fontsize=10, color="#8a949e"];',
    ]
    lines += [f"  n{at} [{_dot_spot(spot)}];" for at, spot in enumerate(shown.spots)]
    lines += [
        f"  n{numbers[link.source]} -> n{numbers[link.target]}{_link(link)};"
        for link in shown.links
    ]
    return "\n".join([*lines, "}"]) + "\n"


def quoted(*rows: str) -> str:
    r"""Return texts as one quoted string of DOT, a row each.

    >>> print(quoted('a "b" \\N & c'))
    "a \"b\" \\N &amp; c"
    """
    kept = (
        visible(row).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for row in rows
    )
    return '"' + "\\n".join(kept) + '"'


def _dot_spot(spot: Spot) -> str:
    rows = [row for row in (spot.label, spot.formula) if row]
    tooltip = f", tooltip={quoted(spot.full)}" if spot.full else ""
    return f"label={quoted(*rows)}, {DOT_SHAPES[spot.kind]}{tooltip}"


def _link(link: Link) -> str:
    above = link.value_rows or (link.value,)
    below = link.gradient_rows or (link.gradient,)
    parts = ((above, "first"), ((link.local,), "ink"), (below, "second"))
    rows = [
        f'<FONT COLOR="{PALETTE[role][0]}">{escaped(content)}</FONT>'
        for contents, role in parts
        for content in contents
        if content
    ]
    return f" [label=<{'<BR/>'.join(rows)}>]" if rows else ""


def mermaid(shown: Picture) -> str:
    """Return the graph as a flowchart; a Markdown page fences it as `mermaid`."""
    numbers = shown.numbers
    lines = [
        "flowchart LR",
        f"  accTitle: {_WORDS.sub(' ', visible(shown.title)).strip() or 'graph'}",
    ]
    lines += [f"  {_spot(at, spot)}" for at, spot in enumerate(shown.spots)]
    lines += [f"  n{numbers[li.source]} {_arrow(li)} n{numbers[li.target]}" for li in shown.links]
    kinds = dict.fromkeys(spot.kind for spot in shown.spots)
    ink = PALETTE["ink"][0]
    lines += [f"  classDef {kind}Kind {STYLES[kind]},color:{ink}" for kind in kinds]
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Return a text in which Mermaid finds no markup: its signs as numbered entities.

    >>> plain('<b>"x" #1')
    '#60;b#62;#34;x#34; #35;1'
    """
    text = visible(text).replace("$$", "$ $")  # two dollars would be a formula
    return _MARKUP.sub(lambda found: f"#{ord(found[0])};", text)


def _spot(at: int, spot: Spot) -> str:
    before, after = FRAMES[spot.kind]
    rows = [plain(row) for row in (spot.label, spot.formula) if row] or [" "]
    return f"n{at}{before}{'<br/>'.join(rows)}{after}:::{spot.kind}Kind"


def _arrow(link: Link) -> str:
    rows = [plain(row) for row in (link.value, link.local, link.gradient) if row]
    return f'-->|"{"<br/>".join(rows)}"|' if rows else "-->"
