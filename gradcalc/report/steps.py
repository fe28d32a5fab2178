"""The lines of a worked solution: formula, the formula with numbers in it, value.

A step is data; every format prints the same steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from gradcalc.algebra.entries import Index, entry, indices
from gradcalc.algebra.expr import ONE, Apply, Expr, Number, Symbol, rebuild, substitute, symbols
from gradcalc.algebra.inference import definition, shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_parts
from gradcalc.algebra.shapes import Shape, size
from gradcalc.algebra.simplify import simplify
from gradcalc.engine.evaluate import EvaluationError, evaluate
from gradcalc.engine.graph import Node
from gradcalc.problem.model import Problem, Solution
from gradcalc.report.figures import figures, literal

LARGEST_LITERAL = 144
SMALL_VECTOR = 4
MOST_TERMS = 8
LINEAR = ("add", "neg", "mul", "matmul", "sum", "outer", "dot", "transpose", "array", "mean")


@dataclass(frozen=True)
class EntryLine:
    """The scalar line of one entry: formula, with numbers, value."""

    index: Index
    formula: Expr
    substitution: Expr | None
    value: str | None


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    formula: None for what is known. substitution: the formula with numbers at the
    leaves. worked: what the substitution comes to, one stage further. texts: the
    entries of the value as printed, in row order.
    """

    name: str
    phase: str
    shape: Shape
    formula: Expr | None = None
    substitution: Expr | None = None
    worked: Expr | None = None
    value: Array | None = None
    texts: tuple[str, ...] | None = None
    note: str | None = None
    number: int | None = None
    group: str | None = None
    given: bool = False
    entries: tuple[EntryLine, ...] = ()


