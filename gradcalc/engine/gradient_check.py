"""Compare every contribution to every gradient with central differences.

A line v = f(u, …) is checked by itself, where it holds exactly: f is computed anew
from the operands in force, each entry of an operand is moved by ±h, and what v
passes back to u is compared with Σ ∂L/∂v · Δf / 2h. One pass a line and operand, all
entries at once, as a stack along a leading axis. Large operands are checked along
random directions instead of entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, add, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import definition, shape_finder
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Table, applied
from gradcalc.engine.autodiff import Backward, Edge
from gradcalc.engine.differences import Check, DifferencesFound, LineOperand
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Graph, Node


class Proof:
    """The check of one problem, compiled once; `run` makes it at some values."""

    def __init__(self, forward: Graph, backward: Backward, table: Table, loss: str) -> None:
        self.loss, self.table = loss, table
        self.shapes = {**forward.shapes, **backward.graph.shapes}
        self.lines = {node.name: node for node in backward.graph.nodes}
        grouped: dict[tuple[str, str], list[Edge]] = {}
        for edge in backward.edges:
            grouped.setdefault((edge.node, edge.operand), []).append(edge)
        nodes = {node.name: node for node in forward.nodes}
        programs = {name: self.compile(nodes[name].expr, nodes[name].shape) for name, _ in grouped}
        self.pairs = [
            self.pair(nodes[name], operand, edges, programs[name])
            for (name, operand), edges in grouped.items()
        ]
        self.jumps = [
            (node, operand, self.kinks(node, operand))
            for node in forward.nodes
            if self.is_jump(node)
            for operand in node.operands
            if gradient_name(loss, operand) in self.shapes
        ]

    def compile(self, expr: Expr, shape: Shape) -> Program:
        """Return the program of one formula; it reads the names in it and no others."""
        names = {name: self.shapes[name] for name in symbols(expr)}
        return Program([Node("value", expr, shape)], names, self.table, exact=False)

    def pair(self, node: Node, operand: str, edges: list[Edge], line: Program) -> LineOperand:
        shape = self.shapes[operand]
        terms, local = [], None
        for edge in edges:
            term = edge.contribution
            if edge.local and edge.local in self.lines:
                own = self.lines[edge.local]
                term = substitute(term, {edge.local: own.expr})
                local = (edge.local, own.shape, self.compile(own.expr, own.shape))
            terms.append(term)
        back = self.compile(add(*terms), shape)
        return LineOperand(node, operand, shape, line, back, local, self.kinks(node, operand))

    def kinks(self, node: Node, operand: str) -> tuple[Program, ...]:
        """Return the kinks of a line that an operand can move it over."""
        find = shape_finder({name: self.shapes[name] for name in node.operands}, self.table)
        kinks = kinks_of(node.expr, self.table)
        if isinstance(node.expr, Apply) and node.expr.op == "where":
            kinks.append(node.expr.args[0])  # at 0 a condition that is a number jumps
        return tuple(self.compile(kink, find(kink)) for kink in kinks if operand in symbols(kink))

    def is_jump(self, node: Node) -> bool:
        """Tell whether a line is a comparison: it passes nothing back, and has no edge."""
        if not isinstance(node.expr, Apply) or node.expr.op not in self.table:
            return False
        row = self.table[node.expr.op]
        flat = row.derivative and not any(text != "0" for text in row.derivative)
        return bool(row.kinks and flat)

    @np.errstate(all="ignore")  # numbers near the end of the range
    def run(self, values: Mapping[str, Array]) -> Check:
        """Return how well every backward line agrees with central differences at `values`."""
        whole = not any(np.isnan(value).any() for value in values.values())
        found = DifferencesFound(self.loss, values, self.table, whole)
        for pair in self.pairs:
            found.examine(pair)
        for node, operand, kinks in self.jumps:
            found.near_kink(node, operand, kinks)
        return found.check


def check(
    forward: Graph, backward: Backward, values: Mapping[str, Array], table: Table, loss: str
) -> Check:
    """Return how well every backward line agrees with central differences at `values`."""
    return Proof(forward, backward, table, loss).run(values)


def kinks_of(expr: Expr, table: Table) -> list[Expr]:
    """Return the formulas whose zeros are the kinks of one operation."""
    if not isinstance(expr, Apply) or expr.op == "array":
        return []
    row = table[expr.op]
    if row.kinks:
        bound = {**row.bind(expr), row.output: expr}
        return [applied(text, bound) for text in row.kinks]
    found: list[Expr] = []
    for arg in expr.args:
        found += kinks_of(arg, table)
    if row.kernel is None and row.definition is not None and row.kind != "loss":
        inner = definition(expr, table, lambda _: ())
        found += kinks_of(inner, table) if inner is not None else []
    return found
