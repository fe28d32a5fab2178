"""One entry of a layer beyond the dense one: its window, its sum, where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

from gradcalc.algebra.expr import ONE, ZERO, Apply, Expr, Number, add, mul, number
from gradcalc.algebra.shapes import Shape, axis_of, integer

Index = tuple[int, ...]


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
