"""The lines that people see: hidden lines written into the lines that read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradcalc.algebra.expr import Expr, Number, Symbol, substitute, symbols
from gradcalc.algebra.inference import shape_finder
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape
from gradcalc.algebra.simplify import simplify
from gradcalc.engine.graph import Graph, Node

LONGEST = 60
"""Parts of a formula above which a hidden value that is read twice gets a name."""


@dataclass(frozen=True)
class Visible:
    """Named lines of both passes; `names` maps hidden names that were given a name."""

    forward: tuple[Node, ...]
    backward: tuple[Node, ...]
    shapes: Mapping[str, Shape]
    names: Mapping[str, str]


def _never(_: str, __: Number) -> bool:
    return False


def visible(
    forward: Graph,
    backward: Graph,
    table: Table,
    apart: Callable[[str, Number], bool] = _never,
) -> Visible:
    """Return the named lines of both passes with everything hidden written out.

    Forward formulas stay as the file has them; backward formulas come out simplified, a
    line that is a number put into those that read it. apart: whether what a line carries
    on may be another number than its formula's, given or rounded; it is read by its name.
    """
    shapes = {**forward.shapes, **backward.shapes}
    revealed: dict[str, str] = {}
    while True:
        lines = _inline(forward, backward, shapes, table, revealed, apart)
        if isinstance(lines, Visible):
            return lines
        revealed[lines] = _free_name(shapes, revealed)


def _free_name(shapes: Mapping[str, Shape], revealed: Mapping[str, str]) -> str:
    taken = {*shapes, *revealed.values()}
    return next(f"u{i}" for i in range(1, len(taken) + 2) if f"u{i}" not in taken)


def _inline(
    forward: Graph,
    backward: Graph,
    shapes: Mapping[str, Shape],
    table: Table,
    revealed: Mapping[str, str],
    apart: Callable[[str, Number], bool],
) -> Visible | str:
    """Return the visible lines, or the hidden name that has to be given one."""
    renamed = _renamed(backward, revealed)
    known = {**shapes, **{new: shapes[old] for old, new in renamed.items()}}
    shape_of = shape_finder(known, table)
    replace: dict[str, Expr] = {old: Symbol(new) for old, new in renamed.items()}
    lines: list[Node] = []
    for node in forward.nodes:
        expr = substitute(node.expr, replace)
        if node.hidden and node.name not in renamed:
            replace[node.name] = expr
        else:
            name = renamed.get(node.name, node.name)
            lines.append(Node(name, expr, node.shape, node.span))
    reads = Counter(name for node in backward.nodes for name in symbols(node.expr))
    derived: list[Node] = []
    for node in backward.nodes:
        expr = simplify(node.expr, shape_of, replace)
        if node.name in renamed:
            derived.append(Node(renamed[node.name], expr, node.shape, node.span))
        elif node.hidden:
            if expr.size > LONGEST and reads[node.name] > 1:
                parts = gradient_parts(node.name)
                if parts and parts[1] not in revealed and forward.node(parts[1]):
                    return parts[1]
            replace[node.name] = expr
        else:
            if isinstance(expr, Number) and not apart(node.name, expr):
                replace[node.name] = expr
            derived.append(Node(node.name, expr, node.shape, node.span))
    return Visible(tuple(lines), tuple(derived), known, renamed)


def _renamed(backward: Graph, revealed: Mapping[str, str]) -> dict[str, str]:
    names = dict(revealed)
    for node in backward.nodes:
        parts = gradient_parts(node.name)
        if parts and (parts[0] in revealed or parts[1] in revealed):
            of, by = (revealed.get(part, part) for part in parts)
            if not (of.startswith("_") or by.startswith("_")):
                names[node.name] = gradient_name(of, by)
    return names