@dataclass(frozen=True)
class View:
    """A solution as it is to be printed: figures of every value, display formulas.

    decimals: a fixed number of decimals for computed values.
    """

    solution: Solution
    decimals: int | None = None
    jacobians: bool = False

    @property
    def problem(self) -> Problem:
        """Return the problem that was solved."""
        return self.solution.problem

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Return the shape of every name that can be printed."""
        return self.problem.visible.shapes

    @cached_property
    def forward(self) -> tuple[Node, ...]:
        """Return the forward lines that something reads, unread ones written in."""
        lines = self.problem.visible.forward
        live = self._live(lines)
        unread: dict[str, Expr] = {}
        kept = []
        for node in lines:
            expr = substitute(node.expr, unread)
            if node.name in live:
                kept.append(replace(node, expr=expr))
            else:
                unread[node.name] = expr
        return tuple(kept)

    def _live(self, lines: tuple[Node, ...]) -> set[str]:
        problem = self.problem
        live = {ref.name for ref in problem.find} | {problem.loss}
        live |= {name for node in self.backward for name in symbols(node.expr)}
        live |= set(self.solution.fixed)
        if not problem.given:
            live |= {node.name for node in lines}
        for node in reversed(lines):
            if node.name in live and node.name not in self.solution.fixed:
                live |= set(symbols(node.expr))
        for node in lines:  # what nothing reads is shown, unless a given value replaced it
            readers = [n for n in lines if node.name in symbols(n.expr)]
            if not readers:
                live.add(node.name)
        return live

    @cached_property
    def backward(self) -> tuple[Node, ...]:
        """Return the backward lines that say something: constants 1 are written in."""
        problem = self.problem
        own = f"d{problem.loss}/d{problem.loss}"
        asked = {ref.name for ref in problem.find}
        fixed = self.solution.fixed
        return tuple(
            node
            for node in problem.visible.backward
            if node.name != own
            and (node.name in asked or node.name in fixed or node.expr != ONE or not _local(
                node.name, problem.loss))
        )

    def defined(self, expr: Expr) -> Expr:
        """Return a formula with losses written as what they are."""
        find = shape_finder(self.shapes, self.problem.table)

        def change(part: Expr) -> Expr:
            if isinstance(part, Apply) and self.problem.table[part.op].kind == "loss":
                meaning = definition(part, self.problem.table, find)
                assert meaning is not None
                return simplify(meaning, find)
            return part

        return rebuild(expr, change)

    # --- numbers -----------------------------------------------------------------

    @cached_property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """Return the printed entries of every small value, given numbers as written."""
        found: dict[str, tuple[str, ...]] = {}
        problem = self.problem
        formulas = {node.name: node.expr for node in (*self.forward, *self.backward)}
        for name in self.solution.values:
            if name in problem.jacobians:
                continue
            data = problem.data.get(name) or (
                problem.given.get(name) if name in self.solution.fixed else None
            )
            value = self.solution.values[name]
            if data is not None and data.texts is not None:
                found[name] = data.texts
            elif value.size <= LARGEST_LITERAL:
                noise = self._noise(formulas.get(name), value)
                found[name] = figures(value, noise, self.decimals)
        return found

    def _noise(self, expr: Expr | None, value: Array) -> Array | float:
        """Return what rounding errors of a sum can amount to: eps × Σ |terms|."""
        if not isinstance(expr, Apply) or not _linear(expr):
            return 0.0
        absolute = rebuild(
            expr,
            lambda part: part.args[0] if isinstance(part, Apply) and part.op == "neg" else
            Number(abs(part.value)) if isinstance(part, Number) else part,
        )
        values = {name: np.abs(self.solution.values[name]) for name in symbols(expr)}
        total = evaluate(absolute, values, self.shapes, self.problem.table)
        return np.asarray(4 * np.finfo(float).eps * np.broadcast_to(total, value.shape))

    def numbers(self, expr: Expr) -> Expr | None:
        """Return the formula with numbers at the leaves, or None where they are too many."""
        put: dict[str, Expr] = {}
        for name in symbols(expr):
            texts = self.texts.get(name)
            if texts is None or name not in self.solution.values:
                return None
            put[name] = literal(self.solution.values[name].shape, texts)
        return substitute(expr, put)

    def leaf_number(self, name: str, index: Index) -> Expr:
        """Return the printed number of one entry."""
        shape = self.solution.values[name].shape
        at = int(np.ravel_multi_index(index, shape)) if index else 0
        text = self.texts[name][at]
        return literal((), (text,))

    def leaf_name(self, name: str, index: Index) -> Expr:
        """Return the name of one entry as a formula."""
        places = tuple(Number(i + 1, str(i + 1)) for i in index)  # type: ignore[arg-type]
        return Apply("entry", (Symbol(name), *places)) if places else Symbol(name)

    def entry(self, expr: Expr, index: Index, *, numbers: bool) -> Expr:
        """Return one entry of a formula, with names or with numbers."""
        leaf = self.leaf_number if numbers else self.leaf_name
        find = shape_finder(self.shapes, self.problem.table)
        return entry(expr, index, leaf, find, self.problem.table)

    def scalar(self, expr: Expr) -> float | None:
        """Return the value of a formula over single entries, from exact values."""
        values: dict[str, Array] = {}

        def change(part: Expr) -> Expr:
            if isinstance(part, Apply) and part.op == "entry":
                base, *places = part.args
                assert isinstance(base, Symbol)
                index = tuple(int(p.value) - 1 for p in places if isinstance(p, Number))
                values[f"e{len(values)}"] = np.asarray(self.solution.values[base.name][index])
                return Symbol(f"e{len(values) - 1}")
            if isinstance(part, Symbol):
                values[part.name] = self.solution.values[part.name]
            return part

        flat = rebuild(expr, change)
        shapes: dict[str, Shape] = {name: value.shape for name, value in values.items()}
        try:
            return float(evaluate(flat, values, shapes, self.problem.table).ravel()[0])
        except EvaluationError:
            return None


def _local(name: str, loss: str) -> bool:
    parts = gradient_parts(name)
    return parts is not None and parts[0] != loss


def _linear(expr: Expr) -> bool:
    if not isinstance(expr, Apply):
        return True
    return expr.op in LINEAR and all(_linear(arg) for arg in expr.args)


def steps(
    solution: Solution,
    detail: str = "steps",
    *,
    decimals: int | None = None,
    jacobians: bool = False,
) -> tuple[Step, ...]:
    """Return the lines of the worked solution.

    detail: `brief` leaves out substitutions, `entries` adds the line of each entry.

    >>> from gradcalc import load, solve
    >>> found = steps(solve(load("inputs: {x: 3}\\nequations: y = x^2\\n")))
    >>> [(step.name, step.texts) for step in found]
    [('x', ('3',)), ('y', ('9',)), ('dy/dx', ('6',))]
    """
    view = View(solution, decimals, jacobians)
    return build_steps(view, detail)


def build_steps(view: View, detail: str = "steps") -> tuple[Step, ...]:
    """Return the steps of a view; see `steps`."""
    from gradcalc.report.remarks import remark

    problem = view.problem
    found: list[Step] = []
    for name, data in problem.data.items():
        value = view.solution.values.get(name)
        found.append(Step(name, "known", data.shape, value=value, texts=view.texts.get(name)))
    for name in problem.upstream_names:
        value = view.solution.values.get(name)
        shape = problem.backward.graph.shapes[name]
        found.append(Step(name, "known", shape, value=value, texts=view.texts.get(name),
                          given=True))
    number = 0
    layer_of = {n: layer.number for layer in problem.layers
                for n in (layer.z, layer.after, layer.weight, layer.bias) if n}
    for phase, lines in (("forward", view.forward), ("backward", view.backward)):
        for node in lines:
            number += 1
            step = _step(view, node, phase, detail)
            group = None
            parts = gradient_parts(node.name)
            if phase == "backward" and parts and len(problem.layers) > 1:
                layer = layer_of.get(parts[1])
                if parts[0] == problem.loss and parts[1] in (la.after for la in problem.layers):
                    layer = layer + 1 if layer else None
                    layer = layer if layer and layer <= len(problem.layers) else None
                group = f"layer {layer}" if layer else None
            step = replace(step, number=number, group=group)
            found.append(replace(step, note=remark(view, step, found)))
    return tuple(found)


def _step(view: View, node: Node, phase: str, detail: str) -> Step:
    given = node.name in view.solution.fixed
    formula = view.defined(node.expr)
    value = None
    texts = view.texts.get(node.name)
    if node.name in view.solution.values and (
        node.name not in view.problem.jacobians or (size(node.shape) or 0) <= 64 or view.jacobians
    ):
        value = view.solution.values[node.name]
        if texts is None and value.size <= LARGEST_LITERAL:
            texts = figures(value, decimals=view.decimals)
    substitution = worked = None
    if value is not None and not given and detail != "brief" and not isinstance(formula, Symbol):
        substitution, worked = _substituted(view, node, formula)
    entries: tuple[EntryLine, ...] = ()
    if detail == "entries" and node.shape and not isinstance(formula, Symbol) and not given:
        entries = _entry_lines(view, node, formula, texts)
    return Step(node.name, phase, node.shape, formula, substitution, worked, value, texts,
                given=given, entries=entries)


def _substituted(view: View, node: Node, formula: Expr) -> tuple[Expr | None, Expr | None]:
    """Return the formula with numbers in it, and that one stage further."""
    plain = view.numbers(formula)
    if plain is None or not symbols(formula):
        return None, None
    count = size(node.shape) or 0
    if _scalar_work(view, formula, count):
        named = view.entry(formula, (0,) * len(node.shape), numbers=False)
        if named.size <= 12 * MOST_TERMS:
            shown = view.entry(formula, (0,) * len(node.shape), numbers=True)
            return shown, _terms(view, named)
        return plain, None
    inner = _inner_size(view, formula)
    if inner and len(node.shape) == 1 and 2 <= inner <= SMALL_VECTOR and count <= SMALL_VECTOR:
        rows = [view.entry(formula, index, numbers=True) for index in indices(node.shape)]
        return _transposed(plain), Apply("array", tuple(rows))
    if len(node.shape) == 1 and count <= SMALL_VECTOR and not _product_of_names(formula) and (
        _elementwise(view, formula)
    ):
        rows = [view.entry(formula, index, numbers=True) for index in indices(node.shape)]
        return Apply("array", tuple(rows)), None
    return _transposed(plain), None


def _scalar_work(view: View, formula: Expr, count: int) -> bool:
    """Tell whether a line of one entry is worked out as a sum of numbers."""
    if count != 1:
        return False
    ops = _ops(formula)
    return not ops & {"outer", "transpose"} and not (ops & {"matmul"} and not _is_row(view, formula))


def _is_row(view: View, formula: Expr) -> bool:
    inner = _inner_size(view, formula)
    return inner is not None and inner > 1


def _ops(formula: Expr) -> set[str]:
    if not isinstance(formula, Apply):
        return set()
    return {formula.op}.union(*(_ops(arg) for arg in formula.args))


def _inner_size(view: View, formula: Expr) -> int | None:
    """Return the number of terms of the sums in a matrix product, None without one."""
    find = shape_finder(view.shapes, view.problem.table)
    if isinstance(formula, Apply):
        if formula.op in ("matmul", "dot"):
            return size(find(formula.args[0])[-1:])
        for arg in formula.args:
            inner = _inner_size(view, arg)
            if inner:
                return inner
    return None


def _elementwise(view: View, formula: Expr) -> bool:
    table = view.problem.table
    return all(op != "array" and table[op].is_elementwise for op in _ops(formula))


def _product_of_names(formula: Expr) -> bool:
    return isinstance(formula, Apply) and formula.op == "mul" and all(
        isinstance(arg, Symbol) for arg in formula.args
    )


def _transposed(expr: Expr) -> Expr:
    """Return a formula over numbers with transposed matrices written out."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op == "transpose":
            inner = part.args[0]
            if isinstance(inner, Apply) and inner.op == "array" and isinstance(
                inner.args[0], Apply
            ):
                rows = [row.args for row in inner.args if isinstance(row, Apply)]
                return Apply("array", tuple(
                    Apply("array", column) for column in zip(*rows, strict=True)))
        return part

    return rebuild(expr, change)


