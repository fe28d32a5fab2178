"""One entry of a formula: the scalar lines that people compute by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

from gradcalc.algebra.formula.expr import ONE, ZERO, Apply, Expr, Number, Symbol, add, mul, number
from gradcalc.algebra.formula.shapes import Index, Shape, axis_of, integer
from gradcalc.algebra.operations.inference import definition
from gradcalc.algebra.operations.operation import Table

Leaf = Callable[[str, Index], Expr]
MOST_PARTS = 2_000


def _whole(expr: Apply, name: str, default: int) -> int:
    """Return a parameter of one application as a whole number."""
    found = integer(expr.attr(name))
    return default if found is None else found


def _axis(expr: Apply, shape: Shape) -> int:
    """Return the axis along which entries are taken or put, counted from 0."""
    axis = axis_of(dict(expr.attrs), len(shape))
    return 0 if axis is None else len(shape) + axis


class LayerEntries:
    """Rules of the layers; `at` gives one entry of any formula."""

    shape_of: Callable[[Expr], Shape]
    at: Callable[[Expr, Index], Expr]

    def _dims(self, expr: Expr) -> tuple[int, ...]:
        return tuple(int(dim) for dim in self.shape_of(expr))

    def _conv1d(self, expr: Apply, index: Index) -> Expr:
        return self._convolved(expr, index)

    def _conv2d(self, expr: Apply, index: Index) -> Expr:
        return self._convolved(expr, index)

    def _convolved(self, expr: Apply, index: Index) -> Expr:
        """Return the sum over the kernel, without what falls on the padding."""
        x, kernel = expr.args
        dims, stride = self._dims(x), _whole(expr, "stride", 1)
        first = _whole(expr, "padding", 0)
        paddings = (first, _whole(expr, "padding_columns", first))
        starts = [i * stride - padding for i, padding in zip(index, paddings, strict=False)]
        sides = zip(starts, self._dims(kernel), dims, strict=True)
        within = [range(max(0, -start), min(wide, dim - start)) for start, wide, dim in sides]
        terms = []
        for offset in product(*within):
            spot = tuple(start + o for start, o in zip(starts, offset, strict=True))
            factors = self.at(x, spot), self.at(kernel, offset)
            if ZERO not in factors:
                kept = tuple(factor for factor in factors if factor != ONE)
                terms.append(mul(*kept) if kept else ONE)
        return add(*terms) if terms else ZERO

    def _flip(self, expr: Apply, index: Index) -> Expr:
        dims = self._dims(expr.args[0])
        return self.at(expr.args[0], tuple(d - 1 - i for i, d in zip(index, dims, strict=True)))

    def _spread(self, expr: Apply, index: Index) -> Expr:
        stride = _whole(expr, "stride", 1)
        if any(i % stride for i in index):
            return ZERO
        return self.at(expr.args[0], tuple(i // stride for i in index))

    def _window(self, expr: Apply, x: Expr, index: Index) -> list[Expr]:
        """Return the entries of one window, row by row."""
        wide = _whole(expr, "size", 2)
        step = _whole(expr, "stride", wide)
        offsets = product(range(wide), repeat=len(index))
        spots = (
            tuple(i * step + o for i, o in zip(index, offset, strict=True)) for offset in offsets
        )
        return [self.at(x, spot) for spot in spots]

    def _home(self, expr: Apply, x: Expr, index: Index) -> tuple[Index, int] | None:
        """Return the window that an entry lies in and its place there, None between windows."""
        wide = _whole(expr, "size", 2)
        step = _whole(expr, "stride", wide)
        window = tuple(i // step for i in index)
        offset = tuple(i % step for i in index)
        counts = ((dim - wide) // step + 1 for dim in self._dims(x))
        if any(o >= wide for o in offset) or any(
            w >= n for w, n in zip(window, counts, strict=True)
        ):
            return None
        return window, sum(o * wide**at for at, o in enumerate(reversed(offset)))

    def _max_pool(self, expr: Apply, index: Index) -> Expr:
        largest, *others = self._window(expr, expr.args[0], index)
        for other in others:
            largest = Apply("max", (largest, other))
        return largest

    def _mean_pool(self, expr: Apply, index: Index) -> Expr:
        entries = self._window(expr, expr.args[0], index)
        return Apply("div", (add(*entries), number(len(entries))))

    def _max_mask(self, expr: Apply, index: Index) -> Expr:
        home = self._home(expr, expr.args[0], index)
        if home is None:
            return ZERO
        entries = self._window(expr, expr.args[0], home[0])
        own = entries[home[1]]
        wins = [
            Apply("gt" if at < home[1] else "ge", (own, other))
            for at, other in enumerate(entries)
            if at != home[1]
        ]
        return mul(*wins) if wins else ONE

    def _unpool(self, expr: Apply, index: Index) -> Expr:
        home = self._home(expr, expr.args[1], index)
        return ZERO if home is None else self.at(expr.args[0], home[0])

    def _flatten(self, expr: Apply, index: Index) -> Expr:
        return self._reordered(expr, index)

    def _reshape(self, expr: Apply, index: Index) -> Expr:
        return self._reordered(expr, index)

    def _reordered(self, expr: Apply, index: Index) -> Expr:
        """Return the entry at the same place in row order."""
        own, dims = self._dims(expr), self._dims(expr.args[0])
        place = sum(i * prod(own[at + 1 :]) for at, i in enumerate(index))
        spot = (place // prod(dims[at + 1 :]) % dim for at, dim in enumerate(dims))
        return self.at(expr.args[0], tuple(spot))

    def _concat(self, expr: Apply, index: Index) -> Expr:
        axis = _axis(expr, self.shape_of(expr))
        for operand, start, end in self._pieces(expr, axis):
            if index[axis] < end:
                moved = index[axis] - start
                return self.at(operand, (*index[:axis], moved, *index[axis + 1 :]))
        raise IndexError(index)

    def _pieces(self, expr: Apply, axis: int) -> Iterator[tuple[Expr, int, int]]:
        start = 0
        for operand in expr.args:
            end = start + self._dims(operand)[axis]
            yield operand, start, end
            start = end

    def _stack(self, expr: Apply, index: Index) -> Expr:
        return self.at(expr.args[index[0]], index[1:])

    def _pick(self, expr: Apply, index: Index) -> Expr:
        axis = _axis(expr, self.shape_of(expr.args[0]))
        place = _whole(expr, "index", 1) - 1
        return self.at(expr.args[0], (*index[:axis], place, *index[axis:]))

    def _part(self, expr: Apply, index: Index) -> Expr:
        axis = _axis(expr, self.shape_of(expr.args[0]))
        place = index[axis] + _whole(expr, "first", 1) - 1
        return self.at(expr.args[0], (*index[:axis], place, *index[axis + 1 :]))

    def _place(self, expr: Apply, index: Index) -> Expr:
        dims = self._dims(expr.args[0])
        axis = _axis(expr, dims)
        place = index[axis] - _whole(expr, "first", 1) + 1
        if not 0 <= place < dims[axis]:
            return ZERO
        return self.at(expr.args[0], (*index[:axis], place, *index[axis + 1 :]))

    def _embed(self, expr: Apply, index: Index) -> Expr:
        """Return the entry of the row that the number names, a case for each row."""
        table, numbers = expr.args
        count = len(self.shape_of(numbers))
        chosen = self.at(numbers, index[:count])
        rows = self._dims(table)[0]
        found = self.at(table, (rows - 1, *index[count:]))
        for row in range(rows - 1, 0, -1):
            entry = self.at(table, (row - 1, *index[count:]))
            found = Apply("where", (Apply("eq", (chosen, number(row))), entry, found))
        return found

    def _one_hot(self, expr: Apply, index: Index) -> Expr:
        chosen = self.at(expr.args[0], index[:-1])
        if isinstance(chosen, Number):
            return number(int(chosen.value == index[-1] + 1))
        return Apply("eq", (chosen, number(index[-1] + 1)))


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
