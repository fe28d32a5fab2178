"""A graph in the language of Graphviz: every text quoted, none of it markup."""

from __future__ import annotations

from gradcalc.errors import visible
from gradcalc.report.graphmodel import Link, Picture, Spot
from gradcalc.report.svg import PALETTE, escaped

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
