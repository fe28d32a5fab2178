"""A solution as it is to be printed: figures of every value, formulas for display."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from gradcalc.algebra.formula.expr import (
    ONE,
    Apply,
    Expr,
    Number,
    Symbol,
    mul,
    number,
    rebuild,
    substitute,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Dim, Index, Shape, size
from gradcalc.algebra.operations.inference import definition, dimension, reduction_of, shape_finder
from gradcalc.algebra.rewriting.entries import entry
from gradcalc.algebra.rewriting.indexed_entries import EntryPlaces, index_letters, indexed, ordered
from gradcalc.algebra.rewriting.simplify import simplify, tidy
from gradcalc.engine.evaluate import EvaluationError, evaluate
from gradcalc.report.mathematics.names import figures, literal, read_figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.steps.zeros import clean

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Problem
    from gradcalc.problem.solution import Solution

LARGEST_LITERAL = 144
IMAGES = ("conv2d", "max_pool", "mean_pool", "reshape")
"""Operations whose matrices are no batches."""


@dataclass(frozen=True)
class View:
    """A solution as it is to be printed: figures of every value, display formulas.

    decimals: a fixed number of decimals for computed values.
    unicode: mathematical signs; otherwise plain ASCII. full: arrays are not shortened.
    turned: the layout of Jacobians, in place of the file's. typeset: formulas have the
    structure that documents print.
    """

    solution: Solution
    decimals: int | None = None
    jacobians: bool = False
    unicode: bool = True
    full: bool = False
    turned: str | None = None
    typeset: bool = False

    @property
    def numerator(self) -> bool:
        """Tell whether row i of a Jacobian ∂a/∂z belongs to aᵢ, and not column i."""
        return (self.turned or self.problem.jacobian_layout) == "numerator"

    @property
    def problem(self) -> Problem:
        """Return the problem that was solved."""
        return self.solution.problem

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Return the values as they are shown; with `jacobians`, diagonals as matrices."""
        values = self.solution.values
        matrices = {n: np.diag(values[n]) for n in self.diagonals if n in values}
        return ChainMap(matrices, cast("dict[str, Array]", values))

    @cached_property
    def diagonals(self) -> frozenset[str]:
        """Return the local derivatives of a vector that are shown as whole matrices."""
        shapes, loss = self.problem.visible.shapes, self.problem.loss
        names = {node.name for node in self.problem.visible.backward} if self.jacobians else set()
        return frozenset(
            name
            for name in names
            if (parts := gradient_parts(name))
            and _local(name, loss)
            and len(shapes[name]) == len(shapes[parts[0]]) == 1
        )

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Return the shape of every name that can be printed."""
        shapes = self.problem.visible.shapes
        return {**shapes, **{name: shapes[name] * 2 for name in self.diagonals}}

    @cached_property
    def notation(self) -> Notation:
        """Return how names and formulas of this problem are written."""
        layered = {
            name
            for layer in self.problem.layers
            for name in (layer.weight, layer.bias, layer.z, layer.after)
            if name
        }
        problem = self.problem
        kind: type[Notation] = Notation
        if self.typeset:
            from gradcalc.report.mathematics.typeset import Typeset  # noqa: PLC0415 - for documents only

            kind = Typeset
        return kind(
            self.shapes,
            problem.names,
            frozenset(layered),
            self.unicode,
            columns=not self.numerator,
            table=problem.table,
            full=self.full,
        )

    @cached_property
    def forward(self) -> tuple[Node, ...]:
        """Return the forward lines that something reads, unread ones written in.

        A line that is rounded is read by its name: what is written in is not rounded.
        """
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
        rounding = problem.rounding
        live |= {
            node.name
            for node in lines
            if not problem.given or (rounding is not None and rounding.rounds(node.name))
        }
        for node in reversed(lines):
            if node.name in live and node.name not in self.solution.fixed:
                live |= set(symbols(node.expr))
        read = {name for node in lines for name in symbols(node.expr)}
        live |= {node.name for node in lines if node.name not in read}
        return live

    @cached_property
    def backward(self) -> tuple[Node, ...]:
        """Return the backward lines that say something: constants 1 are written in."""
        problem = self.problem
        own = f"d{problem.loss}/d{problem.loss}"
        asked = {ref.name for ref in problem.find}
        fixed = self.solution.fixed
        return tuple(
            self._as_matrix(node)
            for node in problem.visible.backward
            if node.name != own
            and (
                node.name in asked
                or node.name in fixed
                or node.expr != ONE
                or self.jacobians
                or not _local(node.name, problem.loss)
            )
        )

    def _as_matrix(self, node: Node) -> Node:
        """Return a line with diagonal Jacobians in place of elementwise products."""

        def change(part: Expr) -> Expr:
            if not isinstance(part, Apply) or part.op != "mul":
                return part
            local = [
                arg for arg in part.args if isinstance(arg, Symbol) and arg.name in self.diagonals
            ]
            rest = [arg for arg in part.args if arg not in local]
            found: Expr = mul(*rest)
            if rest and local and not self.shape_of(found):
                found = _filled(found, node.shape[0])
            for matrix in local if rest else []:
                found = Apply("matmul", (self.turn_over(matrix), found))
            return found if rest else part

        expr = rebuild(node.expr, change) if self.diagonals else node.expr
        if node.name not in self.diagonals:
            return replace(node, expr=expr)
        if isinstance(expr, Number):
            expr = _filled(expr, node.shape[0])
        return replace(node, expr=Apply("diag", (expr,)), shape=node.shape * 2)

    def turn_over(self, jacobian: Symbol) -> Expr:
        """Return a Jacobian as it stands before an upstream gradient, which is a column."""
        turned = self.numerator and size(self.shapes[jacobian.name]) != 1
        return Apply("transpose", (jacobian,)) if turned else jacobian

    @cached_property
    def shape_of(self) -> Callable[[Expr], Shape]:
        """Return the function that gives shapes of formulas."""
        return shape_finder(self.shapes, self.problem.table)

    def line(self, name: str) -> Node | None:
        """Return the forward line that defines a name, as the file has it."""
        return self._lines.get(name)

    @cached_property
    def _lines(self) -> dict[str, Node]:
        return {node.name: node for node in self.problem.visible.forward}

    def reduction(self, expr: Apply) -> str:
        """Return how a loss makes one number of its entries: sum, mean or batchmean."""
        row = self.problem.table[expr.op]
        return reduction_of(expr, row, self.shape_of(expr.args[0]))

    def contributions(self, name: str) -> tuple[str, ...]:
        """Return the lines that pass a gradient back to a name."""
        return tuple(self._readers.get(name, ()))

    @cached_property
    def _readers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for edge in self.problem.backward.edges:
            found.setdefault(edge.operand, []).append(edge.node)
        return found

    def is_batch(self, name: str) -> bool:
        """Tell whether a parameter belongs to a layer that is fed one sample a row."""
        return any(
            name in (layer.weight, layer.bias) and len(self.shapes[layer.before]) == 2
            for layer in self.problem.layers
        )

    @cached_property
    def by_sample(self) -> bool:
        """Tell whether the rows of a matrix are samples; those of an image are not."""
        return not any(
            isinstance(node.expr, Apply) and node.expr.op in IMAGES and len(node.shape) == 2
            for node in self.problem.forward.nodes
        )

    @property
    def turn(self) -> int:
        """Return the number of forward lines, after which the backward lines count on."""
        return len(self.forward)

    def defined(self, expr: Expr) -> Expr:
        """Return a formula with losses written as what they are."""

        def change(part: Expr) -> Expr:
            if isinstance(part, Apply) and self.problem.table[part.op].kind == "loss":
                meaning = definition(part, self.problem.table, self.shape_of)
                assert meaning is not None
                return simplify(meaning, self.shape_of)
            return part

        return rebuild(expr, change)

    # --- numbers -----------------------------------------------------------------

    @cached_property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """Return the printed entries of every small value, given numbers as written."""
        found: dict[str, tuple[str, ...]] = {}
        problem, fixed = self.problem, self.solution.fixed
        cleaned = clean(self.solution, problem.visible.shapes, LARGEST_LITERAL)
        cleaned |= {name: np.diag(cleaned[name]) for name in self.diagonals if name in cleaned}
        for name, value in cleaned.items():
            data = problem.data.get(name) or (problem.given.get(name) if name in fixed else None)
            if data is not None and data.texts is not None:
                found[name] = _diagonal(data.texts) if name in self.diagonals else data.texts
            elif value.size <= LARGEST_LITERAL:
                found[name] = figures(value, self.decimals)
        return found

    def numbers(self, expr: Expr) -> Expr | None:
        """Return the formula with numbers at the leaves, or None where they are too many."""
        put: dict[str, Expr] = {}
        for name in symbols(expr):
            texts = self.texts.get(name)
            if texts is None or name not in self.values:
                return None
            put[name] = literal(self.values[name].shape, texts)
        return tidy(substitute(expr, put))

    def leaf_number(self, name: str, index: Index) -> Expr:
        """Return the printed number of one entry."""
        shape = self.values[name].shape
        at = int(np.ravel_multi_index(index, shape)) if index else 0
        text = self.texts[name][at]
        return read_figure(text)

    def entry(self, expr: Expr, index: Index, *, numbers: bool) -> Expr:
        """Return one entry of a formula, with names or with numbers."""

        def leaf(name: str, at: Index) -> Expr:
            places = (number(i + 1) for i in at)
            return Apply("entry", (Symbol(name), *places)) if at else Symbol(name)

        if not numbers and self.lettered(expr):
            return self.anywhere(expr, tuple(number(i + 1) for i in index))
        found = entry(expr, index, leaf, self.shape_of, self.problem.table)
        return tidy(self.filled(found)) if numbers else tidy(found)

    def lettered(self, expr: Expr) -> bool:
        """Tell whether a sum over what a formula reads has an index: over a letter, or long."""
        if self.problem.numeric:
            return False
        sizes = (size(self.shapes.get(name, ())) for name in symbols(expr))
        return any(count is None or count > LARGEST_LITERAL for count in sizes)

    def anywhere(
        self, expr: Expr, places: EntryPlaces, letters: Iterator[str] | None = None
    ) -> Expr:
        """Return the entry of a formula at letters or numbers, with sums over an index.

        Raises NoEntriesError where an operation has no entries of its own.
        """
        if letters is None:
            letters = index_letters(
                {*self.taken, *(p.name for p in places if isinstance(p, Symbol))}
            )
        found = indexed(expr, places, self.shape_of, self.problem.table, letters)
        return ordered(found, self.fed)

    @cached_property
    def fed(self) -> frozenset[str]:
        """Return the names of what the layers are fed, in pages the last factor: δᵢ xⱼ."""
        return frozenset(layer.before for layer in self.problem.layers)

    @cached_property
    def taken(self) -> frozenset[str]:
        """Return the letters that name a quantity, an entry or a size."""
        shapes = self.problem.visible.shapes
        dims = {str(dim) for shape in shapes.values() for dim in shape}
        return frozenset({*shapes, *dims, *self.problem.names.whole.values()})

    def filled(self, expr: Expr) -> Expr:
        """Return a formula over single entries with numbers; of cases, the one that holds."""

        def change(part: Expr) -> Expr:
            if isinstance(part, Symbol):
                return self.leaf_number(part.name, ()) if not self.shapes[part.name] else part
            if isinstance(part, Apply) and part.op == "entry" and isinstance(part.args[0], Symbol):
                index = tuple(int(p.value) - 1 for p in part.args[1:] if isinstance(p, Number))
                return self.leaf_number(part.args[0].name, index)
            return part

        return rebuild(self.decided(expr), change)

    def decided(self, expr: Expr) -> Expr:
        """Return a formula over single entries with the case of each `where` that holds."""
        if not isinstance(expr, Apply) or expr.op == "entry":
            return expr
        if expr.op == "where":
            holds = self.scalar(expr.args[0])
            return self.decided(expr.args[1 if holds else 2])
        return Apply(expr.op, tuple(self.decided(arg) for arg in expr.args), expr.attrs)

    def scalar(self, expr: Expr) -> float | None:
        """Return the value of a formula over single entries, from exact values."""
        values: dict[str, Array] = {}

        def change(part: Expr) -> Expr:
            if isinstance(part, Apply) and part.op == "entry":
                base, *places = part.args
                assert isinstance(base, Symbol)
                index = tuple(int(p.value) - 1 for p in places if isinstance(p, Number))
                values[f"e{len(values)}"] = np.asarray(self.values[base.name][index])
                return Symbol(f"e{len(values) - 1}")
            if isinstance(part, Symbol):
                values[part.name] = self.values[part.name]
            return part

        flat = rebuild(expr, change)
        shapes: dict[str, Shape] = {name: value.shape for name, value in values.items()}
        try:
            return float(evaluate(flat, values, shapes, self.problem.table).ravel()[0])
        except EvaluationError:
            return None


def _diagonal(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a diagonal matrix, row by row."""
    places = range(len(texts))
    return tuple(texts[i] if i == j else "0" for i in places for j in places)


def _filled(expr: Expr, rows: Dim) -> Expr:
    """Return a vector with one number in every row."""
    return Apply("fill", (expr,), (("rows", dimension(rows)),))


def _local(name: str, loss: str) -> bool:
    parts = gradient_parts(name)
    return parts is not None and parts[0] != loss
