"""A graph as a Mermaid flowchart, as GitHub, GitLab and Obsidian draw it in Markdown."""

from __future__ import annotations

import re

from gradcalc.errors import visible
from gradcalc.report.graphmodel import Link, Picture, Spot
from gradcalc.report.svg import PALETTE

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
