"""The named lines of a solution as a graph: value, gradient, local derivative.

An edge from u to v carries the value of u, the gradient that v passes back to u, and
∂v/∂u as the factor by which ∂L/∂v is multiplied. Where u has one reader the gradient is
∂L/∂u of the solution; where it has several, theirs add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import (
    ONE,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    neg,
    substitute,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.operation import formula
from gradcalc.engine.autodiff import differentiate
from gradcalc.engine.evaluate import EvaluationError, evaluate
from gradcalc.engine.graph import Line, Node, build, visible
from gradcalc.errors import ProblemError, width
from gradcalc.problem.names import is_hidden
from gradcalc.problem.reading.data import known_sums
from gradcalc.report.mathematics.names import figures
from gradcalc.report.pictures.graph_layout import Link, Picture, Spot
from gradcalc.report.steps.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

LONGEST_LOCAL, SHOWN, STACKED, LONGEST_SIDE = 24, 4, 12, 4

LONGEST_FORMULA, MOST_LINKS = 40, 1200
END = "end"


class EdgeLabels:
    """How the quantities of one solution are written on edges; without numbers, their shapes."""

    def __init__(self, view: View) -> None:
        self.view, self.problem = view, view.problem
        self.shapes: Mapping[str, Shape] = self.problem.visible.shapes
        self.values: Mapping[str, Array] = view.solution.values

    @cached_property
    def texts_known(self) -> Mapping[str, tuple[str, ...]]:
        """Return the printed entries of all values."""
        return self.view.texts if self.values else {}

    def text(self, name: str) -> str:
        """Return a value as it is printed on an edge; without numbers, its shape."""
        if not self.values:
            return _dims(self.shapes[name])
        texts = self.texts_known.get(name)
        if texts is None:
            return _dims(self.shapes[name])
        return self.array(texts, self.shapes[name])

    def rows(self, name: str) -> tuple[str, ...]:
        """Return a small matrix row by row; nothing for what one row shows, or is too large."""
        texts, shape = self.texts_known.get(name), self.shapes.get(name, ())
        if texts is None or len(shape) != 2 or not SHOWN < len(texts) <= STACKED:
            return ()
        if max(int(dim) for dim in shape) > LONGEST_SIDE:
            return ()
        shown = [self.view.notation.number(text) for text in texts]
        columns = int(shape[1])
        lines = (shown[at : at + columns] for at in range(0, len(shown), columns))
        return tuple(f"[{', '.join(line)}]" for line in lines)

    def full(self, name: str) -> str:
        """Return a value in all its entries."""
        texts = self.texts_known.get(name)
        shown = self.view.notation.name(name)
        if texts is None:
            return f"{shown}: {_dims(self.shapes[name])}" if name in self.shapes else shown
        return f"{shown} = {self.array(texts, self.shapes[name], whole=True)}"

    def array(self, texts: tuple[str, ...], shape: Shape, *, whole: bool = False) -> str:
        """Return entries in one row; long ones are abbreviated, or only their shape."""
        shown = [self.view.notation.number(text) for text in texts]
        if not shape:
            return shown[0]
        more = "…" if self.view.unicode else "..."
        if len(shape) == 1:
            if len(shown) > SHOWN and not whole:
                shown = [*shown[:2], more, shown[-1]]
            return f"[{', '.join(shown)}]"
        if len(shown) > SHOWN and not whole:
            return _dims(shape)
        columns = int(shape[1])
        rows = (shown[at : at + columns] for at in range(0, len(shown), columns))
        return f"[{'; '.join(', '.join(row) for row in rows)}]"

    def computed(self, expr: Expr) -> str:
        """Return the value of a formula over known values."""
        value = self.evaluated(expr)
        if value is None or value.size > LARGEST_LITERAL:
            return ""
        return self.array(figures(value, self.view.decimals), value.shape)

    def evaluated(self, expr: Expr) -> Array | None:
        names = symbols(expr)
        if any(name not in self.values for name in names):
            return None
        shapes: dict[str, Shape] = {name: self.values[name].shape for name in names}
        try:
            return evaluate(expr, self.values, shapes, self.problem.table)
        except (EvaluationError, OverflowError):
            return None

    def formula(self, expr: Expr) -> str:
        shown = self.view.notation.line(expr)
        return shown if width(shown) <= LONGEST_LOCAL else ""

    def chain(self, factors: tuple[Expr, ...]) -> str:
        """Return local derivatives that are applied one after the other."""
        shown = [self.formula(factor) for factor in factors]
        return ", then ".join(shown) if all(shown) else ""

    def special(self, node: Node | None, passed: Expr | None) -> str:
        """Return what stands for a local derivative that is no factor: a Jacobian, a sum."""
        if node is None or passed is None or not isinstance(node.expr, Apply):
            return ""
        row = self.problem.table[node.expr.op]
        if row.jacobian is not None and len(node.shape) == 1:
            bound = {**row.bind(node.expr), row.output: Symbol(node.name)}
            return self.formula(substitute(formula(row.jacobian), bound))
        summed = isinstance(passed, Apply) and passed.op == "sum"
        return ("Σ" if self.view.unicode else "sum") if summed else ""

    def local(self, factor: Expr) -> str:
        """Return a local derivative: its formula, and its value where that is a number."""
        shown = self.formula(factor)
        if isinstance(factor, Number) or not self.values:
            return shown
        value = self.evaluated(factor)
        if (
            value is None
            or value.size > SHOWN
            or (isinstance(factor, Apply) and _only_turned(factor))
        ):
            return shown
        text = self.array(figures(value, self.view.decimals), value.shape)
        if isinstance(factor, Symbol) and value.ndim:
            return shown
        both = f"{shown} = {text}"
        return both if shown and width(both) <= LONGEST_LOCAL + 6 else shown or text


def _only_turned(factor: Apply) -> bool:
    return factor.op == "transpose" and isinstance(factor.args[0], Symbol)


def _dims(shape: Shape) -> str:
    """Return a shape for an edge: `2×3`, `5`, nothing for a number."""
    return "×".join(str(dim) for dim in shape)


def factors_of(term: Expr, upstream: Symbol) -> tuple[Expr, ...]:
    """Return what an upstream gradient is multiplied by, one after the other.

    >>> from gradcalc.algebra.formula.syntax import format, parse
    >>> [format(each) for each in factors_of(parse("outer(g*r, x)"), Symbol("g"))]
    ['r', 'x.T']
    """
    whole = _factor(term, upstream)
    if whole is not None:
        return (whole,)
    if not isinstance(term, Apply):
        return ()
    holding = [arg for arg in term.args if upstream.name in symbols(arg)]
    if len(holding) != 1:
        return ()
    args = tuple(upstream if arg is holding[0] else arg for arg in term.args)
    outer = _factor(Apply(term.op, args, term.attrs), upstream)
    inner_ = factors_of(holding[0], upstream)
    return (*inner_, outer) if outer is not None and inner_ else ()


def _factor(term: Expr, upstream: Symbol) -> Expr | None:
    """Return what an upstream gradient is multiplied by in a term, or None.

    >>> from gradcalc.algebra.formula.syntax import format, parse
    >>> format(_factor(parse("W.T @ g"), Symbol("g"))), format(_factor(parse("g*y*2"), Symbol("g")))
    ('W.T', 'y*2')
    """
    if term == upstream:
        return ONE
    if not isinstance(term, Apply) or upstream.name not in symbols(term):
        return None
    if term.op == "neg":
        inside = _factor(term.args[0], upstream)
        return None if inside is None else neg(inside)
    if term.op == "add":
        found = [_factor(arg, upstream) for arg in term.args]
        return None if None in found else add(*(each for each in found if each is not None))
    turned = Apply("transpose", (upstream,))
    direct = [arg for arg in term.args if arg in (upstream, turned)]
    rest = tuple(arg for arg in term.args if arg not in direct)
    if len(direct) != 1 or any(upstream.name in symbols(arg) for arg in rest):
        return None
    if term.op == "mul":
        return mul(*rest)
    if term.op in ("matmul", "dot"):
        return rest[0]
    if term.op == "outer":
        return Apply("transpose", rest) if term.args[0] == upstream else rest[0]
    if term.op == "div" and term.args[0] == upstream:
        return Apply("div", (ONE, rest[0]))
    return None


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
