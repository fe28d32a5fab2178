"""Reverse mode, formula to formula: the backward pass of a graph is a graph.

For every line v = f(u, …) of the forward pass, walked in reverse, the gradient of v
is the sum of what its readers pass back, and v passes to each operand u the product
of its own gradient with ∂v/∂u (Rumelhart, Hinton, Williams 1986).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    number,
    rebuild,
    substitute,
)
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape, ShapeError, broadcast, describe
from gradcalc.algebra.operations.inference import fold_sizes, reduction_factor, shape_finder
from gradcalc.algebra.operations.operation import Operation, Table, applied, formula
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.engine.graph import Graph, Node
from gradcalc.errors import Span


def gathered(terms: Sequence[Expr]) -> Sequence[Expr]:
    """Return one term in place of several that put rows to all places, each once.

    place(a, first=1, of=3) + place(b, first=2, of=3) + place(c, first=3, of=3) is
    stack(a, b, c); columns stand side by side. Other terms stay as they are.
    """
    pieces = [piece for piece in map(_piece, terms) if piece is not None]
    if len(pieces) < max(2, len(terms)) or len({piece[1:3] for piece in pieces}) > 1:
        return terms
    pieces.sort(key=lambda piece: piece[0])
    _, of, axis, _ = pieces[0]
    if [piece[0] for piece in pieces] != list(range(1, of + 1)):
        return terms
    entries = [piece[-1] for piece in pieces]
    if axis == 0:
        return (Apply("stack", tuple(entry.args[0] for entry in entries)),)
    return (Apply("concat", tuple(entries), (("axis", number(axis)),)),)


def _piece(term: Expr) -> tuple[int, int, int, Apply] | None:
    """Return place, number of places, axis and entries of one row or column that is put back."""
    if not isinstance(term, Apply) or term.op != "place":
        return None
    first, of, axis = (_whole(term.attr(name)) for name in ("first", "of", "axis"))
    inner = term.args[0]
    if first is None or of is None or axis is None:
        return None
    if not isinstance(inner, Apply) or inner.op != "expand" or inner.attr("axis") != number(axis):
        return None
    return first, of, axis, inner


def _whole(value: Number | Symbol | None) -> int | None:
    return int(value.value) if isinstance(value, Number) else None


@dataclass(frozen=True)
class Edge:
    """What a line passes back to one of its operands, and the local derivative used."""

    node: str
    operand: str
    contribution: Expr
    local: str | None = None


@dataclass(frozen=True)
class Backward:
    """The backward pass: its graph, and each contribution by itself."""

    graph: Graph
    edges: tuple[Edge, ...]


def differentiate(
    forward: Graph,
    wanted: Collection[str],
    table: Table,
    *,
    loss: str,
    upstream: Collection[str] = (),
    given: Collection[str] = (),
    facts: Mapping[Expr, Expr] | None = None,
    numerator: bool = True,
) -> Backward:
    """Return the lines that compute the derivative of `loss` by every name of `wanted`.

    upstream: names whose gradient is handed in and not computed.
    given: names whose value is handed in, so that a derivative which can be read off
        the output is, and a Jacobian is read.
    facts: formulas with a known value, such as the sum of a one-hot target.
    numerator: whether row i of a Jacobian da/dz belongs to a[i], and not column i.
    """
    return _Reverse(forward, wanted, table, loss, upstream, given, facts or {}, numerator).walk()


class _Reverse:
    def __init__(
        self,
        forward: Graph,
        wanted: Collection[str],
        table: Table,
        loss: str,
        upstream: Collection[str],
        given: Collection[str],
        facts: Mapping[Expr, Expr],
        numerator: bool,
    ) -> None:
        self.numerator = numerator
        self.forward, self.table, self.loss = forward, table, loss
        self.wanted, self.upstream, self.given, self.facts = wanted, upstream, given, facts
        self.own: dict[str, Shape] = forward.shapes
        self.nodes_by_name = {node.name: node for node in forward.nodes}
        self.shapes: dict[str, Shape] = dict(self.own)
        self.shape_of = shape_finder(self.shapes, table)
        self.inputs: dict[str, Shape] = dict(self.own)
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.terms: dict[str, list[Expr]] = {}
        self.written: set[str] = set()
        self.active = self.reached()
        self.last_reader = self.readers()

    def reached(self) -> set[str]:
        """Return the names on a path from a wanted name to the loss or an upstream."""
        below = set(self.wanted)
        for node in self.forward.nodes:
            if below.intersection(node.operands):
                below.add(node.name)
        above = {self.loss, *self.upstream}
        for node in reversed(self.forward.nodes):
            if node.name in above:
                above.update(node.operands)
        return (below & above) | set(self.wanted)

    def readers(self) -> dict[str, str]:
        """Return for each name the first line that reads it (the last one walked)."""
        first: dict[str, str] = {}
        for node in self.forward.nodes:
            if node.name in self.active:
                for operand in node.operands:
                    first.setdefault(operand, node.name)
        return first

    def walk(self) -> Backward:
        due: dict[str | None, list[str]] = {}
        leaves = [name for name in self.forward.inputs if name in self.active]
        order = {leaf: at for at, leaf in enumerate(leaves)}
        for leaf in leaves:
            due.setdefault(self.last_reader.get(leaf), []).append(leaf)
        ready: list[str] = []
        for node in reversed(self.forward.nodes):
            if node.name in self.active:
                if not node.hidden:
                    self.flush(sorted(ready, key=order.__getitem__))
                    ready = []
                self.gradient(node.name, node)
                self.pass_back(node)
            ready += due.get(node.name, [])
        self.flush(leaves)
        return Backward(Graph(self.inputs, tuple(self.nodes)), tuple(self.edges))

    def flush(self, leaves: list[str]) -> None:
        for leaf in leaves:
            if leaf not in self.written:
                self.gradient(leaf, None)

    def gradient(self, name: str, node: Node | None) -> None:
        """Write the line of the derivative of the loss by `name`."""
        self.written.add(name)
        own = gradient_name(self.loss, name)
        shape = self.own[name]
        if name in self.upstream and name not in self.terms:
            self.inputs[own] = self.shapes[own] = shape
            return
        terms = gathered(self.terms.get(name, [ONE] if name == self.loss else [ZERO]))
        span = node.span if node else self.span_of(name)
        self.put(Node(own, add(*reversed(terms)), shape, span, bool(node and node.hidden)))

    def span_of(self, leaf: str) -> Span | None:
        reader = self.last_reader.get(leaf)
        node = self.nodes_by_name.get(reader) if reader else None
        return node.span if node else None

    def put(self, node: Node) -> None:
        self.nodes.append(node)
        self.shapes[node.name] = node.shape

    def pass_back(self, node: Node) -> None:
        """Add the contributions of one line to the gradients of its operands."""
        upstream: Expr = Symbol(gradient_name(self.loss, node.name))
        if node.name == self.loss and node.name not in self.upstream:
            upstream = ONE
        if isinstance(node.expr, Symbol):
            if node.expr.name in self.active:
                self.contribute(node, node.expr, upstream)
            return
        if not isinstance(node.expr, Apply) or node.expr.op == "array":
            return
        for index, operand in enumerate(node.expr.args):
            if isinstance(operand, Symbol) and operand.name in self.active:
                local = None
                if upstream == ONE and not node.shape:
                    term = self.partial(node, index, ONE)
                else:
                    term, local = self.chained(node, index, operand.name, upstream)
                self.contribute(node, operand, term, local)

    def chained(
        self, node: Node, index: int, operand: str, upstream: Expr
    ) -> tuple[Expr, str | None]:
        """Return upstream × local derivative, the latter a line of its own where it has a name."""
        assert isinstance(node.expr, Apply)
        row = self.table[node.expr.op]
        twice = node.expr.args.count(Symbol(operand)) > 1
        local = gradient_name(node.name, operand)
        hidden = node.hidden or operand.startswith("_")
        if row.mask is not None and row.spread_out is not None:
            mask = self.product(node, index, row.mask, upstream)
            self.put(Node(local, mask, self.shapes[operand], node.span, hidden))
            return mul(self.product(node, index, row.spread_out, upstream), Symbol(local)), local
        each = row.kind == "loss" and row.per_sample and bool(node.shape)
        if each:
            upstream = self.spread(node, operand, upstream)
        if row.kind not in ("activation", "loss") or twice or each:
            return self.partial(node, index, upstream), None
        if row.is_elementwise or row.kind == "loss":
            shape = self.shapes[operand] if row.kind == "loss" else node.shape
            if self.shapes[operand] != shape:
                return self.partial(node, index, upstream), None
            slope = self.partial(node, index, ONE)
            if row.kind == "loss":  # a number beside one entry
                slope = unbroadcast(slope, self.shape_of(slope), shape)
            self.put(Node(local, slope, shape, node.span, hidden))
            return mul(upstream, Symbol(local)), local
        if row.jacobian is None or len(node.shape) != 1:
            return self.partial(node, index, upstream), None
        matrix = substitute(formula(row.jacobian), self.bound(node, row))
        self.put(Node(local, matrix, node.shape * 2, node.span, hidden))
        if local in self.given:
            return self.through(Symbol(local), upstream), local
        return self.partial(node, index, upstream), local

    def through(self, jacobian: Symbol, upstream: Expr) -> Expr:
        """Return what a line passes back through its whole Jacobian: Jᵀ g, or J g in columns."""
        if upstream == ONE:
            return Apply("sum", (jacobian,), (("axis", number(0 if self.numerator else 1)),))
        turned = Apply("transpose", (jacobian,)) if self.numerator else jacobian
        return Apply("matmul", (turned, upstream))

    def spread(self, node: Node, operand: str, upstream: Expr) -> Expr:
        """Return the gradient of losses one a sample, put to every entry of its sample."""
        if len(self.shapes[operand]) <= len(node.shape):
            return upstream
        return Apply("expand", (upstream,), (("axis", number(-1)),))

    def bound(self, node: Node, row: Operation) -> dict[str, Expr]:
        assert isinstance(node.expr, Apply)
        return {**row.bind(node.expr), row.output: Symbol(node.name)}

    def partial(self, node: Node, index: int, upstream: Expr) -> Expr:
        """Return upstream × ∂node/∂operand for the operand at `index`."""
        expr = node.expr
        assert isinstance(expr, Apply)
        row = self.table[expr.op]
        if row.vjp is not None:
            ranks = tuple(len(self.shape_of(arg)) for arg in expr.args)
            rules = row.vjp_for(ranks)
            text = rules[0 if row.variadic else index] if rules is not None else None
            assert text is not None
            return self.product(node, index, text, upstream)
        output = Symbol(node.name)
        local = derivative(expr, index, row, output, self.table, node.name in self.given)
        if row.kind == "loss":
            factor = reduction_factor(expr, row, self.shape_of(expr.args[0]))
            local = mul(factor, fold_sizes(local, self.shape_of))
        local = self.known(local)
        return local if upstream == ONE else mul(upstream, local)

    def product(self, node: Node, index: int, text: str, upstream: Expr) -> Expr:
        """Return a formula of the row with its symbols, what it measures, and the gradient put in.

        upstream: the gradient g of the value.
        """
        expr = node.expr
        assert isinstance(expr, Apply)
        row = self.table[expr.op]
        bound = {**self.bound(node, row), "g": upstream}
        if row.measures is not None:
            shapes = tuple(self.shape_of(arg) for arg in expr.args)
            bound |= row.measures(shapes, {**row.attributes, **dict(expr.attrs)}, index)
        return self.known(fold_sizes(applied(text, bound), self.shape_of))

    def known(self, expr: Expr) -> Expr:
        """Put in what is known of the data; write one term in textbook form."""
        if self.facts:
            expr = rebuild(expr, lambda part: self.facts.get(part, part))
        return simplify(expr, self.shape_of)

    def contribute(self, node: Node, operand: Symbol, term: Expr, local: str | None = None) -> None:
        """Add a term to the gradient of an operand, summed down to its shape."""
        shape = self.shapes[operand.name]
        term = simplify(term, self.shape_of)
        term = unbroadcast(term, self.shape_of(term), shape)
        if term != ZERO:
            self.terms.setdefault(operand.name, []).append(term)
            self.edges.append(Edge(node.name, operand.name, term, local))


def unbroadcast(expr: Expr, shape: Shape, target: Shape) -> Expr:
    """Return the gradient of a stretched operand: summed over what was stretched.

    A gradient of a shape that the operand cannot be stretched to comes from a wrong row
    of the table, and would become a wrong number here: AssertionError.
    """
    assert _stretches(target, shape), f"{describe(shape)} for {describe(target)}: {expr}"
    if not target and shape:
        return Apply("sum", (expr,))
    while len(shape) > len(target):
        expr, shape = Apply("sum", (expr,), (("axis", ZERO),)), shape[1:]
    if len(shape) == len(target):
        for axis, (own, wanted) in enumerate(zip(shape, target, strict=True)):
            if wanted == 1 and own != 1:
                keep = (("axis", number(axis)), ("keepdims", ONE))
                expr = Apply("sum", (expr,), keep)
    return expr


def _stretches(operand: Shape, shape: Shape) -> bool:
    """Tell whether an operand goes with this shape, as an operand or a value of it."""
    try:
        found = broadcast(operand, shape)
    except ShapeError:
        return False
    return len(shape) <= len(operand) or found == shape


def derivative(
    expr: Apply, index: int, row: Operation, output: Expr, table: Table, given: bool = False
) -> Expr:
    """Return the elementwise partial derivative of one application by one operand.

    It is written with the output where the row does so; with `given`, only with it.
    A row without derivatives (f′) has those of its definition.
    """
    if row.derivative is None:
        meaning = partial(formula(row.definition or ""), row.params[index], table)
        return substitute(meaning, row.bind(expr))
    if row.variadic:
        others = tuple(arg for i, arg in enumerate(expr.args) if i != index)
        return substitute(formula(row.derivative[0] or "0"), {"others": mul(*others)})
    if given and row.given is not None:
        return substitute(formula(row.given), {**row.bind(expr), row.output: output})
    if row.prime:
        return Apply(f"{row.name}'", expr.args, expr.attrs)
    return substitute(formula(row.derivative[index] or "0"), {**row.bind(expr), row.output: output})


def partial(expr: Expr, name: str, table: Table) -> Expr:
    """Return the derivative of an elementwise formula by one of its symbols."""
    done: dict[Expr, Expr] = {}

    def visit(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            return ONE if part.name == name else ZERO
        if isinstance(part, Number):
            return ZERO
        if part not in done:
            row = table[part.op]
            terms = []
            for index, arg in enumerate(part.args):
                inner = visit(arg)
                if inner != ZERO:
                    terms.append(mul(derivative(part, index, row, part, table), inner))
            done[part] = simplify(add(*terms)) if terms else ZERO
        return done[part]

    return visit(expr)
