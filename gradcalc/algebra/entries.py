"""One entry of a formula: the scalar lines that people compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from gradcalc.algebra.entries_layers import Index, LayerEntries
from gradcalc.algebra.expr import ZERO, Apply, Expr, Number, Symbol, add, mul, number
from gradcalc.algebra.inference import definition
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Shape, axis_of

Leaf = Callable[[str, Index], Expr]
MOST_PARTS = 2_000


class TooLongError(Exception):
    """An entry that has too many parts to be written out."""


def indices(shape: Shape) -> list[Index]:
    """Return every index of a shape of numbers, counted from 0, in row order."""
    return list(product(*(range(int(dim)) for dim in shape)))


def entry(
    expr: Expr, index: Index, leaf: Leaf, shape_of: Callable[[Expr], Shape], table: Table
) -> Expr:
    """Return the formula of one entry: sums written out, products entry by entry.

    `leaf` gives what stands for the entry of a named quantity. Raises TooLongError before
    more is built than can be read.
    """
    return _Entries(leaf, shape_of, table).at(expr, index)


def has_entries(expr: Expr, table: Table) -> bool:
    """Tell whether each operation of a formula can be written entry by entry."""
    if not isinstance(expr, Apply):
        return True
    known = hasattr(_Entries, f"_{expr.op}") or (
        table[expr.op].is_elementwise or table[expr.op].definition is not None
    )
    return known and all(has_entries(arg, table) for arg in expr.args)


class _Entries(LayerEntries):
    def __init__(self, leaf: Leaf, shape_of: Callable[[Expr], Shape], table: Table) -> None:
        self.leaf, self.shape_of, self.table = leaf, shape_of, table
        self.found: dict[tuple[int, Index], Expr] = {}
        self.meanings: dict[int, Expr] = {}

    def at(self, expr: Expr, index: Index) -> Expr:
        """Return an entry, built once; raises TooLongError where it has too many parts."""
        if isinstance(expr, Number):
            return expr
        index = self.fitted(self.shape_of(expr), index)
        known = self.found.get((id(expr), index))
        if known is None:
            known = self.found[id(expr), index] = self.built(expr, index)
            if known.size > MOST_PARTS or len(self.found) > MOST_PARTS:
                raise TooLongError
        return known

    def built(self, expr: Symbol | Apply, index: Index) -> Expr:
        if isinstance(expr, Symbol):
            return self.leaf(expr.name, index)
        rule = getattr(self, f"_{expr.op}", None)
        if rule is not None:
            found: Expr = rule(expr, index)
            return found
        row = self.table[expr.op]
        if row.is_elementwise:
            return Apply(expr.op, tuple(self.at(arg, index) for arg in expr.args), expr.attrs)
        meaning = self.meanings.get(id(expr)) or definition(expr, self.table, self.shape_of)
        assert meaning is not None, expr.op
        self.meanings[id(expr)] = meaning
        return self.at(meaning, index)

    def fitted(self, shape: Shape, index: Index) -> Index:
        """Return the index of a stretched operand: its last axes, 0 where it has one entry."""
        own = (
            index[len(index) - len(shape) :]
            if len(index) >= len(shape)
            else ((0,) * (len(shape) - len(index)) + index)
        )
        return tuple(0 if dim == 1 else i for dim, i in zip(shape, own, strict=True))

    def _matmul(self, expr: Apply, index: Index) -> Expr:
        a, b = expr.args
        left, right = self.shape_of(a), self.shape_of(b)
        row = index[: len(left) - 1]
        column = index[len(left) - 1 :]
        return add(
            *(
                mul(self.at(a, (*row, k)), self.at(b, (k, *column) if len(right) == 2 else (k,)))
                for k in range(int(left[-1]))
            )
        )

    def _outer(self, expr: Apply, index: Index) -> Expr:
        a, b = expr.args
        return mul(self.at(a, index[:1]), self.at(b, index[1:]))

    def _dot(self, expr: Apply, index: Index) -> Expr:
        a, b = expr.args
        return add(*(mul(self.at(a, i), self.at(b, i)) for i in indices(self.shape_of(a))))

    def _transpose(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[0], index[::-1])

    def _diag(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[0], index[:1]) if index[0] == index[1] else ZERO

    def _expand(self, expr: Apply, index: Index) -> Expr:
        inner = self.shape_of(expr.args[0])
        axis = axis_of(dict(expr.attrs), len(index))
        if axis is None or len(inner) == len(index):
            return self.at(expr.args[0], index)
        at = len(index) + axis
        return self.at(expr.args[0], index[:at] + index[at + 1 :])

    def _fill(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[0], index)

    def _array(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[index[0]], index[1:])

    def _sum(self, expr: Apply, index: Index) -> Expr:
        return add(*self.terms(expr, index))

    def _mean(self, expr: Apply, index: Index) -> Expr:
        terms = self.terms(expr, index)
        return Apply("div", (add(*terms), number(len(terms))))

    def _norm(self, expr: Apply, index: Index) -> Expr:
        square = [Apply("pow", (term, number(2))) for term in self.terms(expr, index)]
        return Apply("sqrt", (add(*square),))

    def _amax(self, expr: Apply, index: Index) -> Expr:
        largest, *others = self.terms(expr, index)
        for term in others:
            largest = Apply("max", (largest, term))
        return largest

    def _first_half(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[0], index)

    def _second_half(self, expr: Apply, index: Index) -> Expr:
        half = int(self.shape_of(expr)[-1])
        return self.at(expr.args[0], (*index[:-1], index[-1] + half))

    def _join(self, expr: Apply, index: Index) -> Expr:
        cut = int(self.shape_of(expr.args[0])[-1])
        if index[-1] < cut:
            return self.at(expr.args[0], index)
        return self.at(expr.args[1], (*index[:-1], index[-1] - cut))

    def terms(self, expr: Apply, index: Index) -> list[Expr]:
        inner = expr.args[0]
        shape = self.shape_of(inner)
        axis = axis_of(dict(expr.attrs), len(shape))
        if axis is None:
            return [self.at(inner, i) for i in indices(shape)]
        at = len(shape) + axis
        rest = index if len(index) < len(shape) else index[:at] + index[at + 1 :]
        return [self.at(inner, (*rest[:at], k, *rest[at:])) for k in range(int(shape[at]))]