def _terms(view: View, named: Expr) -> Expr | None:
    """Return a worked sum with each of its terms computed: 0.01 + 0 + 0.36."""
    changed = False

    def visit(part: Expr) -> Expr:
        nonlocal changed
        if not isinstance(part, Apply):
            return _number(view, part)
        if part.op == "add" and sum(isinstance(_positive(t), Apply) and _positive(t).op != "entry"  # type: ignore[union-attr]
                                    for t in part.args) > 1:
            changed = True
            return Apply("add", tuple(_number(view, term) for term in part.args))
        if part.op in ("mul", "div", "neg", "sqrt"):
            return Apply(part.op, tuple(visit(arg) for arg in part.args))
        return _number(view, part)

    shown = visit(named)
    return shown if changed and shown.size < 3 * MOST_TERMS else None


def _positive(expr: Expr) -> Expr:
    return expr.args[0] if isinstance(expr, Apply) and expr.op == "neg" else expr


def _number(view: View, expr: Expr) -> Expr:
    if isinstance(expr, Number):
        return expr
    if isinstance(expr, Apply) and expr.op == "entry" and isinstance(expr.args[0], Symbol):
        index = tuple(int(p.value) - 1 for p in expr.args[1:] if isinstance(p, Number))
        return view.leaf_number(expr.args[0].name, index)
    value = view.scalar(expr)
    return expr if value is None else literal((), figures(np.asarray(value)))


def _entry_lines(
    view: View, node: Node, formula: Expr, texts: tuple[str, ...] | None
) -> tuple[EntryLine, ...]:
    """Return the scalar line of each entry."""
    if size(node.shape) is None or (size(node.shape) or 0) > LARGEST_LITERAL:
        return ()
    lines = []
    for at, index in enumerate(indices(node.shape)):
        named = view.entry(formula, index, numbers=False)
        shown = None
        if all(name in view.texts for name in symbols(formula)) and symbols(formula):
            shown = view.entry(formula, index, numbers=True)
        lines.append(EntryLine(index, named, shown, texts[at] if texts else None))
    return tuple(lines)
