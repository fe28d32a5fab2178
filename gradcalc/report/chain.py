"""The chain of a network drawn as names and arrows."""

from __future__ import annotations

from gradcalc.algebra.expr import Apply, Symbol, symbols
from gradcalc.engine.graph import Node
from gradcalc.errors import width
from gradcalc.report.page import Page
from gradcalc.report.view import View

LONGEST_LABEL = 16
SHORTEST_ARROW = 4
INDENT = 2

ChainLink = tuple[str, str]
"""What an arrow does, and the name that it leads to."""


def chain(page: Page, view: View) -> bool:
    """Draw the forward pass, where each line reads the one before; tell whether it does."""
    links = _links(view)
    if links is None:
        return False
    start, arrows = links
    longest = max(width(name) for _, name in [("", start), *arrows])
    if any(INDENT + longest + _arrow(label) + 2 + longest > page.columns for label, _ in arrows):
        return False
    rows: list[list[ChainLink]] = [[]]
    used = INDENT + width(start)
    for label, name in arrows:
        extra = _arrow(label) + width(name) + 2
        if rows[-1] and used + extra > page.columns:
            rows.append([])
            used = INDENT + width(rows[-2][-1][1])
        rows[-1].append((label, name))
        used += extra
    for row in rows:
        above, below = " " * (INDENT + width(start)), " " * INDENT + start
        for label, name in row:
            length = _arrow(label)
            above += " " + _centred(label, length) + " " * (1 + width(name))
            below += " " + "─" * (length - 1) + "▶ " + name
            start = name
        page.text(above.rstrip(), "faint")
        page.text(below)
    return True


def _arrow(label: str) -> int:
    return max(SHORTEST_ARROW, width(label) + (width(label) > SHORTEST_ARROW))


def _centred(label: str, length: int) -> str:
    left = (length - width(label)) // 2
    return " " * left + label + " " * (length - width(label) - left)


def _links(view: View) -> tuple[str, list[ChainLink]] | None:
    """Return the first name and the arrows, or None for a graph that is no chain."""
    lines = list(view.problem.visible.forward)
    names = {node.name for node in lines}
    links: list[ChainLink] = []
    start: str | None = None
    before: str | None = None
    layers = {layer.z: layer for layer in view.problem.layers}
    for node in lines:
        read = [name for name in symbols(node.expr) if name in names]
        if read != ([before] if before else []):
            return None
        if before is None:
            data = layers[node.name].before if node.name in layers else _input(view, node)
            if data is None:
                return None
            start = view.notation.name(data)
        shown = view.notation.name(node.name)
        if isinstance(node.expr, Apply) and node.expr.op == "identity" and links:
            links[-1] = (links[-1][0], shown)
        else:
            layer = layers.get(node.name)
            parts = [layer.weight, *([layer.bias] if layer.bias else [])] if layer else []
            label = ",".join(view.notation.name(part) for part in parts) or _label(view, node)
            links.append((label, shown))
        before = node.name
    if start is None or len(links) < 2:
        return None
    return start, links


def _input(view: View, node: Node) -> str | None:
    """Return the one input that a first line reads."""
    inputs = [
        name for name in symbols(node.expr) if view.problem.data[name].role in ("input", "weight")
    ]
    return inputs[0] if len(inputs) == 1 else None


def _label(view: View, node: Node) -> str:
    """Return what an arrow does: the symbol of its function, or a short formula."""
    expr = node.expr
    if isinstance(expr, Apply):
        row = view.problem.table[expr.op]
        if row.kind in ("activation", "elementwise") and isinstance(expr.args[0], Symbol):
            return view.notation.function(expr.op)
        shown = view.notation.box(view.defined(expr))
        if shown.height == 1 and shown.width <= LONGEST_LABEL:
            return shown.rows[0].replace(" ", "")
        if row.kind == "loss":
            return row.name.replace("_", " ")
    return ""
