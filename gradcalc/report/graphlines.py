"""The named lines of a solution as a graph: value, gradient, local derivative.

An edge from u to v carries the value of u, the gradient that v passes back to u, and
∂v/∂u as the factor by which ∂L/∂v is multiplied. Where u has one reader the gradient is
∂L/∂u of the solution; where it has several, theirs add up to it.
"""

from __future__ import annotations

from collections import Counter

from gradcalc.algebra.expr import Apply, Expr, Symbol, substitute, symbols
from gradcalc.algebra.names import gradient_name
from gradcalc.engine.autodiff import differentiate
from gradcalc.engine.graph import Line, Node, build
from gradcalc.engine.visible import visible
from gradcalc.errors import ProblemError, width
from gradcalc.problem.data import known_sums
from gradcalc.problem.naming import is_hidden
from gradcalc.report.chainfactors import factors_of
from gradcalc.report.graphlabels import EdgeLabels
from gradcalc.report.graphmodel import Link, Picture, Spot
from gradcalc.report.view import View

LONGEST_FORMULA, MOST_LINKS = 40, 1200
END = "end"


class LineNodes(EdgeLabels):
    """The named lines as nodes."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self.lines: tuple[Node, ...] = view.forward
        self.gradients = {node.name for node in self.problem.visible.backward}
        self.gradients |= set(self.problem.upstream_names)

    def made(self) -> Picture:
        reads = {node.name: self.operands(node) for node in self.lines}
        read = {name for names in reads.values() for name in names}
        spots = [self.data_spot(name) for name in self.problem.data if name in read]
        self.readers = Counter(
            name for reader, names in reads.items() for name in names if self.passes(reader, name)
        )
        links = []
        for node in self.lines:
            spots.append(self.spot(node))
            edges = self.edges(node)
            links += [edges.get(name) or self.link(name, node) for name in reads[node.name]]
        for name in self.ends():
            spots.append(Spot(f"{END}:{name}", "", END))
            links.append(self.link(name, None))
        if len(links) > MOST_LINKS:
            raise ProblemError(
                f"the graph has {len(links)} edges; a picture has room for {MOST_LINKS}"
            )
        return Picture(
            self.problem.title,
            tuple(spots),
            tuple(links),
            self.note(),
            "value" if self.values else "shape",
        )

    def note(self) -> str:
        loss = self.view.notation.name(self.problem.loss)
        return (
            f"The gradient of {loss} flows back along an edge: that of the reader, times the "
            "local derivative. Where a quantity has several readers, the parts add up."
        )

    def ends(self) -> list[str]:
        """Return the names whose gradient is where the backward pass begins."""
        names = {node.name for node in self.lines}
        wanted = [self.problem.loss, *self.problem.upstream]
        return [name for name in dict.fromkeys(wanted) if name in names]

    def operands(self, node: Node) -> list[str]:
        return [name for name in symbols(node.expr) if name in self.shapes]

    def passes(self, reader: str, name: str) -> bool:
        """Tell whether a line passes a gradient back to an operand."""
        loss = self.problem.loss
        own = gradient_name(loss, reader) in self.gradients or reader == loss
        return own and gradient_name(loss, name) in self.gradients

    def data_spot(self, name: str) -> Spot:
        kind = "weight" if self.problem.data[name].role == "weight" else "data"
        return Spot(name, self.view.notation.name(name), kind, "", self.full(name))

    def spot(self, node: Node) -> Spot:
        name = self.view.notation.name(node.name)
        kind = "loss" if node.name == self.problem.loss else "line"
        shown = self.view.notation.line(self.view.defined(node.expr))
        formula = shown if width(shown) <= LONGEST_FORMULA else self.operation(node)
        return Spot(node.name, name, kind, formula, f"{name} = {shown}")

    def operation(self, node: Node) -> str:
        """Return the name of a line's operation, for formulas that are too long."""
        if not isinstance(node.expr, Apply):
            return ""
        row = self.problem.table[node.expr.op]
        return row.name.replace("_", " ") if row.kind != "arithmetic" else row.symbol

    def edges(self, node: Node) -> dict[str, Link]:
        """Return the edges into a line along which a gradient flows back.

        The line is differentiated alone, with its own gradient handed in.
        """
        problem, loss = self.problem, self.problem.loss
        wanted = [name for name in self.operands(node) if self.passes(node.name, name)]
        if not wanted:
            return {}
        inputs = {name: self.shapes[name] for name in self.operands(node)}
        single = build([Line(node.name, node.expr)], inputs, problem.table)
        top = node.name == loss and node.name not in problem.upstream
        backward = differentiate(
            single,
            wanted,
            problem.table,
            loss=loss,
            upstream=() if top else (node.name,),
            given=problem.given,
            facts=known_sums(problem.data),
            numerator=problem.jacobian_layout == "numerator",
        )
        shown = visible(single, backward.graph, problem.table)
        lines = {line.name: line.expr for line in shown.backward}
        own = gradient_name(loss, node.name)
        found = {}
        for name in wanted:
            terms = lines[gradient_name(loss, name)]
            factors = (terms,) if top else factors_of(terms, Symbol(own))
            locals_ = {key: expr for key, expr in lines.items() if not key.startswith(f"d{loss}/")}
            factors = tuple(substitute(factor, locals_) for factor in factors)
            found[name] = self.link(name, node, terms, factors)
        return found

    def link(
        self,
        name: str,
        node: Node | None,
        passed: Expr | None = None,
        factors: tuple[Expr, ...] = (),
    ) -> Link:
        """Return the edge from a quantity to the line that reads it, or out of the graph."""
        value, gradient = self.text(name), ""
        own = gradient_name(self.problem.loss, name)
        whole = "" if is_hidden(own) else self.view.notation.name(own)
        back = ""
        if node is None:
            gradient = (
                self.text(own)
                if own in self.texts_known
                else "1"
                if name == self.problem.loss
                else whole
            )
        elif passed is not None:
            if self.readers[name] == 1:
                gradient = self.text(own) if self.values else whole
                back = self.full(own)
            else:
                gradient = self.computed(passed) if self.values else self.formula(passed)
                back = f"{whole}, this part: {gradient}" if gradient else ""
        local = self.local(factors[0]) if len(factors) == 1 else self.chain(factors)
        local = local or self.special(node, passed)
        full = "; ".join(part for part in (self.full(name), back) if part)
        target = node.name if node else f"{END}:{name}"
        alone = passed is not None and self.readers[name] == 1
        back_rows = self.rows(own) if alone else ()
        return Link(name, target, value, gradient, local, full, self.rows(name), back_rows)
