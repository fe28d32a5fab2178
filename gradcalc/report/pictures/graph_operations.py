"""Every operation of a solution as a node, as in a circuit; the picture that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, substitute, symbols
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError
from gradcalc.problem.names import is_hidden
from gradcalc.problem.solve import inner
from gradcalc.report.mathematics.names import figures
from gradcalc.report.pictures.graph_layout import Link, Picture, Spot
from gradcalc.report.pictures.graph_lines import LineNodes, factors_of
from gradcalc.report.steps.view import LARGEST_LITERAL, View

MOST_SPOTS = 400


class Operations(LineNodes):
    """Every operation as a node, values without a name included."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        problem = view.problem
        self.lines = problem.forward.nodes
        self.shapes = {**problem.forward.shapes, **problem.backward.graph.shapes}
        self.gradients = {node.name for node in problem.backward.graph.nodes}
        self.gradients |= set(problem.upstream_names)
        if self.values:
            self.values = inner(view.solution)
        self.passing: dict[tuple[str, str], list[Expr]] = {}
        for edge in problem.backward.edges:
            self.passing.setdefault((edge.node, edge.operand), []).append(edge.contribution)
        self.hidden: dict[str, Expr] = {}
        self.formulas = {
            node.name: node.expr
            for node in problem.backward.graph.nodes
            if not node.name.startswith(f"d{problem.loss}/")
        }

    def operands(self, node: Node) -> list[str]:
        return list(node.operands)

    def passes(self, reader: str, name: str) -> bool:
        return (reader, name) in self.passing

    def spot(self, node: Node) -> Spot:
        name = "" if is_hidden(node.name) else self.view.notation.name(node.name)
        kind = "loss" if node.name == self.problem.loss else "line"
        written = substitute(node.expr, self.hidden)
        full = self.view.notation.line(self.view.defined(written))
        if is_hidden(node.name):
            self.hidden[node.name] = written
        elif name:
            full = f"{name} = {full}"
        return Spot(node.name, _operation(node.expr, self.view), kind, name, full)

    def edges(self, node: Node) -> dict[str, Link]:
        found = {}
        loss = self.problem.loss
        top = node.name == loss and node.name not in self.problem.upstream
        own = gradient_name(loss, node.name)
        for name in self.operands(node):
            if self.passes(node.name, name):
                terms = add(*self.passing[node.name, name])
                factors = (terms,) if top else factors_of(terms, Symbol(own))
                found[name] = self.link(name, node, terms, tuple(map(self.unfolded, factors)))
        return found

    def unfolded(self, factor: Expr) -> Expr:
        """Return a factor with named local derivatives written out."""
        return substitute(factor, self.formulas)

    def formula(self, expr: Expr) -> str:
        return "" if any(is_hidden(name) for name in symbols(expr)) else super().formula(expr)

    @cached_property
    def texts_known(self) -> Mapping[str, tuple[str, ...]]:
        if not self.values:
            return {}
        known = dict(self.view.texts)
        for name in {*self.shapes} - {*known}:
            if name in self.values and self.values[name].size <= LARGEST_LITERAL:
                known[name] = figures(self.values[name], self.view.decimals)
        return known


def _operation(expr: Expr, view: View) -> str:
    """Return an operation as the sign on its node, with the numbers that it has inside."""
    if not isinstance(expr, Apply):
        return view.notation.line(expr)
    row = view.problem.table[expr.op]
    if expr.op in ("neg", "add", "mul", "div") and not any(
        isinstance(arg, Number) for arg in expr.args
    ):
        signs = {"neg": "−", "add": "+", "mul": "×", "div": "÷"}
        return (signs if view.unicode else {**signs, "neg": "-", "mul": "*", "div": "/"})[expr.op]
    if expr.op in ("add", "mul", "div", "pow"):
        blank = "□" if view.unicode else "_"
        args = tuple(Symbol(blank) if isinstance(arg, Symbol) else arg for arg in expr.args)
        return view.notation.line(Apply(expr.op, args))
    if row.kind == "loss":
        return row.name.replace("_", " ")
    return row.name if row.kind == "matrix" else view.notation.function(expr.op)


def picture(view: View, *, detail: bool = False) -> Picture:
    """Return the graph as the worked solution has it; with `detail`, one operation a node.

    Raises ProblemError where it has more nodes than a picture has room for.
    """
    problem = view.problem
    lines = problem.forward.nodes if detail else problem.visible.forward
    if len(lines) + len(problem.data) > MOST_SPOTS:
        raise ProblemError(
            f"the graph has {len(lines)} lines; a picture has room for {MOST_SPOTS}",
            hint="`gradcalc solve` shows all lines; gradcalc graph --network draws the layers",
        )
    return (Operations if detail else LineNodes)(view).made()
